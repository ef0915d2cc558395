package audit

import (
	"math"
	"slices"
	"testing"

	"spikegrad/host/network"
)

// learnedCases are tiny nets whose neurons learn constants, with every kind of neuron and
// reset, per neuron, filter and layer.
func learnedCases() []exactCase {
	return []exactCase{
		{"lif", newFixed(1, 2, 2, 5, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Learn = 2, []string{"tau_membrane", "tau_synapse", "threshold"}
		}, "max_over_time"},
		{"lif, subtractive, per layer", newFixed(1, 2, 2, 5, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset, l.Learn, l.LearnPer, l.Bias = 2, "subtractive", []string{"tau_membrane", "threshold"}, "layer", true
		}, "last_step"},
		{"adaptive", newFixed(1, 2, 2, 5, 0.9), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset, l.TauAdaptation, l.Adaptation = 2, "adaptive", "subtractive", 0.003, 0.5
			l.Learn = []string{"tau_membrane", "tau_synapse", "threshold", "tau_adaptation", "adaptation"}
		}, "max_over_time"},
		{"adaptive, two layers", newFixed(1, 2, 2, 4, 0.8), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Neuron, l.TauAdaptation, l.Adaptation, l.Recurrent = 1+number, "lif_delta", 0.002, 0.7, false
			if l.Learn, l.LearnPer = []string{"threshold"}, "layer"; number == 1 {
				l.Neuron, l.Reset, l.Learn, l.TauMembrane = "adaptive", "membrane_only", []string{"tau_membrane", "adaptation"}, 0.0007
			}
		}, "counts"},
		{"lif_delta", newFixed(1, 2, 2, 5, 0.7), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset, l.Learn = 2, "lif_delta", "membrane_only", []string{"tau_membrane", "threshold"}
		}, "max_over_time"},
		{"lif_delta, multiplicative", newFixed(1, 2, 2, 5, 0.7), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Learn = 2, "lif_delta", []string{"tau_membrane"}
		}, "max_over_time"},
		{"noise_beta", newFixed(1, 2, 2, 5, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset, l.Learn = 2, "subtractive", []string{"noise_beta", "threshold", "tau_membrane"}
			l.Noise, l.Surrogate = network.Noise{Kind: "sigmoid", Beta: 3}, network.Surrogate{Kind: network.Matched}
		}, "max_over_time"},
		{"if", newFixed(1, 2, 2, 5, 0.7), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset, l.Learn = 2, "if", "subtractive", []string{"threshold"}
		}, "max_over_time"},
		{"convolution", newFixed(1, 3, 2, 5, 0.5), 1, func(_ int, l *network.Layer) {
			l.Kind, l.Filters, l.Kernel, l.Stride, l.RecurrentKernel, l.Bias = "conv1d", 1, 2, 1, 3, true
			l.Neuron, l.Reset, l.Learn = "lif_delta", "subtractive", []string{"tau_membrane", "threshold"}
		}, "last_step"},
	}
}

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

// Every constant and every neuron is in a case: a new one needs traces, or a refusal.
func TestLearnedCasesCoverEveryConstant(t *testing.T) {
	var constants, neurons []string
	for _, c := range learnedCases() {
		for _, l := range c.network(t).Layers {
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

// Traces are the derivatives of potentials with all spikes held, in dual numbers, and scores
// those of the log-probability of spikes: summed over all patterns of spikes with their
// probabilities and losses they are the gradient of the expected loss, with no noise in
// between.
func TestTraces(t *testing.T) {
	filters := exactCase{"two filters", newFixed(1, 4, 2, 7, 0.7), 1, func(_ int, l *network.Layer) {
		l.Kind, l.Filters, l.Kernel, l.Stride, l.RecurrentKernel, l.Padding, l.Bias = "conv1d", 2, 3, 2, 3, 1, true
		l.Learn = []string{"tau_membrane", "tau_synapse", "threshold"}
	}, "last_step"}
	for _, c := range append(learnedCases(), filters) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := c.network(t)
			weights := weightsFor(n)
			layers, d := layersFor(n, weights), newDualNet(n, weights)
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
					for j := range d.numbers[constant.weight.Name] {
						d.numbers[constant.weight.Name][j].d = 1
						d.patternsOf(weights, c.source, 0, every, func(p *pattern) {
							traces := trace.trace(&layers[l], &p.history)
							for neuron, steps := range p.potentials[l] {
								for step, u := range steps {
									got := layers[l].tracesOf(traces, step, neuron)[i] * layers[l].of(neuron).Steepness
									if constant.number(&layers[l], neuron) != j {
										got = 0
									}
									compared = max(compared, math.Abs(u.d))
									if math.Abs(got-u.d) > 1e-9 {
										t.Fatalf("%s, number %d: u of neuron %d at step %d by %.12g, by dual numbers %.12g", constant.weight.Name, j, neuron, step, got, u.d)
									}
								}
							}
						})
						d.numbers[constant.weight.Name][j].d = 0
					}
				}
			}
			if compared < 0.1 {
				t.Errorf("the largest trace is %g: nothing was compared", compared)
			}
		})
	}
}

// Scores, summed over all patterns of spikes with their probabilities and losses, are the
// gradient of the expected loss by dual numbers: no noise comes in between.
func TestScoresExact(t *testing.T) {
	for _, c := range learnedCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := c.network(t)
			weights := weightsFor(n)
			loss, exact := dualEnumerated(n, weights, c.source)
			layers, d := layersFor(n, weights), newDualNet(n, weights)
			response := make([]float64, n.Steps)
			var trace tracer
			got := make([][]float64, len(layers))
			for l := range layers {
				got[l] = make([]float64, layers[l].weights)
			}
			for sample := range c.source.spikes {
				d.patternsOf(weights, c.source, sample, 1, func(p *pattern) {
					for l := range layers {
						layers[l].addScore(got[l], &p.history, p.chance.v*(p.loss-loss)/float64(len(c.source.spikes)), response, &trace)
					}
				})
			}
			for l := range layers {
				length := math.Sqrt(dot(exact[l], exact[l]))
				for i, want := range exact[l] {
					if math.Abs(got[l][i]-want) > 1e-6*length { // potentials are recorded in float32
						t.Errorf("layer %d, weight %d: %.9f, by dual numbers %.9f", l, i, got[l][i], want)
					}
				}
				for _, a := range layers[l].learned {
					if part := exact[l][a.first:][:a.size()]; math.Sqrt(dot(part, part)) < 1e-4*length {
						t.Errorf("layer %d, %s hardly matters: %v of %g", l, a.weight.Name, part, length)
					}
				}
			}
		})
	}
}
