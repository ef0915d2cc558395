package network_test

import (
	"fmt"

	"spikegrad/host/network"
)

// A network of two layers, the upper one deterministic, and its weights.
func Example() {
	stochastic, deterministic := network.DefaultLayer(), network.DefaultLayer()
	stochastic.Neurons, deterministic.Neurons = 64, 32
	deterministic.Recurrent = false
	deterministic.Noise.Kind, deterministic.Surrogate.Kind = "threshold", "superspike"
	n := network.Network{
		Inputs: 700, Classes: 20, Steps: 100, StepLength: 0.002,
		Layers: []network.Layer{stochastic, deterministic}, Readout: network.DefaultReadout(),
	}
	if err := n.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	weights := n.Initialise(1)
	for i, w := range n.Weights() {
		fmt.Println(w.Name, w.Shape(), len(weights[i]))
	}
	// Output:
	// layer0.input [64 700] 44800
	// layer0.recurrent [64 64] 4096
	// layer1.input [32 64] 2048
	// readout [20 32] 640
}
