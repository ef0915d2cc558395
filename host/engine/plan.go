package engine

import (
	"errors"
	"fmt"
	"math"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// plan is a network in numbers: what both engines hand to their kernels, made
// once, so that they cannot differ in it.
type plan[T cpuref.Float] struct {
	network *network.Network
	steps   int
	layers  []layerPlan[T]
	readout *readoutPlan[T] // nil if spikes are counted
	classes int
	loss    cpuref.Loss
	weights []weightPlan
	options Options
}

type layerPlan[T cpuref.Float] struct {
	neurons, inputs       int
	delay, recurrentDelay int
	neuron                cpuref.Neuron[T]
	input, recurrent      int // numbers of the weight arrays; recurrent is -1 without
	activity              []cpuref.ActivityArguments[T]
}

type readoutPlan[T cpuref.Float] struct {
	inputs, delay                              int
	decayMembrane, driveMembrane, decaySynapse T
	initial                                    T
	weight                                     int
}

// weightPlan is a weight array: its place in the network and its padded,
// transposed form [columns][stride].
type weightPlan struct {
	network.Weight
	stride int
	size   int // columns·stride
}

func newPlan[T cpuref.Float](n *network.Network, options Options) (*plan[T], error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	p := &plan[T]{network: n, steps: n.Steps, classes: n.Classes, loss: network.Losses[n.Readout.Loss], options: options}
	for l := range n.Layers {
		layer := &n.Layers[l]
		lp := layerPlan[T]{
			neurons: layer.Neurons, inputs: n.LayerInputs(l),
			delay: layer.Delay, recurrentDelay: layer.RecurrentDelay,
			neuron: network.NeuronParameters[T](layer, n.StepLength),
			input:  len(p.weights), recurrent: -1,
		}
		p.addWeight(layer.Neurons, lp.inputs)
		if layer.Recurrent {
			lp.recurrent = len(p.weights)
			p.addWeight(layer.Neurons, layer.Neurons)
		}
		for _, r := range layer.Regularizers {
			lp.activity = append(lp.activity, network.ActivityParameters[T](r, layer.Neurons))
		}
		p.layers = append(p.layers, lp)
	}
	if !n.Spiking() {
		r := &readoutPlan[T]{inputs: n.Layers[len(n.Layers)-1].Neurons, delay: n.Readout.Delay, weight: len(p.weights)}
		r.decayMembrane, r.driveMembrane, r.decaySynapse, r.initial = network.ReadoutParameters[T](n)
		p.addWeight(n.Classes, r.inputs)
		p.readout = r
	}
	for i, w := range n.Weights() {
		p.weights[i].Weight = w
	}
	return p, nil
}

func (p *plan[T]) addWeight(rows, columns int) {
	stride := cpuref.Stride(rows)
	p.weights = append(p.weights, weightPlan{stride: stride, size: columns * stride})
}

// pack writes a row-major array [rows][columns] in padded, transposed form.
func pack[T cpuref.Float](w weightPlan, dst, src []T) {
	for r := range w.Rows {
		for c := range w.Columns {
			dst[c*w.stride+r] = src[r*w.Columns+c]
		}
	}
}

// unpack is the reverse of pack.
func unpack[T cpuref.Float](w weightPlan, dst, src []T) {
	for r := range w.Rows {
		for c := range w.Columns {
			dst[r*w.Columns+c] = src[c*w.stride+r]
		}
	}
}

// checkWeights refuses arrays of other shape and numbers that are not finite.
func checkWeights[T cpuref.Float](described []weightPlan, weights [][]T) error {
	if len(weights) != len(described) {
		return fmt.Errorf("%d weight arrays were given: the network has %d", len(weights), len(described))
	}
	for i, w := range described {
		if len(weights[i]) != w.Rows*w.Columns {
			return fmt.Errorf("weights %s have %d values: %d × %d are needed", w.Name, len(weights[i]), w.Rows, w.Columns)
		}
		for j, value := range weights[i] {
			if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
				return fmt.Errorf("weights %s hold %g at row %d, column %d: weights must be finite", w.Name, value, j/w.Columns, j%w.Columns)
			}
		}
	}
	return nil
}

// states is how many state arrays an optimizer has, and what they start from.
func states(kind cpuref.Optimizer) []float32 {
	switch kind {
	case cpuref.OptimizerSGD:
		return []float32{0}
	case cpuref.OptimizerSMORMS3:
		return []float32{0, 0, 1}
	}
	return []float32{0, 0}
}

// parameters turns an update into the numbers of the kernel. Powers of the betas
// are products in a fixed order, so that they are the same everywhere.
func (u Update) parameters(samples int) cpuref.UpdateParameters[float64] {
	return cpuref.UpdateParameters[float64]{
		InverseBatch: 1 / float64(samples),
		LearningRate: u.LearningRate, WeightDecay: u.WeightDecay,
		Momentum: u.Momentum, Momentum1: 1 - u.Momentum,
		SecondMoment: u.SecondMoment, SecondMoment1: 1 - u.SecondMoment,
		Correction:  1 / (1 - power(u.Momentum, u.Number)),
		Correction2: 1 / (1 - power(u.SecondMoment, u.Number)),
		Epsilon:     u.Epsilon,
	}
}

// convert rounds update parameters to T.
func convert[T cpuref.Float](p cpuref.UpdateParameters[float64]) cpuref.UpdateParameters[T] {
	return cpuref.UpdateParameters[T]{
		InverseBatch: T(p.InverseBatch), LearningRate: T(p.LearningRate), WeightDecay: T(p.WeightDecay),
		Momentum: T(p.Momentum), Momentum1: T(p.Momentum1),
		SecondMoment: T(p.SecondMoment), SecondMoment1: T(p.SecondMoment1),
		Correction: T(p.Correction), Correction2: T(p.Correction2), Epsilon: T(p.Epsilon),
	}
}

// power is xⁿ by squaring.
func power(x float64, n int) float64 {
	result := 1.0
	for ; n > 0; n /= 2 {
		if n%2 == 1 {
			result = float64(result * x)
		}
		x = float64(x * x)
	}
	return result
}

// checkStates refuses optimizer states of other shape; nil is allowed.
func checkStates[T cpuref.Float](described []weightPlan, count int, given [][][]T) error {
	if given == nil {
		return nil
	}
	if len(given) != len(described) {
		return fmt.Errorf("optimizer states for %d weight arrays were given: the network has %d", len(given), len(described))
	}
	for i, w := range described {
		if len(given[i]) != count {
			return fmt.Errorf("weights %s were given %d optimizer states: the optimizer has %d", w.Name, len(given[i]), count)
		}
		for _, state := range given[i] {
			if len(state) != w.Rows*w.Columns {
				return fmt.Errorf("an optimizer state of weights %s has %d values: %d × %d are needed", w.Name, len(state), w.Rows, w.Columns)
			}
		}
	}
	return nil
}

// errNoGradient is returned where a gradient is needed and none was computed.
var errNoGradient = errors.New("there is no gradient: call Gradient first")
