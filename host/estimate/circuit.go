package estimate

import (
	"spikegrad/cpuref"
)

// Circuit is a network of binary stochastic units in causal order. A circuit is
// immutable: any number of goroutines may use it, each with its own traces.
type Circuit interface {
	// Layout returns where the units are and how they decide on spikes.
	Layout() *Layout
	// Parameters returns the names of the parameters: those of the units, then those
	// of the head.
	Parameters() []string
	// UnitParameters returns how many of them belong to the units.
	UnitParameters() int
	// NewTrace makes a trace that fits the circuit.
	NewTrace() *Trace

	// Forward runs the units first ≤ unit < last of a trace in order: it computes the
	// potential u (minus the threshold) of each from the spikes of all earlier units,
	// calls decide for the spike and stores both. Spikes may be any number: a
	// mean-field model uses probabilities.
	Forward(t *Trace, parameters []float64, first, last int, decide func(unit int, u float64) float64)
	// Loss returns the loss of a complete trace.
	Loss(t *Trace, parameters []float64) float64
	// Backward adds to gradient a derivative of the loss. Units are visited in reverse
	// order; pass gets a unit and the derivative of the loss with respect to its
	// spike, as far as later units have passed it on, and returns the derivative with
	// respect to its potential. With differentiateReset, spikes also affect the loss
	// through the resets that they cause; otherwise resets are constants.
	Backward(t *Trace, parameters []float64, differentiateReset bool, pass func(unit int, spikeAdjoint float64) float64, gradient []float64)
	// BackwardHead adds to gradient the derivative of the loss with all spikes held:
	// nothing unless the head has parameters.
	BackwardHead(t *Trace, parameters []float64, gradient []float64)
	// Tangent writes to potential the derivative of every unit's potential with
	// respect to one parameter of the units, with all spikes held fixed.
	Tangent(t *Trace, parameter int, potential []float64)
	// Merged reports whether two traces agree in everything that matters for the units
	// from unit on and for the loss, given the same noise.
	Merged(a, b *Trace, unit int) bool
}

// Layout is where the units of a circuit are: in step-major order, layer by layer
// from the input upwards, neuron by neuron.
type Layout struct {
	Steps  int
	Layers []LayerLayout
	width  int   // units per step
	owner  []int // [unit of a step]: its layer
}

// LayerLayout is one layer of units.
type LayerLayout struct {
	Neurons int
	Neuron  cpuref.Neuron[float64] // noise and surrogate
	offset  int                    // of its first neuron in a step
}

// newLayout makes the layout of the given layers.
func newLayout(steps int, layers []LayerLayout) Layout {
	layout := Layout{Steps: steps, Layers: layers}
	for l := range layers {
		layers[l].offset = layout.width
		layout.width += layers[l].Neurons
		for range layers[l].Neurons {
			layout.owner = append(layout.owner, l)
		}
	}
	return layout
}

// Units returns the number of binary units.
func (l *Layout) Units() int { return l.Steps * l.width }

// Place returns the step, layer and neuron of a unit.
func (l *Layout) Place(unit int) (step, layer, neuron int) {
	within := unit % l.width
	layer = l.owner[within]
	return unit / l.width, layer, within - l.Layers[layer].offset
}

// Unit returns the number of a unit.
func (l *Layout) Unit(step, layer, neuron int) int {
	return step*l.width + l.Layers[layer].offset + neuron
}

// layerOf returns the layer of a unit.
func (l *Layout) layerOf(unit int) *LayerLayout { return &l.Layers[l.owner[unit%l.width]] }
