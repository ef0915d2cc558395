package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// kernelSet holds the pipelines that a network needs.
type kernelSet struct {
	layers            []layerKernels
	augment           *kernels.Augment
	listAugmented     *kernels.BuildEvents
	buildEvents       *kernels.BuildEvents
	dropEvents        *kernels.DropEvents // nil unless layers use dropout
	dropErrors        *kernels.DropErrors
	delays            *delayKernels // nil unless delays are learned
	spikeTrains       *kernels.SpikeTrains
	spikeCounts       *kernels.SpikeCounts
	spikeTotals       *kernels.SpikeTotals
	readoutForward    *kernels.ReadoutForward
	readoutBackward   *kernels.ReadoutBackward
	crossEntropy      *kernels.CrossEntropy // to evaluate; nil with target spikes
	crossEntropyError *kernels.CrossEntropy // with the derivative
	targets           targetKernels
	errorBelow        *kernels.ErrorBelow
	errorAdded        *kernels.ErrorBelow                            // adds to other errors; nil unless a layer has several above, or hands up potentials
	inputSums         map[kernels.InputSumsChoice]*kernels.InputSums // those that the connections need
	weightGradient    *kernels.WeightGradient
	potentialGradient *kernels.PotentialGradient // nil unless layers hand up potentials
	learnedConstants  *kernels.LearnedConstants
	constantGradient  *kernels.ConstantGradient
	commonGradient    *kernels.ConstantGradient // for constants shared by all neurons of a layer
	sumChunks         *kernels.SumChunks
	optimizer         *kernels.Optimizer
	transpose         *kernels.Transpose
	squaredNorm       *kernels.SquaredNorm
}

// layerKernels are built for the options of one layer.
type layerKernels struct {
	forward  *kernels.LIFForward
	backward *kernels.LIFBackward
	activity []*kernels.Activity // one per regularizer
	pool     *kernels.PoolEvents // nil unless positions are pooled
	unpool   *kernels.UnpoolErrors
}

// sumsChoice is the kernel that makes the sums of a connection apart.
func sumsChoice(c *weightPlan) kernels.InputSumsChoice {
	return kernels.InputSumsChoice{Convolution: !c.window.Dense(), Add: c.adds}
}

// inputs is where the input of a target comes from, given whether it is driven and the number of the
// connection from its highest source.
func inputs(p *plan[float32], driven bool, highest int) kernels.Inputs {
	switch {
	case p.weights[highest].apart:
		return kernels.SumsAlone
	case driven:
		return kernels.EventsAndSums
	}
	return kernels.EventsAlone
}

func newKernelSet(device *gpu.Device, p *plan[float32]) (*kernelSet, error) {
	k := &kernelSet{inputSums: map[kernels.InputSumsChoice]*kernels.InputSums{}}
	var err error
	set := func(build func() error) {
		if err == nil {
			err = build()
		}
	}
	for _, layer := range p.layers {
		var l layerKernels
		set(func() (err error) {
			l.forward, err = kernels.NewLIFForward(device, kernels.LIFForwardChoice{
				Neurons: uint32(layer.neurons), Model: uint32(layer.neuron.Model), Noise: uint32(layer.neuron.Noise), Reset: uint32(layer.neuron.Reset),
				Recurrent: layer.recurrent >= 0, Bias: layer.bias >= 0, StoreLost: layer.neuron.LosesState(),
				Convolution: layer.filters > 0, Varied: layer.neuron.Learn != 0, Steep: layer.neuron.Learn.Has(cpuref.ConstantNoiseBeta), Inputs: inputs(p, layer.driven, layer.input),
				Refractory: uint32(layer.neuron.Refractory), Immediate: layer.recurrent >= 0 && p.weights[layer.recurrent].delay == 0,
			})
			return err
		})
		set(func() (err error) {
			l.backward, err = kernels.NewLIFBackward(device, kernels.LIFBackwardChoice{
				Neurons: uint32(layer.neurons), Model: uint32(layer.neuron.Model), Surrogate: uint32(layer.neuron.Surrogate), Reset: uint32(layer.neuron.Reset),
				DifferentiateReset: layer.neuron.DifferentiateReset, Recurrent: layer.recurrent >= 0,
				Limited:     layer.neuron.Support.Limited,
				Convolution: layer.filters > 0, Learn: uint32(layer.neuron.Learn),
				Refractory: uint32(layer.neuron.Refractory),
			})
			return err
		})
		for _, activity := range layer.activity {
			set(func() error {
				kernel, err := kernels.NewActivity(device, kernels.ActivityChoice{Lower: activity.Lower, Squared: activity.Squared})
				l.activity = append(l.activity, kernel)
				return err
			})
		}
		if !layer.pooling.None() {
			set(func() (err error) { l.pool, err = kernels.NewPoolEvents(device, layer.pooling.Kind); return err })
			set(func() (err error) { l.unpool, err = kernels.NewUnpoolErrors(device, layer.pooling.Kind); return err })
		}
		k.layers = append(k.layers, l)
	}
	set(func() (err error) { k.augment, err = kernels.NewAugment(device); return err })
	set(func() (err error) {
		k.listAugmented, err = kernels.NewBuildEvents(device, kernels.BuildEventsChoice{Compact: true})
		return err
	})
	set(func() (err error) {
		k.buildEvents, err = kernels.NewBuildEvents(device, kernels.BuildEventsChoice{})
		return err
	})
	if p.network.Drops() {
		set(func() (err error) { k.dropEvents, err = kernels.NewDropEvents(device); return err })
		set(func() (err error) { k.dropErrors, err = kernels.NewDropErrors(device); return err })
	}
	if p.network.Delays() {
		set(func() (err error) { k.delays, err = newDelayKernels(device); return err })
	}
	set(func() (err error) { k.spikeTrains, err = kernels.NewSpikeTrains(device); return err })
	set(func() (err error) { k.spikeCounts, err = kernels.NewSpikeCounts(device); return err })
	set(func() (err error) { k.spikeTotals, err = kernels.NewSpikeTotals(device); return err })
	if p.readout != nil {
		set(func() (err error) {
			k.readoutForward, err = kernels.NewReadoutForward(device, kernels.ReadoutForwardChoice{Bias: p.readout.bias >= 0, Inputs: inputs(p, p.readout.driven, p.readout.weight)})
			return err
		})
		set(func() (err error) { k.readoutBackward, err = kernels.NewReadoutBackward(device); return err })
	}
	if p.distance != nil {
		set(func() error { return k.targets.open(device, p.loss) })
	} else {
		set(func() (err error) {
			k.crossEntropy, err = kernels.NewCrossEntropy(device, kernels.CrossEntropyChoice{Kind: uint32(p.loss)})
			return err
		})
		set(func() (err error) {
			k.crossEntropyError, err = kernels.NewCrossEntropy(device, kernels.CrossEntropyChoice{Kind: uint32(p.loss), WriteError: true})
			return err
		})
	}
	set(func() (err error) {
		k.errorBelow, err = kernels.NewErrorBelow(device, kernels.ErrorBelowChoice{})
		return err
	})
	if p.skippedBy() || p.network.Potentials() {
		set(func() (err error) {
			k.errorAdded, err = kernels.NewErrorBelow(device, kernels.ErrorBelowChoice{Add: true})
			return err
		})
	}
	for i := range p.weights {
		if choice := sumsChoice(&p.weights[i]); p.weights[i].apart && !p.weights[i].potential && k.inputSums[choice] == nil {
			set(func() (err error) { k.inputSums[choice], err = kernels.NewInputSums(device, choice); return err })
		}
	}
	set(func() (err error) {
		k.weightGradient, err = kernels.NewWeightGradient(device, kernels.WeightGradientChoice{})
		return err
	})
	if p.network.Potentials() {
		set(func() (err error) { k.potentialGradient, err = kernels.NewPotentialGradient(device); return err })
	}
	set(func() (err error) { k.learnedConstants, err = kernels.NewLearnedConstants(device); return err })
	set(func() (err error) {
		k.constantGradient, err = kernels.NewConstantGradient(device, kernels.ConstantGradientChoice{})
		return err
	})
	set(func() (err error) {
		k.commonGradient, err = kernels.NewConstantGradient(device, kernels.ConstantGradientChoice{Common: true})
		return err
	})
	set(func() (err error) { k.sumChunks, err = kernels.NewSumChunks(device); return err })
	set(func() (err error) {
		k.optimizer, err = kernels.NewOptimizer(device, kernels.OptimizerChoice{Kind: uint32(p.options.Optimizer)})
		return err
	})
	set(func() (err error) { k.squaredNorm, err = kernels.NewSquaredNorm(device); return err })
	set(func() (err error) { k.transpose, err = kernels.NewTranspose(device); return err })
	return k, err
}
