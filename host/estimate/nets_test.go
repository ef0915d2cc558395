package estimate

import (
	"fmt"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// values returns numbers from −1 to 1, the same in every test run.
func values(n int, array uint32) []float64 {
	list := make([]float64, n)
	for i := range list {
		words := cpuref.Philox([2]uint32{1, uint32(cpuref.StreamInitial)}, [4]uint32{uint32(i), array, 0, 0})
		list[i] = 2*cpuref.Uniform[float64](words[0]) - 1
	}
	return list
}

func sigmoidNoise(beta float64) network.Noise { return network.Noise{Kind: "sigmoid", Beta: beta} }

// perceptronProblem returns a perceptron whose units are all undecided.
func perceptronProblem(t *testing.T, inputs int, layers []int, beta float64, head Head) Problem {
	t.Helper()
	input := values(inputs, 7)
	for i := range input {
		input[i] = 1 + input[i]/2
	}
	input[inputs-1] *= -1 // so that growing weights can make spikes rarer as well as likelier
	circuit, err := NewPerceptron(PerceptronOptions{Input: input, Layers: layers, Noise: sigmoidNoise(beta), Bias: true, Head: head})
	if err != nil {
		t.Fatal(err)
	}
	return Problem{Circuit: circuit, Parameters: circuit.Undecided(8, beta), Seed: 11}
}

// lifCase varies what a spike can affect.
type lifCase struct {
	name           string
	neuron         string
	reset          string
	neurons        []int
	steps          int
	delay          int
	recurrentDelay int
	noise          network.Noise
	weights        uint32 // selects the numbers for the weights
	bias           bool
}

func lifCases() []lifCase {
	return []lifCase{
		{"four steps", "lif", "multiplicative", []int{3}, 4, 0, 0, sigmoidNoise(1), 9, false},
		{"four steps, membrane only", "lif", "membrane_only", []int{3}, 4, 0, 0, sigmoidNoise(2), 9, false},
		{"four steps, exponential", "lif", "multiplicative", []int{3}, 4, 0, 0, network.Noise{Kind: "exponential", P0: 0.3, DeltaU: 1}, 9, false},
		{"four steps, hazard", "lif", "subtractive", []int{3}, 4, 0, 0, network.Noise{Kind: "hazard", Rate: 800, DeltaU: 0.7}, 9, false},
		{"delays", "lif", "multiplicative", []int{2}, 8, 1, 1, sigmoidNoise(2), 9, false},
		{"two layers, membrane only", "lif", "membrane_only", []int{2, 1}, 6, 0, 0, sigmoidNoise(2), 9, false},
		{"two layers, subtractive", "lif", "subtractive", []int{1, 2}, 6, 0, 0, sigmoidNoise(5), 37, false},
		{"two layers, delays", "lif", "multiplicative", []int{1, 1}, 9, 1, 2, sigmoidNoise(2), 9, false},
		{"steep, subtractive", "lif", "subtractive", []int{2}, 7, 0, 0, sigmoidNoise(10), 9, false},
		{"no current", "lif_delta", "multiplicative", []int{2}, 6, 0, 1, sigmoidNoise(2), 9, false},
		{"two layers, no current, membrane only", "lif_delta", "membrane_only", []int{1, 2}, 5, 1, 0, sigmoidNoise(2), 9, false},
		{"no current, subtractive", "lif_delta", "subtractive", []int{2}, 6, 0, 0, sigmoidNoise(2), 9, false},
		{"no leak, subtractive", "if", "subtractive", []int{2}, 6, 0, 0, sigmoidNoise(2), 9, false},
		{"no leak, two layers", "if", "multiplicative", []int{1, 2}, 5, 0, 1, sigmoidNoise(2), 9, false},
		{"adaptive", "adaptive", "subtractive", []int{2}, 6, 0, 0, sigmoidNoise(2), 9, false},
		{"adaptive, two layers", "adaptive", "multiplicative", []int{1, 1}, 9, 0, 1, sigmoidNoise(2), 9, false},
		{"steepest", "lif", "multiplicative", []int{2}, 8, 0, 0, sigmoidNoise(20), 26, false},
		{"biases", "lif", "multiplicative", []int{2}, 6, 1, 0, sigmoidNoise(2), 9, true},
		{"two layers, biases, no current, subtractive", "lif_delta", "subtractive", []int{1, 2}, 5, 0, 1, sigmoidNoise(2), 9, true},
	}
}

// parsed parses the name of a parameter: the array and the weight's place in it.
func (c *LIF) parsed(t *testing.T, parameter int) (layer int, what string, to, source int) {
	t.Helper()
	text := strings.NewReplacer("layer", "", ".", " ", "[", " ", "]", "").Replace(c.names[parameter])
	if _, err := fmt.Sscan(text, &layer, &what, &to, &source); err != nil {
		t.Fatalf("parameter %q: %v", c.names[parameter], err)
	}
	return layer, what, to, source
}

// lifNetwork returns a recurrent network of neurons fast enough to affect each other within
// a few steps.
func lifNetwork(c lifCase, inputs int) *network.Network {
	n := &network.Network{Inputs: inputs, Classes: 2, Steps: c.steps, StepLength: 0.001, Readout: network.DefaultReadout()}
	for _, neurons := range c.neurons {
		layer := network.DefaultLayer()
		layer.Neurons, layer.Neuron, layer.Reset, layer.Noise = neurons, c.neuron, c.reset, c.noise
		layer.Delay, layer.RecurrentDelay = c.delay, c.recurrentDelay
		layer.TauMembrane, layer.TauSynapse, layer.Bias, layer.Surrogate.Kind = 0.001, 0.0003, c.bias, network.Matched
		layer.TauAdaptation, layer.Adaptation = 0.003, 0.4
		n.Layers = append(n.Layers, layer)
	}
	return n
}

// lifProblem returns a network with constant input whose potentials come close to
// threshold, and a target that it misses.
func lifProblem(t *testing.T, c lifCase) Problem {
	t.Helper()
	const inputs = 2
	n := lifNetwork(c, inputs)
	input := make([]float64, c.steps*inputs)
	for i := range input {
		input[i] = 1
	}
	target := make([][]float64, c.steps)
	for step := range target {
		target[step] = make([]float64, c.neurons[len(c.neurons)-1])
		for k := range target[step] {
			target[step][k] = float64((step + k) % 2)
		}
	}
	circuit, err := NewLIF(n, input, SquaredDifference{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	parameters := values(len(circuit.Parameters()), c.weights)
	for i := range parameters {
		layer, what, _, _ := circuit.parsed(t, i)
		switch {
		case what == "recurrent":
			parameters[i] *= 1.2
		case what == "bias":
			parameters[i] *= 0.4
		case layer == 0:
			parameters[i] = 0.75 + 0.15*parameters[i]
		default:
			parameters[i] = 1.4 + 0.3*parameters[i]
		}
	}
	return Problem{Circuit: circuit, Parameters: parameters, Seed: 12}
}
