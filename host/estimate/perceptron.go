package estimate

import (
	"fmt"
	"math"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// Perceptron is a [Circuit] of layers of binary units that are decided once:
//
//	u = Σ w·S_below (+ b) − θ,  S = 1 with probability p(u)
//
// The parameters are, layer by layer, the weights [neuron][input] and then, if there
// are biases, the biases [neuron].
type Perceptron struct {
	body
	input  []float64
	bias   bool
	theta  float64
	first  []int // [layer]: number of its first parameter
	widths []int // [layer]: inputs per neuron
}

// PerceptronOptions describe a perceptron.
type PerceptronOptions struct {
	Input     []float64 // the values of the input
	Layers    []int     // units of each layer
	Noise     network.Noise
	Bias      bool // every unit has a bias that is a parameter
	Threshold float64
	Head      Head
}

// NewPerceptron makes the circuit.
func NewPerceptron(o PerceptronOptions) (*Perceptron, error) {
	if len(o.Input) == 0 || len(o.Layers) == 0 {
		return nil, fmt.Errorf("a perceptron of %d inputs and %d layers: at least one of each is needed", len(o.Input), len(o.Layers))
	}
	if network.Noises.Find(o.Noise.Kind) == nil {
		return nil, fmt.Errorf("noise %q is unknown; want one of %s", o.Noise.Kind, network.Noises.Names())
	}
	c := &Perceptron{input: o.Input, bias: o.Bias, theta: o.Threshold}
	var layers []LayerLayout
	var names []string
	width := len(o.Input)
	for l, neurons := range o.Layers {
		if neurons < 1 {
			return nil, fmt.Errorf("layer %d of a perceptron has %d units: at least one is needed", l, neurons)
		}
		c.first = append(c.first, len(names))
		c.widths = append(c.widths, width)
		layers = append(layers, LayerLayout{Neurons: neurons, Neuron: noiseOf(o.Noise)})
		for n := range neurons {
			for i := range width {
				names = append(names, fmt.Sprintf("layer%d.input[%d][%d]", l, n, i))
			}
		}
		if o.Bias {
			for n := range neurons {
				names = append(names, fmt.Sprintf("layer%d.bias[%d]", l, n))
			}
		}
		width = neurons
	}
	c.body = newBody(newLayout(1, layers), o.Head, names)
	return c, nil
}

// Undecided draws parameters under which no unit is certain: weights of about 2/√β, and
// biases that bring the potentials near threshold when half of the units below fire.
// The head's parameters, if any, are between −1 and 1.
func (c *Perceptron) Undecided(seed uint32, beta float64) []float64 {
	key := [2]uint32{seed, uint32(cpuref.StreamInitial)}
	values := make([]float64, len(c.names))
	for i := range values {
		words := cpuref.Philox(key, [4]uint32{uint32(i), 0, 0, 0})
		values[i] = float64(2*cpuref.Uniform[float64](words[0])) - 1
	}
	steepness := math.Sqrt(beta)
	for layer := range c.layout.Layers {
		for n := range c.layout.Layers[layer].Neurons {
			centre := -c.theta
			for i := range c.widths[layer] {
				weight := &values[c.weightsOf(layer, n)+i]
				*weight = math.Copysign(0.4+float64(0.6*math.Abs(*weight)), *weight) * 2 / steepness
				if layer == 0 {
					centre += float64(*weight * c.input[i])
				} else {
					centre += *weight / 2
				}
			}
			if c.bias {
				bias := &values[c.biasOf(layer, n)]
				*bias = *bias/4 - centre
			}
		}
	}
	return values
}

// NewTrace implements [Circuit].
func (c *Perceptron) NewTrace() *Trace { return c.newTrace(0) }

// below returns a layer's input: the circuit's own or spikes.
func (c *Perceptron) below(t *Trace, layer int) []float64 {
	if layer == 0 {
		return c.input
	}
	from := &c.layout.Layers[layer-1]
	return t.Spike[from.offset:][:from.Neurons]
}

// biasOf returns the number of a neuron's bias.
func (c *Perceptron) biasOf(layer, neuron int) int {
	return c.first[layer] + c.layout.Layers[layer].Neurons*c.widths[layer] + neuron
}

// weightsOf returns the number of a neuron's first weight.
func (c *Perceptron) weightsOf(layer, neuron int) int {
	return c.first[layer] + neuron*c.widths[layer]
}

// Forward implements [Circuit].
func (c *Perceptron) Forward(t *Trace, parameters []float64, first, last int, decide func(int, float64) float64) {
	for unit := first; unit < last; unit++ {
		_, layer, neuron := c.layout.Place(unit)
		weights := parameters[c.weightsOf(layer, neuron):]
		u := -c.theta
		if c.bias {
			u += parameters[c.biasOf(layer, neuron)]
		}
		for i, x := range c.below(t, layer) {
			u += float64(weights[i] * x)
		}
		t.Potential[unit] = u
		t.Spike[unit] = decide(unit, u)
	}
}

// Backward implements [Circuit]. There are no resets.
func (c *Perceptron) Backward(t *Trace, parameters []float64, _ bool, pass func(int, float64) float64, gradient []float64) {
	c.startBackward(t, parameters, gradient)
	for unit := c.layout.Units() - 1; unit >= 0; unit-- {
		potential := pass(unit, t.adjoint[unit])
		if potential == 0 {
			continue
		}
		_, layer, neuron := c.layout.Place(unit)
		first := c.weightsOf(layer, neuron)
		for i, x := range c.below(t, layer) {
			gradient[first+i] += float64(potential * x)
		}
		if layer > 0 {
			below := t.adjoint[c.layout.Layers[layer-1].offset:]
			for i := range c.widths[layer] {
				below[i] += float64(parameters[first+i] * potential)
			}
		}
		if c.bias {
			gradient[c.biasOf(layer, neuron)] += potential
		}
	}
}

// Tangent implements [Circuit].
func (c *Perceptron) Tangent(t *Trace, parameter int, potential []float64) {
	clear(potential)
	layer := 0
	for layer+1 < len(c.first) && c.first[layer+1] <= parameter {
		layer++
	}
	within, width := parameter-c.first[layer], c.widths[layer]
	offset, neurons := c.layout.Layers[layer].offset, c.layout.Layers[layer].Neurons
	if within < neurons*width {
		potential[offset+within/width] = c.below(t, layer)[within%width]
		return
	}
	potential[offset+within-neurons*width] = 1
}

// Merged implements [Circuit]: only the layer below the unit and the units before it in
// its own layer matter.
func (c *Perceptron) Merged(a, b *Trace, unit int) bool {
	last := len(c.layout.Layers) - 1
	if unit < c.layout.Units() {
		_, last, _ = c.layout.Place(unit)
		last--
	}
	from := 0
	if last >= 0 {
		from = c.layout.Layers[last].offset
	}
	for k := from; k < unit; k++ {
		if a.Spike[k] != b.Spike[k] {
			return false
		}
	}
	return true
}
