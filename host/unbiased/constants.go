package unbiased

import (
	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// learned is a learned constant of a layer: an array of ρ, one per neuron (filter of a
// convolution), or one for all.
type learned struct {
	array
	constant cpuref.Constant
	factor   float64 // see [cpuref.LearnedConstants]
}

// number returns the index of a neuron's number in the array.
func (c *learned) number(l *layer, neuron int) int {
	if c.weight.Rows == 1 {
		return 0
	}
	return neuron / l.positions
}

// setWeights sets the weights of a layer whose constants are learned, [array]: its neurons
// then have them, and traces can be computed.
func (l *layer) setWeights(arrays [][]float32) {
	units := l.neurons / l.positions
	l.rows = make([]float64, cpuref.LearnedRows*cpuref.Stride(units))
	cpuref.FillConstants(l.rows, &l.neuron)
	for i, c := range l.learned {
		rho := make([]float64, cpuref.Stride(units))
		for k, value := range arrays[len(l.connections)+i] {
			rho[k] = float64(value)
		}
		cpuref.LearnedConstants(&cpuref.LearnedConstantsArguments[float64]{
			Rows: l.rows, Learned: rho, Neurons: units, Units: c.weight.Rows, Constant: c.constant, Factor: c.factor,
		}, 0, units)
	}
	l.own = l.own[:0]
	for unit := range units {
		l.own = append(l.own, l.neuron.Own(l.rows, unit))
	}
	for i := range l.connections {
		c := &l.connections[i]
		c.values = resize(c.values, len(arrays[i]))
		for k, value := range arrays[i] { // [column][row]: the weights of a spike are contiguous
			c.values[k%c.weight.Columns*c.weight.Rows+k/c.weight.Columns] = float64(value)
		}
	}
}

// of returns a neuron with its own constants.
func (l *layer) of(neuron int) *cpuref.Neuron[float64] {
	if l.own == nil {
		return &l.neuron
	}
	return &l.own[neuron/l.positions]
}

// receive writes what arrives at the neurons of a layer in a step: h of [cpuref.LIFForward].
func (l *layer) receive(received []float64, h *history, step int) {
	clear(received)
	for i := range l.connections {
		c := &l.connections[i]
		if step < c.delay {
			continue
		}
		c.each(h, step-c.delay, func(source int) {
			if c.window.Dense() && c.positions == 1 {
				for n, w := range c.values[source*c.weight.Rows:][:c.weight.Rows] {
					received[n] += w
				}
				return
			}
			for n := range received {
				if column, reaches := c.column(c.position(n), source); reaches {
					received[n] += c.values[column*c.weight.Rows+n/c.positions]
				}
			}
		})
	}
}

// tracer computes the traces of learned constants; it is used by one goroutine.
type tracer struct {
	states   []cpuref.NeuronState[float64]      // [neuron]
	tangents []cpuref.ConstantTangents[float64] // [neuron]
	received []float64                          // [neuron]
	traces   []float64                          // [step·neuron·learned]
}

// trace computes ∂u_k/∂ρ of the units of a layer in one presentation with respect to each of
// its learned constants, all spikes held, [step·neuron·learned]: forwards in time, along with
// the states of the neurons, which follow from spikes and weights. It is nil if nothing is
// learned.
func (t *tracer) trace(l *layer, h *history) []float64 {
	if len(l.learned) == 0 {
		return nil
	}
	steps, count := len(h.rows), len(l.learned)
	t.states, t.tangents = resize(t.states, l.neurons), resize(t.tangents, l.neurons)
	t.received, t.traces = resize(t.received, l.neurons), resize(t.traces, steps*l.neurons*count)
	clear(t.states)
	clear(t.tangents)
	for step := range steps {
		l.receive(t.received, h, step)
		for n := range l.neurons {
			neuron, unit := l.of(n), n/l.positions
			for i, c := range l.learned {
				t.traces[(step*l.neurons+n)*count+i] = t.tangents[n].Potential(neuron, &t.states[n], c.constant, l.rows, unit)
			}
			gate := h.gate(l.number, step, n)
			t.tangents[n].Advance(neuron, &t.states[n], gate, l.rows, unit)
			neuron.Advance(&t.states[n], t.received[n], gate)
		}
	}
	return t.traces
}

// tracesOf returns those of a unit, [learned], from the result of [tracer.trace].
func (l *layer) tracesOf(traces []float64, step, neuron int) []float64 {
	count := len(l.learned)
	return traces[(step*l.neurons+neuron)*count:][:count]
}

// addTraces adds factor·∂u_k/∂ρ of a unit of a neuron to gradient, [weight of the layer].
func (l *layer) addTraces(gradient []float64, neuron int, factor float64, traces []float64) {
	for i := range l.learned {
		c := &l.learned[i]
		gradient[c.first+c.number(l, neuron)] += float64(factor * traces[i])
	}
}

// newLearned lists the learned constants of a layer; arrays are those of their ρ.
func newLearned(described *network.Layer, stepLength float64, arrays []network.Weight, first int) []learned {
	var list []learned
	for i, name := range described.Learned() {
		list = append(list, learned{
			array: array{arrays[i], first}, constant: network.Constants.Number(name),
			factor: network.ConstantFactor[float64](described, name, stepLength),
		})
		first += arrays[i].Rows
	}
	return list
}
