package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
)

// kept is what dropout, in training, leaves of what a layer passes on, [step][neuron].
func (s *dualSimulator) kept(l, sample int, handed [][]dual) [][]dual {
	layer := &s.network.Layers[l]
	if !s.batch.Dropout || layer.Dropout == 0 {
		return handed
	}
	var left [][]dual
	for t, now := range handed {
		row, step := make([]dual, len(now)), uint32(t)
		if layer.DropoutPer == "neuron" {
			step = 1<<32 - 1
		}
		for k := range now {
			number := k // for the random numbers: filters of a position side by side, in whole lanes
			if layer.Kind != "dense" {
				positions := len(now) / layer.Filters
				number = k%positions*((layer.Filters+15)/16*16) + k/positions
			}
			counter := [4]uint32{s.batch.Numbers[sample], step, uint32(number / 4), uint32(l)}
			word := cpuref.Philox([2]uint32{s.seed, uint32(cpuref.StreamDropout)}, counter)[number%4]
			if cpuref.Uniform[float64](word) >= layer.Dropout {
				row[k] = now[k].scaled(1 / (1 - layer.Dropout))
			}
		}
		left = append(left, row)
	}
	return left
}

// dualDropoutCases drop spikes of dense layers, of a convolution and of pooled ones, below
// layers and below a readout.
func dualDropoutCases(t *testing.T) []dualCase {
	t.Helper()
	var cases []dualCase
	for k, c := range []struct {
		rates [2]float64
		per   string
		loss  string
		kinds [2]string
		pool  string
	}{
		{[2]float64{0.3, 0.5}, "spike", "max_over_time", [2]string{"dense", "dense"}, ""},
		{[2]float64{0.5, 0.25}, "neuron", "sum_of_softmax", [2]string{"dense", "dense"}, ""},
		{[2]float64{0, 0.6}, "spike", "last_step", [2]string{"dense", "dense"}, ""},
		{[2]float64{0.4, 0}, "spike", "counts", [2]string{"dense", "dense"}, ""},
		{[2]float64{0.4, 0.2}, "spike", "max_over_time", [2]string{"conv2d", "conv2d"}, "sum"},
		{[2]float64{0.4, 0.2}, "neuron", "max_over_time", [2]string{"conv2d", "dense"}, "max"},
		{[2]float64{0.4, 0.3}, "spike", "sum_of_softmax", [2]string{"conv1d", "conv1d"}, ""},
	} {
		n := dualNetwork(k, []string{"matched", "superspike"}[k%2], dualResets[k%3], k%2 == 1, c.loss)
		for l := range n.Layers {
			layer := &n.Layers[l]
			layer.Dropout, layer.DropoutPer = c.rates[l], c.per
			if c.kinds[l] != "dense" {
				layer.Kind, layer.Filters, layer.Kernel, layer.Padding, layer.RecurrentKernel = c.kinds[l], 3+14*(k%2), 3, 1, 3
			}
			if c.pool != "" && l == 0 {
				layer.Pool, layer.PoolKind = 2, c.pool
			}
		}
		if c.kinds[0] == "conv2d" {
			n.InputShape, n.Inputs = []int{2, 5, 6}, 60
		}
		if err := n.Validate(); err != nil {
			t.Fatalf("dropout %d: %v", k, err)
		}
		cases = append(cases, dualCase{name: fmt.Sprintf("%d_%s_%s", k, c.per, c.kinds[0]+c.pool), network: n, samples: 4, scale: 4, perArray: 24})
	}
	return cases
}

// TestDualDropout compares back-propagation through dropout with forward-mode derivatives.
func TestDualDropout(t *testing.T) {
	for k, c := range dualDropoutCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkDual(t, &c, 2000+uint64(k))
		})
	}
}
