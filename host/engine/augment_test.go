package engine

import (
	"fmt"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// TestAugmentedBatches: on every engine a batch that asks for augmentation behaves like a batch of
// the varied spikes, in any number of passes and segments, between batches that ask for none, and
// whatever is asked for.
func TestAugmentedBatches(t *testing.T) {
	layer := network.DefaultLayer()
	layer.Neurons, layer.Initial.SigmaU = 21, 3
	n := &network.Network{
		Inputs: 33, Classes: 4, Steps: 70, StepLength: 0.002,
		Layers: []network.Layer{layer, layer}, Readout: network.DefaultReadout(),
	}
	moves := []uint32{1 << 28, 1 << 31, 3 << 30, 15 << 28}
	key := [2]uint32{5, uint32(cpuref.StreamEncoder)}
	asked := []*cpuref.Augmentation{
		{Key: key, Drop: 1 << 30}, nil,
		{Key: key, Drop: 1 << 28, Time: moves, Channel: moves[1:3], Inserted: slices.Concat(moves, slices.Repeat([]uint32{1<<32 - 1}, 30))},
		{Key: key, Channel: moves},
	}
	for _, o := range append([]opener{openCPU}, vulkanOpeners(t)...) {
		e, _, err := o.open(n, Options{Seed: 3, Workers: 3, PassSamples: cpuref.ChunkSamples, SegmentSteps: 32})
		if err != nil {
			t.Fatal(err)
		}
		reference, _, err := openCPU.open(n, Options{Seed: 3, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range []Engine{e, reference} {
			if err := each.SetWeights(n.Initialise(4)); err != nil {
				t.Fatal(err)
			}
		}
		for number, a := range asked {
			samples := 9 + 4*number
			batch := segmentBatch(n, samples)
			batch.Augment = a
			got, want := NewRecord[float32](n, samples), NewRecord[float32](n, samples)
			if _, err := e.Gradient(batch, cpuref.StreamNoise, got); err != nil {
				t.Fatal(err)
			}
			plain := variedBatch(n, batch)
			if a != nil && slices.Equal(plain.Index, batch.Index) {
				t.Fatalf("%+v varies nothing", a)
			}
			if _, err := reference.Gradient(plain, cpuref.StreamNoise, want); err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s, batch %d", o.name, number)
			for l := range n.Layers {
				if !slices.Equal(got.Spikes[l], want.Spikes[l]) || !slices.Equal(got.Membrane[l], want.Membrane[l]) {
					t.Errorf("%s: layer %d differs", what, l)
				}
			}
			gradients, err := e.Gradients()
			if err != nil {
				t.Fatal(err)
			}
			wanted, err := reference.Gradients()
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range n.Weights() {
				if at := differsAt(gradients[i], wanted[i]); at >= 0 {
					t.Errorf("%s: gradient of %s[%d] is %g, of the varied spikes %g", what, w.Name, at, gradients[i][at], wanted[i][at])
				}
			}
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// variedBatch is a batch with its augmentation applied.
func variedBatch(n *network.Network, batch *Batch) *Batch {
	if batch.Augment == nil {
		return batch
	}
	words := cpuref.Words(n.Inputs)
	spikes := make([]uint32, len(batch.Rows)*words)
	events := cpuref.Events{Rows: batch.Rows, Index: batch.Index}
	cpuref.Augment(spikes, events, batch.Numbers, batch.Augment, n.Inputs, n.Steps, 0, batch.Samples())
	events = cpuref.AppendEvents(cpuref.Events{}, spikes, words, 0, len(batch.Rows))
	return &Batch{Rows: events.Rows, Index: events.Index, Labels: batch.Labels, Numbers: batch.Numbers}
}
