package engine

import (
	"fmt"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// TestSegments cuts samples in time: spikes, membranes, losses and gradients must be
// those of whole samples, whatever the length of the segments, delays across their
// borders included.
func TestSegments(t *testing.T) {
	layer := func(change func(*network.Layer)) network.Layer {
		l := network.DefaultLayer()
		l.Neurons, l.Filters, l.RecurrentDelay = 21, 3, 3
		l.Initial.SigmaU = 2
		change(&l)
		return l
	}
	conv := func(l *network.Layer) { l.Kind, l.Kernel, l.Stride, l.Padding, l.Delay = "conv1d", 5, 2, 1, 0 }
	nets := map[string][]network.Layer{
		"dense":        {layer(func(l *network.Layer) { l.Delay = 40 }), layer(func(l *network.Layer) { l.DifferentiateReset = true })},
		"feed-forward": {layer(func(l *network.Layer) { l.Recurrent = false })},
		"conv":         {layer(conv), layer(conv), layer(func(l *network.Layer) { l.RecurrentDelay = 0 })},
		"regularized": {layer(func(l *network.Layer) {
			l.Regularizers = []network.Regularizer{{Kind: "upper", Power: 2, Strength: 1, Threshold: 1, Average: "none"}}
			l.Reset = "subtractive"
		})},
	}
	for name, layers := range nets {
		for _, readout := range []string{"leaky", "counts", "van_rossum", "spike_difference"} {
			n := &network.Network{Inputs: 30, Classes: 4, Steps: 209, StepLength: 0.002, Layers: layers, Readout: network.DefaultReadout()}
			if readout != "leaky" {
				n.Readout.Kind, n.Readout.Loss = "spikes", readout
				n.Layers = append(slices.Clone(layers), layer(func(l *network.Layer) { l.Neurons = 4 }))
			}
			want, wantGradients := runSegments(t, n, n.Steps)
			for _, length := range []int{32, 64, 160} {
				got, gradients := runSegments(t, n, length)
				what := fmt.Sprintf("%s, %s readout, segments of %d", name, readout, length)
				for l := range n.Layers {
					if !slices.Equal(got.Spikes[l], want.Spikes[l]) || !slices.Equal(got.Membrane[l], want.Membrane[l]) {
						t.Errorf("%s: layer %d differs", what, l)
					}
				}
				if !slices.Equal(got.Readout, want.Readout) || !slices.Equal(got.Loss, want.Loss) {
					t.Errorf("%s: readout or loss differs", what)
				}
				for i, w := range n.Weights() {
					if !slices.Equal(gradients[i], wantGradients[i]) {
						t.Errorf("%s: gradient of %s differs", what, w.Name)
					}
				}
			}
			if slices.Max(wantGradients[0]) == 0 {
				t.Errorf("%s, %s readout: no gradient reaches the first layer", name, readout)
			}
		}
	}
}

// runSegments runs a batch forward and backward twice, so that left-overs would show.
func runSegments(t *testing.T, n *network.Network, length int) (*Record, [][]float32) {
	t.Helper()
	e, err := NewCPU[float32](n, Options{SegmentSteps: length, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if want := length < n.Steps; e.workers[0].cut.count() > 1 != want {
		t.Fatalf("segments of %d steps: cut is %v", length, e.workers[0].cut)
	}
	batch := &Batch{}
	for b := range uint32(11) {
		batch.Labels = append(batch.Labels, b%uint32(n.Classes))
		batch.Numbers = append(batch.Numbers, b)
		for step := range uint32(n.Steps) {
			begin := uint32(len(batch.Index))
			for i := range uint32(n.Inputs) {
				if cpuref.Philox([2]uint32{1}, [4]uint32{b, step, i})[0] < 1<<32/12 {
					batch.Index = append(batch.Index, i)
				}
			}
			batch.Rows = append(batch.Rows, [2]uint32{begin, uint32(len(batch.Index))})
		}
	}
	if n.Targeted() {
		batch.Targets = make([]uint32, batch.Samples()*n.Steps)
		for i := range batch.Targets {
			batch.Targets[i] = cpuref.Philox([2]uint32{2}, [4]uint32{uint32(i)})[0] & cpuref.Philox([2]uint32{3}, [4]uint32{uint32(i)})[0] & 15
		}
	}
	if err := e.SetWeights(n.Initialise(4)); err != nil {
		t.Fatal(err)
	}
	record := NewRecord[float32](n, batch.Samples())
	for range 2 {
		if _, err := e.Gradient(batch, cpuref.StreamNoise, record); err != nil {
			t.Fatal(err)
		}
	}
	gradients, err := e.Gradients()
	if err != nil {
		t.Fatal(err)
	}
	return record, gradients
}
