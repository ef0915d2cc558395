package estimate

import (
	"slices"

	"spikegrad/cpuref"
)

// Backward implements [Circuit]: as [cpuref.LIFBackward], but the caller decides what a
// spike passes on.
func (c *LIF) Backward(t *Trace, parameters []float64, differentiateReset bool, pass func(int, float64) float64, gradient []float64) {
	c.startBackward(t, parameters, gradient)
	width := c.layout.width
	adjoints, received := t.adjoints, t.scratch[:width] // at t+1, and ∂L/∂h[t]
	clear(adjoints)
	for step := c.layout.Steps - 1; step >= 0; step-- {
		for layer := range c.layers {
			l, place := &c.layers[layer], &c.layout.Layers[layer]
			arriving := received[place.offset:][:place.Neurons]
			for n, spike := range rowOf(c, t.Spike, layer, step) {
				arriving[n] = place.Neuron.Received(&adjoints[place.offset+n], 1-spike)
			}
			if step >= l.delay {
				var adjoint []float64
				if layer > 0 {
					adjoint = rowOf(c, t.adjoint, layer-1, step-l.delay)
				}
				backwardColumns(arriving, parameters, gradient, l.firstInput, c.below(t, layer, step-l.delay), adjoint)
			}
			if l.firstBias >= 0 {
				backwardColumns(arriving, parameters, gradient, l.firstBias, always, nil)
			}
			if l.firstRecurrent >= 0 && step >= l.recurrentDelay {
				before := step - l.recurrentDelay
				backwardColumns(arriving, parameters, gradient, l.firstRecurrent, rowOf(c, t.Spike, layer, before), rowOf(c, t.adjoint, layer, before))
			}
		}
		for within := width - 1; within >= 0; within-- {
			unit := step*width + within
			neuron := &c.layout.layerOf(unit).Neuron
			t.adjoint[unit] = neuron.SpikeAdjoint(t.adjoint[unit], &adjoints[within], differentiateReset, t.lost[unit])
			neuron.Adjoint(&adjoints[within], pass(unit, t.adjoint[unit]), 1-t.Spike[unit])
		}
	}
}

// backwardColumns is the reverse of addColumns for weights starting at parameter first: it
// adds to their gradient and, unless adjoint is nil, to the adjoint of the spikes.
func backwardColumns(arriving, parameters, gradient []float64, first int, spikes, adjoint []float64) {
	for n, a := range arriving {
		if a == 0 {
			continue
		}
		row := first + n*len(spikes)
		for i, s := range spikes {
			if s != 0 {
				gradient[row+i] += float64(a * s)
			}
		}
		for i := range adjoint {
			adjoint[i] += float64(parameters[row+i] * a)
		}
	}
}

// Tangent implements [Circuit]: with all spikes held, a weight moves only one neuron.
func (c *LIF) Tangent(t *Trace, parameter int, potential []float64) {
	clear(potential)
	layer, neuron, spikes := c.weight(t, parameter)
	held := c.layout.Layers[layer].Neuron.Held()
	var state cpuref.NeuronState[float64]
	for step := range c.layout.Steps {
		unit := c.layout.Unit(step, layer, neuron)
		potential[unit] = held.Potential(&state)
		held.Advance(&state, spikes(step), 1-t.Spike[unit])
	}
}

// weight returns the neuron that a parameter leads to, and a function for the spike that
// it multiplies at a step.
func (c *LIF) weight(t *Trace, parameter int) (layer, neuron int, spike func(step int) float64) {
	for layer+1 < len(c.layers) && c.layers[layer+1].firstInput <= parameter {
		layer++
	}
	l := &c.layers[layer]
	first, width, delay := l.firstInput, l.channels, l.delay
	row := func(step int) []float64 { return c.below(t, layer, step) }
	switch {
	case l.firstBias >= 0 && parameter >= l.firstBias:
		first, width, delay = l.firstBias, 1, 0
		row = func(int) []float64 { return always }
	case l.firstRecurrent >= 0 && parameter >= l.firstRecurrent:
		first, width, delay = l.firstRecurrent, c.layout.Layers[layer].Neurons, l.recurrentDelay
		row = func(step int) []float64 { return rowOf(c, t.Spike, layer, step) }
	}
	within := parameter - first
	return layer, within / width, func(step int) float64 {
		if step < delay {
			return 0
		}
		return row(step - delay)[within%width]
	}
}

// Merged implements [Circuit]: the states, the spikes still in transit, and the output so
// far.
func (c *LIF) Merged(a, b *Trace, unit int) bool {
	width := c.layout.width
	step := unit / width
	if unit%width == 0 {
		step-- // the state of its step is not there yet
	}
	if step < 0 {
		return true
	}
	if !slices.Equal(a.states[step*width:(step+1)*width], b.states[step*width:(step+1)*width]) {
		return false
	}
	if from := max(0, step-c.memory) * width; !slices.Equal(a.Spike[from:unit], b.Spike[from:unit]) {
		return false
	}
	for s := range step {
		if !slices.Equal(a.output[s], b.output[s]) {
			return false
		}
	}
	return true
}
