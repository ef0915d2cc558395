package tests

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu/gputest"
	"spikegrad/host/engine"
)

// TestSetGradients: a gradient that is handed back to an engine changes the weights as
// before, on every engine.
func TestSetGradients(t *testing.T) {
	n := invarianceNetworks()["leaky"]
	random := rand.New(rand.NewPCG(8, 8))
	batch := randomBatch(random, n, 16, 0.3)
	var weights [][]float32
	for _, array := range randomWeights(random, n, 4) {
		weights = append(weights, convertTo[float32](array))
	}
	options := engine.Options{Seed: 9, Optimizer: cpuref.OptimizerAdam}
	update := engine.Update{Number: 1, LearningRate: 0.01, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8}
	run := func(e engine.Engine, handBack bool) [][]float32 {
		t.Helper()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(e.SetWeights(weights))
		must(e.SetOptimizer(nil))
		if handBack {
			gradients, err := e.Gradients()
			must(err)
			zero := make([][]float32, len(gradients))
			for i := range gradients {
				zero[i] = make([]float32, len(gradients[i]))
			}
			must(e.SetGradients(zero))
			must(e.SetGradients(gradients))
			again, err := e.Gradients()
			must(err)
			for i := range gradients {
				sameBits(t, "gradient set", again[i], gradients[i])
			}
		} else {
			_, err := e.Gradient(batch, cpuref.StreamNoise, nil)
			must(err)
		}
		must(e.Update(update))
		updated, err := e.Weights()
		must(err)
		return updated
	}
	cpu, err := engine.NewCPU[float32](n, options)
	if err != nil {
		t.Fatal(err)
	}
	engines := []engine.Engine{cpu}
	for _, info := range gputest.Devices(t) {
		engines = append(engines, openVulkan(t, n, info, options))
		options := options
		options.PassSamples = 8 // so gradients take several passes
		engines = append(engines, openVulkan(t, n, info, options))
	}
	want := run(cpu, false)
	if slices.Equal(want[0], weights[0]) {
		t.Fatal("the update changed nothing")
	}
	for _, e := range engines {
		own, handed := run(e, false), run(e, true)
		for i := range want {
			sameBits(t, e.Describe().Device+": own gradient", own[i], want[i])
			sameBits(t, e.Describe().Device+": gradient set", handed[i], want[i])
		}
		if err := e.SetGradients(nil); err == nil || !strings.Contains(err.Error(), "0 weight arrays") {
			t.Errorf("no gradients: %v", err)
		}
	}
}
