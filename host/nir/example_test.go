package nir_test

import (
	"fmt"
	"os"
	"path/filepath"

	"spikegrad/host/network"
	"spikegrad/host/nir"
)

// A network exported to another program's format and imported back.
func Example() {
	layer := network.DefaultLayer()
	layer.Neurons = 8
	n := &network.Network{
		Inputs: 16, Classes: 3, Steps: 50, StepLength: 0.001,
		Layers: []network.Layer{layer}, Readout: network.DefaultReadout(),
	}
	weights := n.Initialise(1)
	content, err := nir.Encode(n, weights, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	folder, err := os.MkdirTemp("", "nir")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "network.nir")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		fmt.Println(err)
		return
	}
	graph, err := nir.Read(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	again, read, err := graph.Network(n, n.StepLength, n.Steps)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(again.Layers[0].Neurons, "neurons, same weight:", read[0][5] == weights[0][5])
	// Output: 8 neurons, same weight: true
}
