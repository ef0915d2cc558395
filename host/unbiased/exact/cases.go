package exact

import (
	"testing"

	"spikegrad/host/network"
)

// Case is a net that can be enumerated.
type Case struct {
	Name     string
	Source   *Source
	Layers   int
	Change   func(number int, l *network.Layer)
	LossKind string
}

// Network returns that of a case.
func (c *Case) Network(t *testing.T) *network.Network {
	n := Network(t, c.Source, c.Layers, c.Change)
	n.Readout.Loss = c.LossKind
	if c.LossKind == "counts" {
		n.Readout.Kind = "spikes"
	}
	return n
}

// Cases returns nets without learned constants: with every neuron, reset, noise and
// geometry.
func Cases() []Case {
	return []Case{
		{"multiplicative", NewSource(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) { l.Neurons = 3 }, "max_over_time"},
		{"membrane only, exponential", NewSource(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset = 3, "membrane_only"
			l.Noise = network.Noise{Kind: "exponential", P0: 0.4, DeltaU: 0.8}
		}, "last_step"},
		{"subtractive, hazard, delays", NewSource(2, 2, 2, 8, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset, l.Delay, l.RecurrentDelay = 2, "subtractive", 1, 2
			l.Noise = network.Noise{Kind: "hazard", Rate: 600, DeltaU: 0.8}
		}, "max_over_time"},
		{"no synaptic current", NewSource(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.RecurrentDelay = 2, "lif_delta", 1
		}, "max_over_time"},
		{"no synaptic current, two layers, membrane only", NewSource(2, 2, 2, 5, 0.9), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset = 1+number, "lif_delta", "membrane_only"
		}, "counts"},
		{"no leak, subtractive", NewSource(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset = 2, "if", "subtractive"
		}, "max_over_time"},
		{"adaptive, subtractive", NewSource(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset, l.TauAdaptation, l.Adaptation = 2, "adaptive", "subtractive", 0.003, 0.5
		}, "max_over_time"},
		{"two layers", NewSource(2, 2, 2, 6, 0.9), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Recurrent = 1+number, number == 1
		}, "counts"},
		{"two layers, delays, spiking output", NewSource(2, 3, 2, 6, 0.9), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Delay, l.Recurrent = 1+number, number, number == 0
		}, "counts"},
		{"convolution", NewSource(2, 4, 2, 4, 0.7), 1, func(_ int, l *network.Layer) {
			l.Kind, l.Filters, l.Kernel, l.Stride, l.RecurrentKernel = "conv1d", 2, 3, 1, 3
		}, "max_over_time"},
		{"convolution, stride and padding, then dense", NewSource(2, 3, 2, 4, 0.8), 2, func(number int, l *network.Layer) {
			if number == 0 {
				l.Kind, l.Filters, l.Kernel, l.Stride, l.Padding, l.RecurrentKernel = "conv1d", 1, 3, 2, 1, 3
				return
			}
			l.Neurons = 2
		}, "counts"},
		{"refractory", NewSource(2, 2, 2, 7, 0.9), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset, l.RefractorySteps = 2, "subtractive", 2
		}, "max_over_time"},
		{"refractory, adaptive, two layers", NewSource(2, 2, 2, 6, 0.9), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Neuron, l.TauAdaptation, l.Adaptation = 1+number, "adaptive", 0.003, 0.2
			l.Recurrent, l.RefractorySteps = number == 0, 1+2*number
		}, "counts"},
		{"biases", NewSource(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) { l.Neurons, l.Bias = 2, true }, "max_over_time"},
		{"biases, convolution", NewSource(2, 4, 2, 4, 0.7), 1, func(_ int, l *network.Layer) {
			l.Kind, l.Filters, l.Kernel, l.Stride, l.RecurrentKernel, l.Bias = "conv1d", 2, 3, 1, 3, true
		}, "max_over_time"},
	}
}

// LearnedCases returns tiny nets whose neurons learn constants, with every kind of neuron
// and reset, per neuron, filter and layer.
func LearnedCases() []Case {
	return []Case{
		{"lif", NewSource(1, 2, 2, 5, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Learn = 2, []string{"tau_membrane", "tau_synapse", "threshold"}
		}, "max_over_time"},
		{"lif, subtractive, per layer", NewSource(1, 2, 2, 5, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset, l.Learn, l.LearnPer, l.Bias = 2, "subtractive", []string{"tau_membrane", "threshold"}, "layer", true
		}, "last_step"},
		{"adaptive", NewSource(1, 2, 2, 5, 0.9), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset, l.TauAdaptation, l.Adaptation = 2, "adaptive", "subtractive", 0.003, 0.5
			l.Learn = []string{"tau_membrane", "tau_synapse", "threshold", "tau_adaptation", "adaptation"}
		}, "max_over_time"},
		{"adaptive, two layers", NewSource(1, 2, 2, 4, 0.8), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Neuron, l.TauAdaptation, l.Adaptation, l.Recurrent = 1+number, "lif_delta", 0.002, 0.7, false
			if l.Learn, l.LearnPer = []string{"threshold"}, "layer"; number == 1 {
				l.Neuron, l.Reset, l.Learn, l.TauMembrane = "adaptive", "membrane_only", []string{"tau_membrane", "adaptation"}, 0.0007
			}
		}, "counts"},
		{"lif_delta", NewSource(1, 2, 2, 5, 0.7), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset, l.Learn = 2, "lif_delta", "membrane_only", []string{"tau_membrane", "threshold"}
		}, "max_over_time"},
		{"lif_delta, multiplicative", NewSource(1, 2, 2, 5, 0.7), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Learn = 2, "lif_delta", []string{"tau_membrane"}
		}, "max_over_time"},
		{"noise_beta", NewSource(1, 2, 2, 5, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset, l.Learn = 2, "subtractive", []string{"noise_beta", "threshold", "tau_membrane"}
			l.Noise, l.Surrogate = network.Noise{Kind: "sigmoid", Beta: 3}, network.Surrogate{Kind: network.Matched}
		}, "max_over_time"},
		{"if", NewSource(1, 2, 2, 5, 0.7), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset, l.Learn = 2, "if", "subtractive", []string{"threshold"}
		}, "max_over_time"},
		{"convolution", NewSource(1, 3, 2, 5, 0.5), 1, func(_ int, l *network.Layer) {
			l.Kind, l.Filters, l.Kernel, l.Stride, l.RecurrentKernel, l.Bias = "conv1d", 1, 2, 1, 3, true
			l.Neuron, l.Reset, l.Learn = "lif_delta", "subtractive", []string{"tau_membrane", "threshold"}
		}, "last_step"},
	}
}
