package bench

import (
	"testing"

	"spikegrad/host/network"
)

// TestSynapses compares synapse counts with loops over all pairs.
func TestSynapses(t *testing.T) {
	l := conv(3, 5, 2, 3, 10)
	l.Padding = 1
	n := readOut(11, 4, 8, 0.002, l, dense(6, 10, true))
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	positions := n.Geometry(0).Positions()
	own, recurrent := 0, 0
	for p := range positions {
		for channel := range 11 {
			if at := channel - p*2 + 1; at >= 0 && at < 5 {
				own += 3 // filters
			}
		}
		for q := range positions {
			if q >= p-1 && q <= p+1 {
				recurrent += 3 * 3
			}
		}
	}
	for _, c := range []struct {
		layer     int
		recurrent bool
		want      int
	}{{0, false, own}, {0, true, recurrent}, {1, false, 6 * 3 * positions}, {1, true, 36}} {
		if got := synapses(n, c.layer, c.recurrent); got != float64(c.want) {
			t.Errorf("layer %d, recurrent %t: %g synapses, want %d", c.layer, c.recurrent, got, c.want)
		}
	}
}

// TestCountWork checks the counts of a network small enough to do them by hand: 2 inputs, 3
// recurrent neurons, 2 classes, 4 steps, one sample with 5 input spikes and 6 spikes.
func TestCountWork(t *testing.T) {
	n := readOut(2, 2, 4, 0.002, dense(3, 10, true))
	work := CountWork(n, 1, 5, []uint64{6})
	if want := 5.0*3 + 6*3 + 6*2; work.Events != want {
		t.Errorf("%g synaptic events, want %g", work.Events, want)
	}
	neuron := 4.0 * 3 * (noiseOperations + integrateOperations + surrogateOperations + adjointOperations)
	readout := 4.0 * 2 * (integrateOperations + adjointOperations)
	sums := 2*work.Events + 2*4*(9+6) // forward and gradient; errors through the recurrence and below the readout
	if want := neuron + readout + sums + updateOperations*(6+9+6); work.Operations != want {
		t.Errorf("%g operations, want %g", work.Operations, want)
	}
	silent := CountWork(n, 1, 0, []uint64{0})
	if silent.Events != 0 || silent.Bytes >= work.Bytes || silent.Operations >= work.Operations {
		t.Errorf("silence costs %+v, spikes %+v: less is wanted", silent, work)
	}
}

func TestMiddle(t *testing.T) {
	for _, c := range []struct {
		values []float64
		median float64
	}{{[]float64{3}, 3}, {[]float64{5, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		median, ends := middle(c.values)
		if median != c.median {
			t.Errorf("the median of %v is %g, want %g", c.values, median, c.median)
		}
		for _, v := range c.values {
			if v < ends[0] || v > ends[1] {
				t.Errorf("%v lies outside %v", c.values, ends)
			}
		}
	}
}

// TestShapes checks names, sizes and batches against those that another program gives the peers.
func TestShapes(t *testing.T) {
	type size struct {
		inputs, classes, steps, samples int
		layers                          []int
	}
	want := map[string]size{
		"A T=4": {1, 65536, 4, 64, []int{65536}}, "A T=32": {1, 65536, 32, 64, []int{65536}},
		"B N=512": {512, 512, 500, 16, []int{512}}, "B N=4096": {4096, 4096, 500, 16, []int{4096}},
		"C": {128, 20, 256, 256, []int{512, 512}}, "D": {700, 20, 500, 256, []int{200, 200}},
		"E": {700, 20, 175, 100, []int{128}}, "F": {700, 20, 350, 64, []int{68 * 16, 21 * 32, 5 * 64}},
		"G": {20, 15, 100, 400, []int{10 * 32, 6 * 64, 2 * 128}}, "H": {2312, 10, 100, 64, []int{15 * 15 * 16, 5 * 5 * 32}},
	}
	for _, s := range Shapes() {
		if err := s.Network.Validate(); err != nil {
			t.Errorf("%s: %v", &s, err)
		}
		w, ok := want[s.String()]
		if !ok {
			continue
		}
		delete(want, s.String())
		got := size{s.Network.Inputs, s.Network.Classes, s.Network.Steps, s.Samples, layerSizes(s.Network)}
		if got.inputs != w.inputs || got.classes != w.classes || got.steps != w.steps || got.samples != w.samples || !equal(got.layers, w.layers) {
			t.Errorf("%s is %+v, want %+v", &s, got, w)
		}
	}
	if len(want) > 0 {
		t.Errorf("no shapes %v", want)
	}
}

func layerSizes(n *network.Network) (sizes []int) {
	for _, l := range n.Layers {
		sizes = append(sizes, l.Neurons)
	}
	return sizes
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
