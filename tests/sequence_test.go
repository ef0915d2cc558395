package tests

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu/gputest"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// sequenceNetworks are a dense network and a convolutional one: layers wider than a word,
// with a single position, and a dense layer above them.
func sequenceNetworks(t *testing.T) map[string]*network.Network {
	t.Helper()
	dense := dualNetwork(1, "matched", "multiplicative", true, "max_over_time")
	dense.Inputs, dense.Steps, dense.Layers[0].Neurons = 18, 35, 34
	conv := dualNetwork(3, "matched", "membrane_only", false, "sum_of_softmax")
	conv.Inputs = 9
	wide, single := conv.Layers[0], conv.Layers[0]
	wide.Kind, wide.Filters, wide.Kernel, wide.Stride, wide.Padding, wide.RecurrentKernel = "conv1d", 17, 3, 2, 1, 3
	single.Kind, single.Filters, single.Kernel, single.Stride, single.RecurrentKernel = "conv1d", 5, 5, 1, 1
	conv.Layers = []network.Layer{wide, single, conv.Layers[1]}
	networks := map[string]*network.Network{"dense": &dense, "conv": &conv}
	for name, n := range networks {
		if err := n.Validate(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return networks
}

// sequenceStep is one update: a gradient, then optionally an evaluation of another batch
// with twice the spikes, then the update.
type sequenceStep struct {
	samples  int
	chance   float64 // of an input spike
	evaluate int     // samples; 0: no evaluation
	clip     float64 // maximum norm of the gradient; 0: no limit
}

// sequence has batches that grow and shrink, a last pass of one chunk or less, one batch
// without any event, and, between gradient and update, evaluations of fewer and of more
// samples and events than anything before them.
var sequence = []sequenceStep{
	{samples: 5, chance: 0.3, clip: 0.01},
	{samples: 40, chance: 0.3, evaluate: 50, clip: 0.02},
	{samples: 3, chance: 0.3, evaluate: 70},
	{samples: 17, chance: 0.4, clip: 1e6},
	{samples: 9, chance: 0, evaluate: 9, clip: 0.01},
	{samples: 40, chance: 0.3, evaluate: 3, clip: 0.03},
	{samples: 1, chance: 0.5},
}

// sequenceResult is the result of a step.
type sequenceResult struct {
	outcomes string
	arrays   map[string][]float32 // by name
	bits     map[string][]uint32
}

// runSequence runs the steps on an engine; before is called before each of them and returns
// the engine to continue with.
func runSequence(t *testing.T, n *network.Network, e engine.Engine, before func(engine.Engine) engine.Engine) []sequenceResult {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	random := rand.New(rand.NewPCG(12, 12))
	var weights [][]float32
	for _, array := range randomWeights(random, n, 4) {
		weights = append(weights, convertTo[float32](array))
	}
	must(e.SetWeights(weights))
	var results []sequenceResult
	for i, step := range sequence {
		e = before(e)
		r := sequenceResult{arrays: map[string][]float32{}, bits: map[string][]uint32{}}
		record := func(what string, samples int, chance float64, run func(*engine.Batch, cpuref.Stream, *engine.Record) (engine.Outcome, error)) {
			t.Helper()
			record := engine.NewRecord[float32](n, samples)
			outcome, err := run(randomBatch(random, n, samples, chance), cpuref.StreamNoise, record)
			must(err)
			r.outcomes += fmt.Sprintf("%s %+v ", what, outcome)
			r.arrays[what+": losses"], r.arrays[what+": logits"] = record.Loss, record.Logits
			for l := range n.Layers {
				r.bits[fmt.Sprintf("%s: spikes of layer %d", what, l)] = record.Spikes[l]
				r.arrays[fmt.Sprintf("%s: membranes of layer %d", what, l)] = record.Membrane[l]
			}
		}
		record("gradient", step.samples, step.chance, e.Gradient)
		if step.evaluate > 0 {
			record("evaluation", step.evaluate, 2*step.chance, e.Evaluate)
		}
		gradients, err := e.Gradients()
		must(err)
		must(e.Update(engine.Update{Number: i + 1, LearningRate: 0.01, Momentum: 0.9, SecondMoment: 0.99, Epsilon: 1e-8, ClipNorm: step.clip}))
		updated, err := e.Weights()
		must(err)
		states, err := e.Optimizer()
		must(err)
		for k, w := range n.Weights() {
			r.arrays["gradient of "+w.Name], r.arrays["weights "+w.Name] = gradients[k], updated[k]
			for s := range states[k] {
				r.arrays[fmt.Sprintf("state %d of %s", s, w.Name)] = states[k][s]
			}
		}
		results = append(results, r)
	}
	return results
}

// TestSequence takes engines through a sequence of updates: the CPU engine with any number
// of workers and in time segments, and every Vulkan device with any number of samples at
// once, give the same bits as CPU engines created anew for every update.
func TestSequence(t *testing.T) {
	for name, n := range sequenceNetworks(t) {
		passes := []int{8, 16, 24, 64}
		if name == "dense" || testing.Short() { // pipelines take time to build
			passes = []int{24}
		}
		options := engine.Options{Seed: 5, Optimizer: cpuref.OptimizerAdam, Workers: 1}
		open := func(t *testing.T, options engine.Options) engine.Engine {
			t.Helper()
			e, err := engine.NewCPU[float32](n, options)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		want := runSequence(t, n, open(t, options), func(old engine.Engine) engine.Engine { return renewed(t, old, open(t, options)) })
		checkSequence(t, n, want)
		reused := func(t *testing.T, e engine.Engine) {
			t.Helper()
			compareSequences(t, runSequence(t, n, e, func(e engine.Engine) engine.Engine { return e }), want)
		}
		for _, workers := range []int{1, 2, 7} {
			for _, segment := range []int{0, 32} {
				t.Run(fmt.Sprintf("%s/cpu/workers=%d,segments=%d", name, workers, segment), func(t *testing.T) {
					with := options
					with.Workers, with.SegmentSteps = workers, segment
					reused(t, open(t, with))
				})
			}
		}
		cache := t.TempDir()
		for _, info := range gputest.Devices(t) {
			for _, pass := range passes {
				t.Run(fmt.Sprintf("%s/%s/pass=%d", name, info.Name, pass), func(t *testing.T) {
					with := options
					with.PassSamples, with.CacheDir = pass, cache
					reused(t, openVulkan(t, n, info, with))
				})
			}
		}
	}
}

// renewed copies weights and optimizer states to another engine.
func renewed(t *testing.T, from, to engine.Engine) engine.Engine {
	t.Helper()
	weights, err := from.Weights()
	if err != nil {
		t.Fatal(err)
	}
	states, err := from.Optimizer()
	if err != nil {
		t.Fatal(err)
	}
	if err := to.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	if err := to.SetOptimizer(states); err != nil {
		t.Fatal(err)
	}
	return to
}

// checkSequence checks that there is something to compare.
func checkSequence(t *testing.T, n *network.Network, results []sequenceResult) {
	t.Helper()
	for _, w := range n.Weights() {
		if gradient := results[1].arrays["gradient of "+w.Name]; slices.Max(gradient) == slices.Min(gradient) {
			t.Errorf("the gradient of %s is %g throughout", w.Name, gradient[0])
		}
	}
	for l := range n.Layers {
		if slices.Max(results[1].bits[fmt.Sprintf("gradient: spikes of layer %d", l)]) == 0 {
			t.Errorf("layer %d is silent", l)
		}
	}
	norms := map[bool]int{}
	for i, step := range sequence {
		if step.clip == 0 {
			continue
		}
		square := 0.0
		for _, w := range n.Weights() {
			for _, g := range results[i].arrays["gradient of "+w.Name] {
				square += float64(g) * float64(g)
			}
		}
		norms[square > step.clip*step.clip]++
	}
	if norms[true] < 2 || norms[false] < 1 {
		t.Errorf("%d gradients are clipped and %d below the limit: some of both are needed", norms[true], norms[false])
	}
}

// compareSequences reports the first step with differences.
func compareSequences(t *testing.T, got, want []sequenceResult) {
	t.Helper()
	for i := range want {
		if got[i].outcomes != want[i].outcomes {
			t.Errorf("step %d: outcomes are %s, must be %s", i, got[i].outcomes, want[i].outcomes)
		}
		for what := range want[i].arrays {
			sameBits(t, fmt.Sprintf("step %d: %s", i, what), got[i].arrays[what], want[i].arrays[what])
		}
		for what := range want[i].bits {
			if !slices.Equal(got[i].bits[what], want[i].bits[what]) {
				t.Errorf("step %d: %s differ", i, what)
			}
		}
		if t.Failed() {
			return
		}
	}
}
