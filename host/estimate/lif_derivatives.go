package estimate

import "spikegrad/cpuref"

// Backward implements [Circuit]: the equations of [cpuref.LIFBackward], with what a
// spike passes on left to the caller.
func (c *LIF) Backward(t *Trace, parameters []float64, differentiateReset bool, pass func(int, float64) float64, gradient []float64) {
	c.startBackward(t, parameters, gradient)
	width := c.layout.width
	membrane, current := t.scratch[width:2*width], t.scratch[2*width:3*width] // λU[t+1], λI[t+1]
	clear(t.scratch[width:])
	for step := c.layout.Steps - 1; step >= 0; step-- {
		for layer := range c.layers {
			l, place := &c.layers[layer], &c.layout.Layers[layer]
			arriving := current[place.offset:][:place.Neurons] // ∂L/∂h[t] = λI[t+1]
			if step >= l.delay {
				var adjoint []float64
				if layer > 0 {
					adjoint = c.row(t.adjoint, layer-1, step-l.delay)
				}
				backwardColumns(arriving, parameters, gradient, l.firstInput, c.below(t, layer, step-l.delay), adjoint)
			}
			if l.firstRecurrent >= 0 && step >= l.recurrentDelay {
				before := step - l.recurrentDelay
				backwardColumns(arriving, parameters, gradient, l.firstRecurrent, c.row(t.Spike, layer, before), c.row(t.adjoint, layer, before))
			}
		}
		for within := width - 1; within >= 0; within-- {
			unit := step*width + within
			neuron := &c.layout.layerOf(unit).Neuron
			spike := t.Spike[unit]
			leak, drive := membrane[within], membrane[within] // what λU[t+1] passes to λU[t] and λI[t]
			lost := neuron.Threshold                          // −∂U[t+1]/∂S[t]
			switch neuron.Reset {
			case cpuref.ResetMultiplicative:
				leak = float64((1 - spike) * membrane[within])
				drive = leak
				lost = float64(neuron.DecayMembrane*t.membrane[unit]) + float64(neuron.DriveMembrane*t.current[unit])
			case cpuref.ResetMembraneOnly:
				leak = float64((1 - spike) * membrane[within])
				lost = float64(neuron.DecayMembrane * t.membrane[unit])
			}
			if differentiateReset {
				t.adjoint[unit] -= float64(lost * membrane[within])
			}
			current[within] = float64(neuron.DecaySynapse*current[within]) + float64(neuron.DriveMembrane*drive)
			membrane[within] = float64(neuron.DecayMembrane*leak) + pass(unit, t.adjoint[unit])
		}
	}
}

// backwardColumns is the reverse of addColumns for weights that begin at a parameter:
// it adds to their gradient and, unless adjoint is nil, to the adjoint of the spikes.
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

// Tangent implements [Circuit]: with all spikes held a weight moves one neuron only.
func (c *LIF) Tangent(t *Trace, parameter int, potential []float64) {
	clear(potential)
	layer, neuron, source, recurrent := c.weight(parameter)
	l, p := &c.layers[layer], &c.layout.Layers[layer].Neuron
	membrane, current := 0.0, 0.0
	for step := range c.layout.Steps {
		unit := c.layout.Unit(step, layer, neuron)
		potential[unit] = membrane
		spike := 0.0 // that the weight multiplies
		if recurrent && step >= l.recurrentDelay {
			spike = c.row(t.Spike, layer, step-l.recurrentDelay)[source]
		} else if !recurrent && step >= l.delay {
			spike = c.below(t, layer, step-l.delay)[source]
		}
		leak, drive, gate := float64(p.DecayMembrane*membrane), float64(p.DriveMembrane*current), 1-t.Spike[unit]
		switch p.Reset {
		case cpuref.ResetMultiplicative:
			membrane = float64((leak + drive) * gate)
		case cpuref.ResetMembraneOnly:
			membrane = float64(leak*gate) + drive
		case cpuref.ResetSubtractive:
			membrane = leak + drive
		}
		current = float64(p.DecaySynapse*current) + spike
	}
}

// weight says what a parameter connects.
func (c *LIF) weight(parameter int) (layer, neuron, source int, recurrent bool) {
	for layer+1 < len(c.layers) && c.layers[layer+1].firstInput <= parameter {
		layer++
	}
	l := &c.layers[layer]
	if l.firstRecurrent >= 0 && parameter >= l.firstRecurrent {
		within, width := parameter-l.firstRecurrent, c.layout.Layers[layer].Neurons
		return layer, within / width, within % width, true
	}
	within := parameter - l.firstInput
	return layer, within / l.channels, within % l.channels, false
}

// Merged implements [Circuit]: the states, the spikes that are still on their way, and
// the output so far.
func (c *LIF) Merged(a, b *Trace, unit int) bool {
	width := c.layout.width
	step := unit / width
	if unit%width == 0 {
		step-- // the state of its step is not there yet
	}
	if step < 0 {
		return true
	}
	if !equal(a.membrane, b.membrane, step*width, (step+1)*width) || !equal(a.current, b.current, step*width, (step+1)*width) {
		return false
	}
	if !equal(a.Spike, b.Spike, max(0, step-c.memory)*width, unit) {
		return false
	}
	for s := range step {
		if !equal(a.output[s], b.output[s], 0, len(a.output[s])) {
			return false
		}
	}
	return true
}

func equal(a, b []float64, first, last int) bool {
	for i := first; i < last; i++ {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
