package tests

import (
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu/gputest"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// TestFlip inverts single spikes: the flipped spike must differ, nothing before it or in
// the layers below may differ, and both engines must agree on everything that follows.
func TestFlip(t *testing.T) {
	n := &network.Network{
		Inputs: 40, Classes: 3, Steps: 25, StepLength: 0.002,
		Layers: []network.Layer{network.DefaultLayer(), network.DefaultLayer()}, Readout: network.DefaultReadout(),
	}
	n.Layers[0].Kind, n.Layers[0].Filters, n.Layers[0].Stride = "conv1d", 3, 2
	n.Layers[1].Neurons = 21
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	flips := []engine.Flip{
		{Layer: engine.NoFlip}, {Layer: 0, Step: 4, Neuron: 7}, {Layer: 1, Step: 0, Neuron: 20},
		{Layer: 1, Step: 24, Neuron: 0}, {Layer: 0, Step: 0, Neuron: n.Layers[0].Neurons - 1},
		{Layer: 0, Step: 12, Neuron: 25}, {Layer: 1, Step: 9, Neuron: 13}, {Layer: 0, Step: 24, Neuron: 0},
		{Layer: 1, Step: 1, Neuron: 1},
	}
	batch := &engine.Batch{}
	for b := range flips {
		batch.Labels = append(batch.Labels, uint32(b%n.Classes))
		batch.Numbers = append(batch.Numbers, 0) // the same noise for all
		for step := range n.Steps {
			begin := uint32(len(batch.Index))
			for i := range n.Inputs {
				if (step*7+i*5)%11 < 2 {
					batch.Index = append(batch.Index, uint32(i))
				}
			}
			batch.Rows = append(batch.Rows, [2]uint32{begin, uint32(len(batch.Index))})
		}
	}
	run := func(e engine.Engine, flips []engine.Flip) *engine.Record {
		t.Helper()
		if err := e.SetWeights(n.Initialise(5)); err != nil {
			t.Fatal(err)
		}
		record := engine.NewRecord[float32](n, len(batch.Labels))
		batch.Flips = flips
		if _, err := e.Evaluate(batch, cpuref.StreamNoise, record); err != nil {
			t.Fatal(err)
		}
		return record
	}
	cpu, err := engine.NewCPU[float32](n, engine.Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	free, flipped := run(cpu, nil), run(cpu, flips)
	for b, f := range flips {
		for l := range n.Layers {
			for step := range n.Steps {
				for neuron := range n.Layers[l].Neurons {
					same := free.Spiked(n, l, b, step, neuron) == flipped.Spiked(n, l, b, step, neuron)
					its := f == engine.Flip{Layer: l, Step: step, Neuron: neuron}
					untouched := f.Layer == engine.NoFlip || l < f.Layer || step < f.Step || step == f.Step && l == f.Layer
					if its && same {
						t.Errorf("%+v did not flip its spike", f)
					} else if !its && untouched && !same {
						t.Errorf("%+v changed layer %d, step %d, neuron %d", f, l, step, neuron)
					}
				}
			}
		}
	}
	if slices.Equal(free.Loss, flipped.Loss) {
		t.Error("no flip changed a loss")
	}
	for _, info := range gputest.Devices(t) {
		got := run(openVulkan(t, n, info, engine.Options{Seed: 3}), flips)
		for l := range n.Layers {
			if !slices.Equal(got.Spikes[l], flipped.Spikes[l]) || !slices.Equal(got.Membrane[l], flipped.Membrane[l]) {
				t.Errorf("%s: layer %d differs from the CPU engine after flips", info.Name, l)
			}
		}
		if !slices.Equal(got.Loss, flipped.Loss) {
			t.Errorf("%s: losses after flips are %v, on the CPU %v", info.Name, got.Loss, flipped.Loss)
		}
	}
}
