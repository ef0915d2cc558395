package estimate

import (
	"fmt"
	"math"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// LIF is a [Circuit] of leaky integrate-and-fire neurons over time, the hidden layers of a
// [network.Network] with the equations of [cpuref.LIFForward] in float64. A unit is a neuron at one step.
// The parameters are the weights of the spiking layers in the order and shape of [network.Network.Weights],
// without the readout's: the head replaces the readout.
type LIF struct {
	body
	input    []float64 // [step·channel]
	channels int
	layers   []lifLayer
	memory   int // longest delay or refractory period
}

// lifLayer is how one layer is connected.
type lifLayer struct {
	channels              int // inputs
	delay, recurrentDelay int
	firstInput            int // number of the first input weight
	firstRecurrent        int // of the first recurrent weight, −1 without recurrence
	firstBias             int // of the first bias, −1 without
}

// always are the spikes of the constant input weighted by biases.
var always = []float64{1}

// NewLIF makes the circuit of a network for one sample: input holds the spikes of its channels,
// [step·channel].
func NewLIF(n *network.Network, input []float64, head Head) (*LIF, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	if len(input) != n.Steps*n.Inputs {
		return nil, fmt.Errorf("input of %d values: %d steps of %d channels make %d", len(input), n.Steps, n.Inputs, n.Steps*n.Inputs)
	}
	if n.Learns() {
		return nil, fmt.Errorf("the network has learned constants: circuits are built only from networks whose neurons are alike")
	}
	if err := n.RefuseDelays("circuits are made of networks whose delays are the same in all samples"); err != nil {
		return nil, err
	}
	if err := n.RefusePotentials("circuits are made of layers that spike"); err != nil {
		return nil, err
	}
	if n.Skips() {
		return nil, fmt.Errorf("the network has skip connections: circuits are built only from networks whose layers take input from the layer just below")
	}
	c := &LIF{input: input, channels: n.Inputs}
	var layers []LayerLayout
	var names []string
	name := func(what string, l, rows, columns int) int {
		first := len(names)
		for row := range rows {
			for column := range columns {
				names = append(names, fmt.Sprintf("layer%d.%s[%d][%d]", l, what, row, column))
			}
		}
		return first
	}
	for l := range n.Layers {
		described := &n.Layers[l]
		layer := lifLayer{
			channels: n.Handed(l - 1).Neurons(), delay: described.Delay, recurrentDelay: described.RecurrentDelay, firstRecurrent: -1, firstBias: -1,
		}
		layer.firstInput = name("input", l, described.Neurons, layer.channels)
		c.memory = max(c.memory, layer.delay)
		if described.Recurrent {
			layer.firstRecurrent = name("recurrent", l, described.Neurons, described.Neurons)
			c.memory = max(c.memory, layer.recurrentDelay)
		}
		if described.Bias {
			layer.firstBias = name("bias", l, described.Neurons, 1)
		}
		c.memory = max(c.memory, described.RefractorySteps)
		c.layers = append(c.layers, layer)
		layers = append(layers, LayerLayout{
			Neurons: described.Neurons,
			Neuron:  network.NeuronParameters[float64](described, n.StepLength),
		})
	}
	c.body = newBody(newLayout(n.Steps, layers), head, names)
	return c, nil
}

// NewTrace implements [Circuit].
func (c *LIF) NewTrace() *Trace {
	t := c.newTrace(2 * c.layout.width)
	t.states = make([]cpuref.NeuronState[float64], c.layout.Units())
	t.lost = make([]float64, c.layout.Units())
	t.adjoints = make([]cpuref.NeuronState[float64], c.layout.width)
	return t
}

// below returns the spikes that reach a layer from below at a step.
func (c *LIF) below(t *Trace, layer, step int) []float64 {
	if layer == 0 {
		return c.input[step*c.channels:][:c.channels]
	}
	return rowOf(c, t.Spike, layer-1, step)
}

// rowOf returns the part of an array [unit] that belongs to a layer at a step.
func rowOf[T any](c *LIF, values []T, layer, step int) []T {
	place := &c.layout.Layers[layer]
	return values[step*c.layout.width+place.offset:][:place.Neurons]
}

// Forward implements [Circuit].
func (c *LIF) Forward(t *Trace, parameters []float64, first, last int, decide func(int, float64) float64) {
	for unit := first; unit < last; unit++ {
		if unit%c.layout.width == 0 && unit > 0 {
			for layer := range c.layers {
				c.integrate(t, parameters, layer, unit/c.layout.width-1)
			}
		}
		neuron := &c.layout.layerOf(unit).Neuron
		u := neuron.Potential(&t.states[unit]) - neuron.Threshold
		switch recent := c.recent(t, unit, neuron.Refractory); {
		case recent >= 1:
			u = silent
		case recent > 0:
			u = math.NaN()
		}
		t.Potential[unit] = u
		t.Spike[unit] = decide(unit, u)
	}
}

// silent is the potential of a unit that cannot spike because it is refractory.
var silent = math.Inf(-1)

// recent returns the largest of a neuron's spikes in the given number of steps before a unit: 0 if it can
// spike; between 0 and 1 only with probabilities in place of spikes, for which a refractory period is not
// defined.
func (c *LIF) recent(t *Trace, unit, steps int) (largest float64) {
	for before := unit - c.layout.width; before >= max(0, unit-steps*c.layout.width); before -= c.layout.width {
		largest = max(largest, t.Spike[before])
	}
	return largest
}

// integrate computes the states of a layer at step+1 from those at step, as
// [cpuref.LIFForward] does, with spikes that may be probabilities.
func (c *LIF) integrate(t *Trace, parameters []float64, layer, step int) {
	l, neuron := &c.layers[layer], &c.layout.Layers[layer].Neuron
	neurons := c.layout.Layers[layer].Neurons
	input, recurrent := t.scratch[:neurons], t.scratch[neurons:2*neurons]
	clear(t.scratch[:2*neurons])
	if step >= l.delay {
		addColumns(input, parameters[l.firstInput:], c.below(t, layer, step-l.delay))
	}
	if l.firstBias >= 0 {
		addColumns(recurrent, parameters[l.firstBias:], always)
	}
	if l.firstRecurrent >= 0 && step >= l.recurrentDelay {
		addColumns(recurrent, parameters[l.firstRecurrent:], rowOf(c, t.Spike, layer, step-l.recurrentDelay))
	}
	states, next, lost := rowOf(c, t.states, layer, step), rowOf(c, t.states, layer, step+1), rowOf(c, t.lost, layer, step)
	for n, spike := range rowOf(c, t.Spike, layer, step) {
		next[n] = states[n]
		lost[n] = neuron.Advance(&next[n], input[n]+recurrent[n], 1-spike)
	}
}

// addColumns adds to dst the product of row-major weights, [len(dst)][len(spikes)],
// with spikes, in ascending index; silence costs nothing.
func addColumns(dst, weights, spikes []float64) {
	for i, s := range spikes {
		if s == 0 {
			continue
		}
		for n := range dst {
			dst[n] += float64(weights[n*len(spikes)+i] * s)
		}
	}
}
