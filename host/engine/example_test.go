package engine_test

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// A network learns one sample of one class.
func Example() {
	layer := network.DefaultLayer()
	layer.Neurons = 16
	n := &network.Network{
		Inputs: 4, Classes: 2, Steps: 20, StepLength: 0.002,
		Layers: []network.Layer{layer}, Readout: network.DefaultReadout(),
	}
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: 1, Optimizer: cpuref.OptimizerAdam})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()
	if err := e.SetWeights(n.Initialise(1)); err != nil {
		fmt.Println(err)
		return
	}
	batch := &engine.Batch{Labels: []uint32{1}, Numbers: []uint32{0}}
	for step := range uint32(n.Steps) { // a spike in each step, cycling through the channels
		batch.Index = append(batch.Index, step%4)
		batch.Rows = append(batch.Rows, [2]uint32{step, step + 1})
	}
	var first, last float32
	for number := 1; number <= 50; number++ {
		outcome, err := e.Gradient(batch, cpuref.StreamNoise, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		if number == 1 {
			first = outcome.Loss
		}
		last = outcome.Loss
		if err := e.Update(engine.Update{Number: number, LearningRate: 0.01, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8}); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("the loss is smaller:", last < first)
	// Output: the loss is smaller: true
}
