package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// dropoutNetworks drop spikes of one layer and neurons of the next, below a readout, and spikes of
// a pooled convolution, with delays that reach into the previous segment.
func dropoutNetworks() map[string]*network.Network {
	nets := map[string]*network.Network{}
	for _, name := range []string{"dense", "pooled"} {
		layer := network.DefaultLayer()
		layer.Neurons, layer.Initial.SigmaU, layer.Delay = 21, 3, 3
		layer.Dropout, layer.DropoutPer = 0.4, "spike"
		n := &network.Network{
			Inputs: 35, Classes: 4, Steps: 70, StepLength: 0.002,
			Layers: []network.Layer{layer, layer}, Readout: network.DefaultReadout(),
		}
		n.Layers[1].DropoutPer, n.Layers[1].Dropout = "neuron", 0.2
		if name == "dense" {
			n.Layers[0].Recurrent, n.Layers[1].Recurrent = false, false
		} else {
			l := &n.Layers[0]
			l.Kind, l.Filters, l.Kernel, l.Padding, l.RecurrentKernel, l.Pool, l.PoolKind = "conv2d", 5, 3, 1, 3, 2, "sum"
			n.InputShape = []int{1, 5, 7}
		}
		nets[name] = n
	}
	return nets
}

// dropoutRun is the result of a gradient of a batch, with or without dropout.
type dropoutRun struct {
	record    *Record
	gradients [][]float32
}

// runDropout runs a batch without and with dropout, alternating on one engine and twice, so that
// leftovers would show.
func runDropout(t *testing.T, o opener, n *network.Network, options Options) (without, with dropoutRun) {
	t.Helper()
	e, _, err := o.open(n, options)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(n.Initialise(4)); err != nil {
		t.Fatal(err)
	}
	batch := segmentBatch(n, 11)
	for i := range 4 {
		run := dropoutRun{record: NewRecord[float32](n, 11)}
		batch.Dropout = i%2 == 1
		if _, err := e.Gradient(batch, cpuref.StreamNoise, run.record); err != nil {
			t.Fatal(err)
		}
		if run.gradients, err = e.Gradients(); err != nil {
			t.Fatal(err)
		}
		without, with = with, run
	}
	return without, with
}

func (r dropoutRun) differs(n *network.Network, other dropoutRun) string {
	for l := range n.Layers {
		if !slices.Equal(r.record.Spikes[l], other.record.Spikes[l]) || !slices.Equal(r.record.Membrane[l], other.record.Membrane[l]) {
			return fmt.Sprintf("layer %d", l)
		}
	}
	if !slices.Equal(r.record.Readout, other.record.Readout) || !slices.Equal(r.record.Loss, other.record.Loss) {
		return "readout or loss"
	}
	for i, w := range n.Weights() {
		if at := differsAt(r.gradients[i], other.gradients[i]); at >= 0 {
			return fmt.Sprintf("gradient of %s[%d]", w.Name, at)
		}
	}
	return ""
}

// TestDropout: on every engine, with any number of passes, segments and workers, the same spikes
// are dropped, and none in a batch that does not ask for it.
func TestDropout(t *testing.T) {
	for name, n := range dropoutNetworks() {
		_, want := runDropout(t, openCPU, n, Options{Seed: 3, Workers: 1})
		plain := *n
		plain.Layers = slices.Clone(n.Layers)
		for l := range plain.Layers {
			plain.Layers[l].Dropout = 0
		}
		_, without := runDropout(t, openCPU, &plain, Options{Seed: 3, Workers: 1})
		if got := want.differs(n, without); got != "layer 1" {
			t.Errorf("%s: dropout of layer 0 changes %q first, not layer 1", name, got)
		}
		openers := []opener{openCPU}
		if name == "dense" { // the other is among the networks of package check
			openers = append(openers, vulkanOpeners(t)...)
		}
		for _, o := range openers {
			options := Options{Seed: 3, Workers: 3, PassSamples: cpuref.ChunkSamples, SegmentSteps: 32}
			plain, with := runDropout(t, o, n, options)
			if got := with.differs(n, want); got != "" {
				t.Errorf("%s, %s, in parts: %s differs", name, o.name, got)
			}
			if got := plain.differs(n, without); got != "" {
				t.Errorf("%s, %s: with dropout off, %s differs from that of a network that has none", name, o.name, got)
			}
		}
		_, other := runDropout(t, openCPU, n, Options{Seed: 4, Workers: 1})
		if slices.Equal(other.record.Spikes[1], want.record.Spikes[1]) {
			t.Errorf("%s: the seed changes nothing", name)
		}
	}
}

// TestDropoutReplicas: replicas of a batch with dropout are refused.
func TestDropoutReplicas(t *testing.T) {
	n := dropoutNetworks()["dense"]
	e, _, err := openCPU.open(n, Options{})
	if err != nil {
		t.Fatal(err)
	}
	batch := segmentBatch(n, 2)
	batch.Dropout = true
	if _, _, err := e.Replicas(batch, cpuref.StreamNoise, nil); err == nil || !strings.Contains(err.Error(), "dropout") {
		t.Errorf("error %v", err)
	}
}
