package check

import (
	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Case is a network with everything needed to run it.
type Case struct {
	Name      string
	Network   *network.Network
	Optimizer cpuref.Optimizer
	Update    engine.Update        // for every update; Number is filled in
	Samples   int                  // per batch
	Augment   *cpuref.Augmentation // of the input spikes while training; nil for none
	Seed      uint32               // of weights, inputs and noise
	// Batch returns the batch of a pass; nil: inputs drawn from the seed.
	Batch func(pass, samples int) *engine.Batch
}

// stepLength is that of all cases, in seconds.
const stepLength = 0.002

// Cases returns the family: mixed networks, in which all kinds occur, networks with the newer
// kinds and, unless quick, one network with one property varied at a time.
func Cases(quick bool) []Case {
	f := family{cases: mixedCases(smallSizes())}
	if !quick {
		f.cases = append(variedCases(), mixedCases(allSizes())...)
	}
	f.newer(quick)
	return f.cases
}

// variedCases returns the base case and cases that differ from it in one property.
func variedCases() []Case {
	f := family{cases: []Case{base()}}
	f.kinds()
	f.delays()
	f.readouts()
	f.regularizers()
	f.optimizers()
	f.shapes()
	f.convolutions()
	f.augmentations()
	for i := range f.cases {
		f.cases[i].Seed = uint32(i)
	}
	return f.cases
}

// base returns a small recurrent network with less than a chunk of samples.
func base() Case {
	n := &network.Network{
		Inputs: 31, Classes: 10, Steps: 33, StepLength: stepLength,
		Layers: []network.Layer{layer(33)}, Readout: readout(),
	}
	return Case{Name: "base", Network: n, Optimizer: cpuref.OptimizerAdam, Update: updates()["adam"], Samples: 5}
}

// layer returns a recurrent layer. It sets all fields, so that it stays the same when defaults
// change. Its input weights are large enough that it spikes even if few neurons of the layer
// below do; its recurrent weights and the unbounded surrogate are chosen so that gradients stay
// finite.
func layer(neurons int) network.Layer {
	return network.Layer{
		Kind: "dense", Neurons: neurons, Filters: 16, Kernel: 7, Stride: 1, PaddingHeight: network.AsWidth, RecurrentKernel: 5,
		Recurrent: true, Delay: 1, RecurrentDelay: 1,
		Neuron: "lif", TauMembrane: 0.02, TauSynapse: 0.01, TauAdaptation: 0.05, Adaptation: 0.3, Reset: "multiplicative",
		Noise:     network.Noise{Kind: "sigmoid", Beta: 10, P0: 0.01, DeltaU: 0.133, Rate: 10},
		Surrogate: network.Surrogate{Kind: "matched", Beta: 10, P0: 0.3, DeltaU: 8, Rate: 10, Width: 0.5, Alpha: 2},
		Initial:   network.Initial{Kind: "fluctuation", SigmaU: 3, Rate: 15, Alpha: 0.98, Scale: 1},
	}
}

// readout returns a leaky readout.
func readout() network.Readout {
	return network.Readout{Kind: "leaky", Loss: "max_over_time", TauSynapse: 0.01, Delay: 1, Initial: -0.001, Scale: 1}
}
