package unbiased

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spikegrad/host/network"
	"spikegrad/host/unbiased/exact"
)

// layersFor gives layers the weights of a network.
func layersFor(n *network.Network, weights [][]float32) []layer {
	layers := newLayers(n)
	for l := range layers {
		count := len(layers[l].arrays())
		if len(layers[l].learned) > 0 {
			layers[l].setWeights(weights[:count])
		}
		weights = weights[count:]
	}
	return layers
}

// historyOfPattern returns the presentation with a pattern of spikes.
func historyOfPattern(n *network.Network, p *exact.Pattern) *history {
	h := history{rows: p.Rows, index: p.Index, spikes: p.Spikes, membrane: p.Membrane}
	for _, l := range n.Layers {
		h.words, h.neurons = append(h.words, 1), append(h.neurons, l.Neurons)
	}
	return &h
}

// Every constant and every neuron model is in a case: a new one needs traces, or must be
// rejected.
func TestLearnedCasesCoverEveryConstant(t *testing.T) {
	var constants, neurons []string
	for _, c := range exact.LearnedCases() {
		for _, l := range c.Network(t).Layers {
			constants, neurons = append(constants, l.Learn...), append(neurons, l.Neuron)
		}
	}
	for _, name := range network.Constants.List() {
		if !slices.Contains(constants, name) {
			t.Errorf("no case learns %s", name)
		}
	}
	for _, name := range network.Neurons.List() {
		if !slices.Contains(neurons, name) {
			t.Errorf("no case has the neuron %s", name)
		}
	}
}

// Traces are the derivatives of potentials with all spikes held, computed in dual numbers,
// and scores those of the log-probability of spikes: summed over all spike patterns,
// weighted by probability and loss, they are the gradient of the expected loss, without any
// noise.
func TestTraces(t *testing.T) {
	filters := exact.Case{Name: "two filters", Source: exact.NewSource(1, 4, 2, 7, 0.7), Layers: 1, LossKind: "last_step", Change: func(_ int, l *network.Layer) {
		l.Kind, l.Filters, l.Kernel, l.Stride, l.RecurrentKernel, l.Padding, l.Bias = "conv1d", 2, 3, 2, 3, 1, true
		l.Learn = []string{"tau_membrane", "tau_synapse", "threshold"}
	}}
	for _, c := range append(exact.LearnedCases(), filters) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			n := c.Network(t)
			weights := exact.Weights(n)
			layers, d := layersFor(n, weights), exact.NewDualNet(n, weights)
			units := 0
			for _, l := range n.Layers {
				units += n.Steps * l.Neurons
			}
			every := 1<<units/256 + 1
			var trace tracer
			compared := 0.0
			for l := range layers {
				for i := range layers[l].learned {
					constant := &layers[l].learned[i]
					for j := range d.Numbers[constant.weight.Name] {
						d.Numbers[constant.weight.Name][j].D = 1
						d.PatternsOf(weights, c.Source, 0, every, func(p *exact.Pattern) {
							traces := trace.trace(&layers[l], historyOfPattern(n, p))
							for neuron, steps := range p.Potentials[l] {
								for step, u := range steps {
									got := layers[l].tracesOf(traces, step, neuron)[i] * layers[l].of(neuron).Steepness
									if constant.number(&layers[l], neuron) != j {
										got = 0
									}
									compared = max(compared, math.Abs(u.D))
									if math.Abs(got-u.D) > 1e-9 {
										t.Fatalf("%s, number %d: u of neuron %d at step %d by %.12g, by dual numbers %.12g", constant.weight.Name, j, neuron, step, got, u.D)
									}
								}
							}
						})
						d.Numbers[constant.weight.Name][j].D = 0
					}
				}
			}
			if compared < 0.1 {
				t.Errorf("the largest trace is %g: nothing was compared", compared)
			}
		})
	}
}

// Scores, summed over all spike patterns, weighted by probability and loss, are the gradient
// of the expected loss by dual numbers, without any noise.
func TestScoresExact(t *testing.T) {
	for _, c := range exact.LearnedCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			n := c.Network(t)
			weights := exact.Weights(n)
			loss, exactly := exact.DualGradient(n, weights, c.Source)
			layers, d := layersFor(n, weights), exact.NewDualNet(n, weights)
			response := make([]float64, n.Steps)
			var trace tracer
			got := make([][]float64, len(layers))
			for l := range layers {
				got[l] = make([]float64, layers[l].weights)
			}
			for sample := range c.Source.Spikes {
				d.PatternsOf(weights, c.Source, sample, 1, func(p *exact.Pattern) {
					h := historyOfPattern(n, p)
					for l := range layers {
						layers[l].addScore(got[l], h, p.Chance.V*(p.Loss-loss)/float64(len(c.Source.Spikes)), response, &trace)
					}
				})
			}
			for l := range layers {
				length := floats.Norm(exactly[l], 2)
				for i, want := range exactly[l] {
					if math.Abs(got[l][i]-want) > 1e-6*length { // potentials are recorded in float32
						t.Errorf("layer %d, weight %d: %.9f, by dual numbers %.9f", l, i, got[l][i], want)
					}
				}
				for _, a := range layers[l].learned {
					if part := exactly[l][a.first:][:a.size()]; floats.Norm(part, 2) < 1e-4*length {
						t.Errorf("layer %d, %s hardly matters: %v of %g", l, a.weight.Name, part, length)
					}
				}
			}
		})
	}
}
