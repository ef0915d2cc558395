package engine

import (
	"math"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// TestClipNorm: with plain gradient steps of rate 1 the weights move by the clipped
// gradient, whose norm is the limit; a gradient below the limit is left alone.
func TestClipNorm(t *testing.T) {
	n := &network.Network{
		Inputs: 3, Classes: 2, Steps: 30, StepLength: 0.002,
		Layers: []network.Layer{network.DefaultLayer()}, Readout: network.DefaultReadout(),
	}
	n.Layers[0].Neurons = 5
	batch := &Batch{Labels: []uint32{0, 1}, Numbers: []uint32{0, 1}}
	for range 2 * n.Steps {
		begin := uint32(len(batch.Index))
		batch.Index = append(batch.Index, 0, 2)
		batch.Rows = append(batch.Rows, [2]uint32{begin, begin + 2})
	}
	moved := func(limit float64) float64 {
		e, err := NewCPU[float64](n, Options{Optimizer: cpuref.OptimizerSGD})
		if err != nil {
			t.Fatal(err)
		}
		var weights [][]float64
		for _, array := range n.Initialise(3) {
			wide := make([]float64, len(array))
			for i, w := range array {
				wide[i] = float64(w)
			}
			weights = append(weights, wide)
		}
		if err := e.SetWeights(weights); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
			t.Fatal(err)
		}
		if err := e.Update(Update{Number: 1, LearningRate: 1, ClipNorm: limit}); err != nil {
			t.Fatal(err)
		}
		after, _ := e.Weights()
		total := 0.0
		for i := range after {
			for j := range after[i] {
				d := after[i][j] - weights[i][j]
				total += d * d
			}
		}
		return math.Sqrt(total)
	}
	free := moved(0)
	if free == 0 {
		t.Fatal("the gradient vanishes: the test needs another network")
	}
	if got := moved(2 * free); math.Abs(got/free-1) > 1e-12 {
		t.Errorf("a limit of twice the norm %g changes the step to %g", free, got)
	}
	if got := moved(free / 3); math.Abs(3*got/free-1) > 1e-6 {
		t.Errorf("with a limit of %g the step is %g", free/3, got)
	}
}
