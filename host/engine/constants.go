package engine

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// learned is the source of learned constants: they weigh no spikes.
const learned = -3

// constantRows returns the constants of a layer's neurons before anything is learned; nil where
// nothing is.
func (p *plan[T]) constantRows(l int) []T {
	layer := &p.layers[l]
	if layer.neuron.Learn == 0 {
		return nil
	}
	rows := make([]T, cpuref.LearnedRows*cpuref.Stride(layer.neurons))
	cpuref.FillConstants(rows, &layer.neuron)
	return rows
}

// learnedConstant returns which constant of its layer weight array i holds, and its place among the
// learned ones.
func (p *plan[T]) learnedConstant(i int) (layer *layerPlan[T], constant cpuref.Constant, place int) {
	layer, constant = &p.layers[p.weights[i].target], network.Constants.Number(p.weights[i].Constant)
	return layer, constant, layer.neuron.Learn.Place(constant)
}

// constantArguments returns the sizes and numbers of [cpuref.LearnedConstants] for weight array i.
func (p *plan[T]) constantArguments(i int) cpuref.LearnedConstantsArguments[T] {
	w := &p.weights[i]
	layer, constant, _ := p.learnedConstant(i)
	return cpuref.LearnedConstantsArguments[T]{
		Neurons: layer.neurons, Filters: layer.filters, Units: w.Rows, Constant: constant,
		Factor: network.ConstantFactor[T](&p.network.Layers[w.target], w.Constant, p.network.StepLength),
	}
}

// checkBounds refuses learned constants and delays that are out of bounds.
func (p *plan[T]) checkBounds(weights [][]T) error {
	for i, w := range p.weights {
		var least, most T
		unit := ""
		switch w.source {
		case learned:
			least, most = -cpuref.LearnedBound, cpuref.LearnedBound
		case delays:
			most, unit = 1, ", as a share of the longest delay"
		default:
			continue
		}
		for j, value := range weights[i] {
			if !(value >= least && value <= most) {
				return fmt.Errorf("weights %s hold %g at number %d: from %g to %g is possible%s", w.Name, value, j, least, most, unit)
			}
		}
	}
	return nil
}
