package tests

import (
	"fmt"
	"testing"

	"spikegrad/host/network"
)

// dualSkipCases are networks whose layers take input from several sources: from all below
// them, as a residual block, as branches that join, from pooled positions.
func dualSkipCases(t *testing.T) []dualCase {
	t.Helper()
	dense := func(from ...string) network.Layer { return network.Layer{Kind: "dense", From: from} }
	plane := func(filters, kernel int, from ...string) network.Layer {
		return network.Layer{Kind: "conv2d", Filters: filters, Kernel: kernel, Stride: 1, Padding: kernel / 2, PaddingHeight: network.AsWidth, Pool: 1, From: from}
	}
	row := func(filters, kernel int, from ...string) network.Layer {
		l := plane(filters, kernel, from...)
		l.Kind = "conv1d"
		return l
	}
	pooled := func(l network.Layer, pool int, kind string) network.Layer {
		l.Pool, l.PoolKind = pool, kind
		return l
	}
	var cases []dualCase
	for k, c := range []struct {
		name    string
		shape   []int // nil: 5 inputs
		layers  []network.Layer
		readout []string
		loss    string
	}{
		{"past one layer", nil, []network.Layer{dense(), dense("input", "layer0")}, nil, "max_over_time"},
		{"of all below", nil, []network.Layer{dense(), dense("layer0", "input"), dense("layer1", "input", "layer0")}, []string{"layer2", "layer0", "input", "layer1"}, "last_step"},
		{"branches", nil, []network.Layer{dense(), dense("input"), dense("layer0", "layer1")}, nil, "sum_of_softmax"},
		{"the readout takes both", nil, []network.Layer{dense(), dense("input")}, []string{"layer0", "layer1"}, "max_over_time"},
		{"counted", nil, []network.Layer{dense(), dense(), dense("input", "layer0", "layer1")}, nil, "counts"},
		{"targets", nil, []network.Layer{dense(), dense("input", "layer0")}, nil, "van_rossum"},
		{"residual", []int{2, 3, 4}, []network.Layer{plane(3, 3), plane(3, 3, "layer0"), plane(3, 1, "layer1", "layer0")}, nil, "max_over_time"},
		{"input channels again", []int{2, 3, 3}, []network.Layer{plane(3, 3), plane(17, 3, "layer0", "input")}, []string{"layer0", "layer1"}, "last_step"},
		{"pooled branches", []int{1, 4, 5}, []network.Layer{pooled(plane(3, 3), 2, "max"), pooled(plane(4, 3, "input"), 2, "sum"), plane(3, 3, "layer0", "layer1"), dense("layer0", "layer2", "input")}, nil, "max_over_time"},
		{"in a row", []int{1, 1, 7}, []network.Layer{row(3, 3), row(4, 5, "input", "layer0"), dense("layer0", "layer1")}, nil, "counts"},
	} {
		n := dualNetwork(k, []string{"matched", "superspike", "gaussian"}[k%3], dualResets[k%3], k%2 == 0, c.loss)
		kinds := n.Layers
		n.Layers, n.Readout.From = nil, c.readout
		if c.shape != nil {
			n.InputShape, n.Inputs = c.shape, c.shape[0]*c.shape[1]*c.shape[2]
		}
		for l, described := range c.layers {
			next := kinds[(l+k)%2]
			next.Recurrent, next.Bias = (k+l)%2 == 0, (k+l)%3 == 0
			next.Neurons, next.RecurrentKernel = 6+l, 3
			if n.Spiking() && l == len(c.layers)-1 {
				next.Neurons = n.Classes
			}
			next.Kind, next.From = described.Kind, described.From
			if described.Kind != "dense" {
				next.Filters, next.Kernel, next.Stride, next.Padding, next.PaddingHeight = described.Filters, described.Kernel, described.Stride, described.Padding, described.PaddingHeight
				next.Pool, next.PoolKind = described.Pool, described.PoolKind
			}
			next.Neuron = []string{"lif", "lif", "lif_delta", "adaptive"}[(k+l)%4]
			next.TauAdaptation, next.Adaptation = 0.012, 0.2
			n.Layers = append(n.Layers, next)
		}
		if err := n.Validate(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		cases = append(cases, dualCase{name: c.name, network: n, samples: 4, scale: 3, perArray: 20})
	}
	return cases
}

// TestDualSkips compares back-propagation through connections that skip layers with
// forward-mode derivatives.
func TestDualSkips(t *testing.T) {
	for k, c := range dualSkipCases(t) {
		t.Run(fmt.Sprint(k, " ", c.name), func(t *testing.T) {
			t.Parallel()
			checkDual(t, &c, 2000+uint64(k))
		})
	}
}
