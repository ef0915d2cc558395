package engine

import (
	"math"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// updated returns the weights after four updates by an engine; before is called between gradient
// and update.
func updated(t *testing.T, o opener, n *network.Network, batch *Batch, options Options, update Update, before ...func(e Engine, number int) error) [][]float32 {
	t.Helper()
	options.PassSamples = cpuref.ChunkSamples
	e, _, err := o.open(n, options)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(n.Initialise(2)); err != nil {
		t.Fatal(err)
	}
	for number := range 4 {
		if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
			t.Fatal(err)
		}
		for _, do := range before {
			if err := do(e, number); err != nil {
				t.Fatal(err)
			}
		}
		update.Number = number + 1
		if err := e.Update(update); err != nil {
			t.Fatal(err)
		}
	}
	weights, err := e.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return weights
}

// TestRates: factors affect the arrays that they name and no others, with the same bits on every
// engine and in a group.
func TestRates(t *testing.T) {
	n, batch := probed()
	update := Update{LearningRate: 0.01, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8, WeightDecay: 0.1, ClipNorm: 0.01}
	rates := map[string]Rate{"layer0.input": {0.5, 1}, "layer1.recurrent": {0, 1}, "readout": {1, 20}}
	options := Options{Seed: 9, Optimizer: cpuref.OptimizerAdamW, Rates: rates}
	want := updated(t, openCPU, n, batch, options, update)
	plain := updated(t, openCPU, n, batch, Options{Seed: 9, Optimizer: cpuref.OptimizerAdamW}, update)
	if one := updated(t, openCPU, n, batch, Options{Seed: 9, Optimizer: cpuref.OptimizerAdamW, Rates: map[string]Rate{"readout": {1, 1}}}, update); !slices.EqualFunc(one, plain, slices.Equal[[]float32]) {
		t.Error("factors of 1 change the weights")
	}
	before := n.Initialise(2)
	for i, w := range n.Weights() {
		if same := slices.Equal(want[i], before[i]); same != (rates[w.Name] == Rate{0, 1}) {
			t.Errorf("weights %s are unchanged: %t", w.Name, same)
		}
		if slices.Equal(want[i], plain[i]) {
			t.Errorf("weights %s are those without factors", w.Name) // the others change indirectly
		}
	}
	openers := append(vulkanOpeners(t), opener{"group", func(n *network.Network, options Options) (Engine, segmentation, error) {
		return groupOf(t, n, options, 3), segmentation{}, nil
	}})
	for _, o := range openers {
		got := updated(t, o, n, batch, options, update)
		for i, w := range n.Weights() {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%s: weights %s differ from the CPU engine's", o.name, w.Name)
			}
		}
	}
	if _, err := NewCPU[float32](n, Options{Rates: map[string]Rate{"layer9.input": {1, 1}}}); err == nil || !strings.Contains(err.Error(), "layer9.input") {
		t.Errorf("an array that is not there: error %v", err)
	}
}

// TestRatesOfSGD: factors proportionally scale the step of plain SGD, and what weight decay takes.
func TestRatesOfSGD(t *testing.T) {
	n, batch := probed()
	name := "layer0.input"
	i := slices.IndexFunc(n.Weights(), func(w network.Weight) bool { return w.Name == name })
	e, err := NewCPU[float32](n, Options{Optimizer: cpuref.OptimizerSGD, Rates: map[string]Rate{name: {0.5, 3}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetWeights(n.Initialise(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
		t.Fatal(err)
	}
	gradients, _ := e.Gradients()
	if err := e.Update(Update{Number: 1, LearningRate: 0.1, WeightDecay: 0.01}); err != nil {
		t.Fatal(err)
	}
	weights, _ := e.Weights()
	for j, before := range n.Initialise(2)[i] {
		want := float64(before) - 0.1*0.5*(float64(gradients[i][j])+0.01*3*float64(before))
		if math.Abs(float64(weights[i][j])-want) > 1e-6 {
			t.Fatalf("weight %d: %g, want %g", j, weights[i][j], want)
		}
	}
}
