package engine

import (
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
)

// TestFrozen: updates leave frozen arrays as they are, with weight decay and clipping, and change
// the others by the same bits on every engine, also after SetGradients.
func TestFrozen(t *testing.T) {
	n, batch := probed()
	frozen := []string{"layer0.input", "layer1.recurrent"}
	before := n.Initialise(2)
	trained := func(o opener) [][]float32 {
		options := Options{Seed: 9, Optimizer: cpuref.OptimizerAdamW, Frozen: frozen}
		update := Update{LearningRate: 0.01, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8, WeightDecay: 0.1, ClipNorm: 0.01}
		return updated(t, o, n, batch, options, update, func(e Engine, number int) error {
			gradients, err := e.Gradients()
			if err != nil || number%2 == 0 {
				return err
			}
			return e.SetGradients(gradients)
		})
	}
	want := trained(openCPU)
	for i, w := range n.Weights() {
		if same := slices.Equal(want[i], before[i]); same != slices.Contains(frozen, w.Name) {
			t.Errorf("weights %s are unchanged: %t, frozen are %v", w.Name, same, frozen)
		}
	}
	for _, o := range vulkanOpeners(t) {
		got := trained(o)
		for i, w := range n.Weights() {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%s: weights %s differ from those of the CPU engine", o.name, w.Name)
			}
		}
	}
}

// TestFrozenNorm: the gradient of frozen arrays does not count towards the limited norm. The limit
// lies between the norm of the readout's gradient and that of the whole gradient.
func TestFrozenNorm(t *testing.T) {
	n, batch := probed()
	all := []string{"layer0.input", "layer0.recurrent", "layer1.input", "layer1.recurrent"}
	moved := func(o opener, frozen []string, limit float64) []float32 {
		e, _, err := o.open(n, Options{Seed: 9, Optimizer: cpuref.OptimizerSGD, Frozen: frozen})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if err := e.SetWeights(n.Initialise(2)); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
			t.Fatal(err)
		}
		if err := e.Update(Update{Number: 1, LearningRate: 1, ClipNorm: limit}); err != nil {
			t.Fatal(err)
		}
		weights, err := e.Weights()
		if err != nil {
			t.Fatal(err)
		}
		return weights[len(weights)-1]
	}
	const limit = 0.5
	free := moved(openCPU, nil, 0)
	if slices.Equal(free, moved(openCPU, nil, limit)) {
		t.Fatalf("a limit of %g does not reach the norm of all gradients: the test needs another", limit)
	}
	if slices.Equal(free, moved(openCPU, all, 1e-3)) {
		t.Fatal("the readout's gradient is not clipped at all")
	}
	for _, o := range append(vulkanOpeners(t), openCPU) {
		if !slices.Equal(free, moved(o, all, limit)) {
			t.Errorf("%s: the gradient of frozen weights counts in the norm", o.name)
		}
	}
}

func TestFrozenUnknown(t *testing.T) {
	n, _ := probed()
	if _, err := NewCPU[float32](n, Options{Frozen: []string{"layer7.input"}}); err == nil || !strings.Contains(err.Error(), "layer7.input") {
		t.Errorf("an array that is not there: %v", err)
	}
}
