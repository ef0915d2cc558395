package estimate

import "spikegrad/cpuref"

// Trace is one trial of a circuit, and working memory. The slices are [unit].
type Trace struct {
	Noise     []float64 // ξ in (0, 1)
	Critical  []float64 // the potential at which p is ξ: the unit fires above it
	Spike     []float64 // 0 or 1, or a probability in a mean-field model
	Potential []float64 // minus the threshold

	// LIF only, [step·neuron of all layers]: states when a step begins, and what a spike in it
	// removes.
	states []cpuref.NeuronState[float64]
	lost   []float64
	// [neuron of all layers]: adjoints of the states in a backward pass; LIF only.
	adjoints []cpuref.NeuronState[float64]

	output        [][]float64 // [step][neuron]: the part of Spike that belongs to the last layer
	adjoint       []float64   // [unit]: derivative of the loss with respect to spikes
	outputAdjoint [][]float64 // the part of adjoint that belongs to the last layer
	scratch       []float64
}

// copyBefore copies everything of from before a unit to t, which can then be run from there; both
// must be of the same circuit.
func (t *Trace) copyBefore(from *Trace, unit, width int) {
	copy(t.Spike[:unit], from.Spike)
	copy(t.Potential[:unit], from.Potential)
	if t.states != nil { // those of all neurons when the unit's step begins
		end := unit - unit%width + width
		copy(t.states[:end], from.states)
		copy(t.lost[:end], from.lost)
	}
}

// body is what all circuits have: a layout, a head, and the names of the parameters.
type body struct {
	layout Layout
	head   Head
	names  []string
	own    int // parameters of the units
}

func newBody(layout Layout, head Head, names []string) body {
	return body{layout: layout, head: head, own: len(names), names: append(names, head.Parameters()...)}
}

// Layout implements [Circuit].
func (c *body) Layout() *Layout { return &c.layout }

// Parameters implements [Circuit].
func (c *body) Parameters() []string { return c.names }

// UnitParameters implements [Circuit].
func (c *body) UnitParameters() int { return c.own }

// newTrace makes the part common to all traces.
func (c *body) newTrace(scratch int) *Trace {
	units := c.layout.Units()
	t := &Trace{
		Noise: make([]float64, units), Critical: make([]float64, units),
		Spike: make([]float64, units), Potential: make([]float64, units),
		adjoint: make([]float64, units), scratch: make([]float64, scratch),
	}
	last := &c.layout.Layers[len(c.layout.Layers)-1]
	for step := range c.layout.Steps {
		first := step*c.layout.width + last.offset
		t.output = append(t.output, t.Spike[first:first+last.Neurons])
		t.outputAdjoint = append(t.outputAdjoint, t.adjoint[first:first+last.Neurons])
	}
	return t
}

// Loss implements [Circuit].
func (c *body) Loss(t *Trace, parameters []float64) float64 {
	return c.head.Loss(parameters[c.own:], t.output)
}

// BackwardHead implements [Circuit].
func (c *body) BackwardHead(t *Trace, parameters []float64, gradient []float64) {
	if c.own < len(c.names) {
		c.head.Backward(parameters[c.own:], t.output, nil, gradient[c.own:])
	}
}

// startBackward sets the adjoint of the spikes to that from the head.
func (c *body) startBackward(t *Trace, parameters []float64, gradient []float64) {
	clear(t.adjoint)
	c.head.Backward(parameters[c.own:], t.output, t.outputAdjoint, gradient[c.own:])
}
