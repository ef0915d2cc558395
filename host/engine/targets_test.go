package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// targetedNetwork has two layers, and compares the spikes of the last with targets.
func targetedNetwork(loss string) *network.Network {
	n := &network.Network{Inputs: 9, Classes: 33, Steps: 24, StepLength: 0.002, Readout: network.DefaultReadout()}
	n.Readout.Kind, n.Readout.Loss = "spikes", loss
	for _, neurons := range []int{20, n.Classes} {
		l := network.DefaultLayer()
		l.Neurons, l.Initial.SigmaU = neurons, 3
		n.Layers = append(n.Layers, l)
	}
	return n
}

// targetedBatch has the given number of samples, all different, with targets.
func targetedBatch(n *network.Network, samples int) *Batch {
	batch := &Batch{Labels: make([]uint32, samples)}
	for b := range uint32(samples) {
		batch.Numbers = append(batch.Numbers, b)
		for t := range uint32(n.Steps) {
			begin := uint32(len(batch.Index))
			for i := range uint32(n.Inputs) {
				if cpuref.Philox([2]uint32{1}, [4]uint32{b, t, i})[0] < 1<<30 {
					batch.Index = append(batch.Index, i)
				}
			}
			batch.Rows = append(batch.Rows, [2]uint32{begin, uint32(len(batch.Index))})
			words := cpuref.Philox([2]uint32{2}, [4]uint32{b, t})
			batch.Targets = append(batch.Targets, words[0]&words[1], words[2]&1)
		}
	}
	return batch
}

// runTargets returns the losses and the gradient of a batch.
func runTargets(t *testing.T, n *network.Network, batch *Batch) ([]float32, [][]float32) {
	t.Helper()
	e, err := NewCPU[float32](n, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetWeights(n.Initialise(4)); err != nil {
		t.Fatal(err)
	}
	record := NewRecord[float32](n, batch.Samples())
	outcome, err := e.Gradient(batch, cpuref.StreamNoise, record)
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Correct != 0 || !slices.Equal(record.Predicted, slices.Repeat([]uint32{NoClass}, batch.Samples())) {
		t.Errorf("%d samples are correct, predicted %v: such a loss knows no classes", outcome.Correct, record.Predicted)
	}
	gradients, err := e.Gradients()
	if err != nil {
		t.Fatal(err)
	}
	return record.Loss, gradients
}

// TestTargets: every sample is compared with its own target, in whatever chunk, and one target for
// all is equivalent to copies of it.
func TestTargets(t *testing.T) {
	for _, loss := range []string{"van_rossum", "spike_difference"} {
		n := targetedNetwork(loss)
		const samples = 11
		batch := targetedBatch(n, samples)
		losses, _ := runTargets(t, n, batch)
		for b := range samples {
			alone := *batch
			alone.Labels, alone.Numbers = batch.Labels[b:b+1], batch.Numbers[b:b+1]
			alone.Rows = batch.Rows[b*n.Steps:][:n.Steps]
			alone.Targets = batch.Targets[2*b*n.Steps:][:2*n.Steps]
			if got, _ := runTargets(t, n, &alone); got[0] != losses[b] {
				t.Errorf("%s: the loss of sample %d alone is %v, among others %v", loss, b, got[0], losses[b])
			}
		}
		one := *batch
		one.Targets = batch.Targets[:2*n.Steps]
		copies := *batch
		copies.Targets = slices.Repeat(one.Targets, samples)
		got, gradient := runTargets(t, n, &one)
		want, wanted := runTargets(t, n, &copies)
		if !slices.Equal(got, want) || fmt.Sprint(gradient) != fmt.Sprint(wanted) {
			t.Errorf("%s: one target for all gives losses %v, its copies %v", loss, got, want)
		}
		if slices.Equal(got, losses) || slices.Min(got) <= 0 {
			t.Errorf("%s: losses are %v and %v: there is nothing to compare", loss, got, losses)
		}
	}
}

// TestTargetsRefused: target spikes that do not fit are refused with an error that says so.
func TestTargetsRefused(t *testing.T) {
	for _, test := range []struct {
		change func(*network.Network, *Batch)
		want   string
	}{
		{func(_ *network.Network, b *Batch) { b.Targets = nil }, "0 words of target spikes: the loss van_rossum needs 48"},
		{func(_ *network.Network, b *Batch) { b.Targets = b.Targets[1:] }, "143 words of target spikes"},
		{func(_ *network.Network, b *Batch) { b.Targets[2*5+1] = 2 }, "step 5 have bits beyond the 33 neurons"},
		{func(n *network.Network, _ *Batch) { n.Readout.Loss = "counts" }, "the loss counts uses none"},
	} {
		n := targetedNetwork("van_rossum")
		batch := targetedBatch(n, 3)
		test.change(n, batch)
		e, err := NewCPU[float32](n, Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Evaluate(batch, cpuref.StreamNoise, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want one with %q", err, test.want)
		}
	}
}
