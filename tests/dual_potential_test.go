package tests

import (
	"testing"

	"spikegrad/host/network"
)

// potentials are what a layer whose membrane potentials are U[t+1] passes on: U[t],
// starting at 0.
func potentials(membrane [][]dual) [][]dual {
	return append([][]dual{make([]dual, len(membrane[0]))}, membrane[:len(membrane)-1]...)
}

// dualPotentialCases are networks in which layers pass on potentials: to a recurrent layer, to one
// another, to the readout, beside spikes, with every kind of neuron that can, with learned time
// constants and delays below, in samples that end before anything arrives.
func dualPotentialCases(t *testing.T) []dualCase {
	t.Helper()
	var cases []dualCase
	for k, c := range []struct {
		name   string
		change func(n *network.Network)
	}{
		{"below a layer", func(*network.Network) {}},
		{"without a current", func(n *network.Network) { n.Layers[0].Neuron = "lif_delta" }},
		{"without a leak", func(n *network.Network) { n.Layers[0].Neuron, n.Layers[0].Delay = "if", 0 }},
		{"two on one another", func(n *network.Network) {
			n.Layers = append([]network.Layer{n.Layers[0]}, n.Layers...)
			n.Layers[1].Neurons, n.Layers[1].Neuron, n.Layers[1].Delay = 9, "lif_delta", 2
		}},
		{"below the readout", func(n *network.Network) {
			n.Layers[0], n.Layers[1] = n.Layers[1], n.Layers[0]
			n.Layers[0].Recurrent, n.Layers[1].Neurons = true, 6
		}},
		{"beside spikes", func(n *network.Network) {
			n.Layers = append([]network.Layer{n.Layers[1]}, n.Layers...)
			n.Layers[1].From, n.Layers[2].From, n.Readout.From = []string{"input", "layer0"}, []string{"layer1", "layer0", "input"}, []string{"layer1", "layer2", "layer0"}
			n.Layers[0].Neurons = 8
		}},
		{"learned constants", func(n *network.Network) {
			n.Layers[0].Learn, n.Layers[1].Learn = []string{"tau_membrane", "tau_synapse"}, []string{"tau_membrane", "threshold"}
		}},
		{"learned delays below", func(n *network.Network) { n.Layers[0].LearnedDelay, n.Layers[0].Delay = 3, 1 }},
		{"counted", func(n *network.Network) {
			n.Layers[1].Neurons, n.Readout.Kind, n.Readout.Loss = n.Classes, "spikes", "counts"
		}},
		{"late", func(n *network.Network) {
			n.Layers[0].Bias, n.Layers[1].Bias, n.Layers[1].Delay = true, true, n.Steps-6
		}},
		{"wide", func(n *network.Network) { n.Layers[0].Neurons, n.Layers[1].Neurons = 37, 19 }},
	} {
		n := dualNetwork(k, []string{"matched", "superspike"}[k%2], dualResets[k%3], k%2 == 1, dualLosses[k%3])
		below := &n.Layers[0]
		below.Output, below.Recurrent, below.Regularizers, below.DifferentiateReset = "potential", false, nil, false
		n.Layers[1].Recurrent = k%2 == 0
		c.change(&n)
		if err := n.Validate(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		cases = append(cases, dualCase{name: c.name, network: n, samples: []int{4, 11, 9}[k%3], scale: 4, perArray: 40})
	}
	return cases
}

// TestDualPotentials compares back-propagation through layers that pass on potentials with
// forward-mode derivatives.
func TestDualPotentials(t *testing.T) {
	for k, c := range dualPotentialCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkDual(t, &c, 3000+uint64(k))
		})
	}
}
