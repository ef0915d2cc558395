package check

import (
	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Case is a network with all that is needed to run it.
type Case struct {
	Name      string
	Network   *network.Network
	Optimizer cpuref.Optimizer
	Update    engine.Update        // of every update; Number is filled in
	Samples   int                  // of a batch
	Augment   *cpuref.Augmentation // of the input spikes while training; nil for none
	Seed      uint32               // of weights, inputs and noise
	// Batch gives the batch of a pass; nil: inputs drawn from the seed.
	Batch func(pass, samples int) *engine.Batch
}

// stepLength of all cases, seconds.
const stepLength = 0.002

// Cases is the family: mixed networks, in which all kinds occur, and, unless
// quick, one network varied in one thing at a time.
func Cases(quick bool) []Case {
	if quick {
		return mixedCases(smallSizes())
	}
	return append(variedCases(), mixedCases(allSizes())...)
}

// variedCases are the base case and what differs from it in one thing.
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

// base is a small recurrent network with less than a chunk of samples.
func base() Case {
	n := &network.Network{
		Inputs: 31, Classes: 10, Steps: 33, StepLength: stepLength,
		Layers: []network.Layer{layer(33)}, Readout: network.DefaultReadout(),
	}
	return Case{Name: "base", Network: n, Optimizer: cpuref.OptimizerAdam, Update: updates()["adam"], Samples: 5}
}

// layer is a recurrent layer. Its input weights are so large that it spikes even
// where few neurons of the layer below do, its recurrent weights and the unbounded
// surrogate such that gradients stay finite.
func layer(neurons int) network.Layer {
	l := network.DefaultLayer()
	l.Neurons = neurons
	l.Initial.SigmaU, l.Initial.Alpha = 3, 0.98
	l.Surrogate.P0, l.Surrogate.DeltaU = 0.3, 8
	return l
}

// updates are the parameters of every optimizer.
func updates() map[string]engine.Update {
	return map[string]engine.Update{
		"sgd":     {LearningRate: 0.05, Momentum: 0.9, WeightDecay: 0.001},
		"adam":    {LearningRate: 0.005, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8},
		"adamw":   {LearningRate: 0.005, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8, WeightDecay: 0.01},
		"smorms3": {LearningRate: 0.005, Epsilon: 1e-16},
	}
}

// optimizers are the optimizers by the names of [updates].
func optimizers() map[string]cpuref.Optimizer {
	return map[string]cpuref.Optimizer{
		"sgd": cpuref.OptimizerSGD, "adam": cpuref.OptimizerAdam,
		"adamw": cpuref.OptimizerAdamW, "smorms3": cpuref.OptimizerSMORMS3,
	}
}

// allSurrogates are the surrogates by name, matched among them.
func allSurrogates() []string { return append([]string{"matched"}, keys(network.Surrogates)...) }
