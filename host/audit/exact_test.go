package audit

import (
	"context"
	"math"
	"slices"
	"testing"

	"spikegrad/host/estimate"
	"spikegrad/host/network"
)

// crossEntropy is the readout with the loss of the engine in float64, and upper bounds on
// the activity of the last layer: the head of the circuits that are enumerated.
type crossEntropy struct {
	network *network.Network
	weights []float32 // of the leaky readout
	label   int
}

func (crossEntropy) Parameters() []string { return nil }

func (h crossEntropy) Loss(_ []float64, spikes [][]float64) float64 {
	total, logits := 0.0, make([]float64, h.network.Classes)
	for class := range logits {
		logits[class] = h.logit(class, spikes)
		total += math.Exp(logits[class])
	}
	loss := math.Log(total) - logits[h.label]
	for _, r := range h.network.Layers[len(h.network.Layers)-1].Regularizers {
		for neuron := range spikes[0] {
			count := 0.0
			for _, row := range spikes {
				count += row[neuron]
			}
			loss += r.Strength * math.Pow(max(count-r.Threshold, 0), float64(r.Power)) / float64(len(spikes[0]))
		}
	}
	return loss
}

func (h crossEntropy) logit(class int, spikes [][]float64) float64 {
	if h.network.Spiking() {
		count := 0.0
		for _, row := range spikes {
			count += row[class]
		}
		return count
	}
	decay, drive, synapse, membrane := network.ReadoutParameters[float64](h.network)
	current, largest := 0.0, math.Inf(-1)
	for _, row := range spikes {
		arriving := 0.0
		for neuron, s := range row {
			arriving += float64(h.weights[class*len(row)+neuron]) * s
		}
		current, membrane = synapse*current+arriving, decay*membrane+drive*current
		largest = max(largest, membrane)
	}
	if h.network.Readout.Loss == "last_step" {
		return membrane
	}
	return largest
}

func (crossEntropy) Backward([]float64, [][]float64, [][]float64, []float64) {}

// exactGradient is the gradient of the expected loss, [weight of the layer] for every layer.
func exactGradient(t *testing.T, n *network.Network, weights [][]float32, s *fixed) [][]float64 {
	t.Helper()
	if n.Learns() {
		_, gradient := dualEnumerated(n, weights, s)
		return gradient
	}
	_, gradient := enumerated(t, n, weights, s)
	return gradient
}

// exactLoss is the expected loss.
func exactLoss(t *testing.T, n *network.Network, weights [][]float32, s *fixed) float64 {
	t.Helper()
	if n.Learns() {
		return dualLoss(newDualNet(n, weights), weights, s).v
	}
	loss, _ := enumerated(t, n, weights, s)
	return loss
}

// enumerated is the expected loss and its gradient by enumeration of all spikes. Convolutions
// are enumerated as the dense layers that they are, and the derivatives of shared weights
// added up.
func enumerated(t *testing.T, n *network.Network, weights [][]float32, s *fixed) (loss float64, gradient [][]float64) {
	t.Helper()
	dense, shared := *n, [][]int{} // [array][weight of the dense array]: number of the shared weight, −1 for none
	dense.Layers = append([]network.Layer(nil), n.Layers...)
	var values []float64
	array := 0
	for number := range dense.Layers {
		l := &dense.Layers[number]
		arrays := 1
		if l.Recurrent {
			arrays = 2
		}
		if l.Bias {
			arrays++
		}
		for i := range arrays {
			// Of both directions: rows, columns.
			below, padding, stride, kernel := n.Geometry(number-1), [2]int{0, l.Padding}, [2]int{1, l.Stride}, [2]int{1, l.Kernel}
			if l.Kind == "conv2d" {
				padding[0], stride[0], kernel[0] = l.PaddingHeight, l.StrideHeight, l.KernelHeight
			}
			if i == 1 {
				below, padding, stride, kernel = n.Geometry(number), [2]int{0, l.RecurrentKernel / 2}, [2]int{1, 1}, [2]int{1, l.RecurrentKernel}
				if l.Kind == "conv2d" {
					padding[0], kernel[0] = padding[1], kernel[1]
				}
			}
			above := n.Geometry(number)
			var numbers []int
			if i == arrays-1 && l.Bias { // one for all neurons of a filter
				for neuron := range l.Neurons {
					numbers = append(numbers, neuron/above.Positions())
				}
				below.Filters = 0
			}
			for filter := range above.Filters {
				for position := range above.Positions() {
					for filterBelow := range below.Filters {
						for positionBelow := range below.Positions() {
							down := positionBelow/below.Plane.Width + padding[0] - position/above.Plane.Width*stride[0]
							right := positionBelow%below.Plane.Width + padding[1] - position%above.Plane.Width*stride[1]
							switch {
							case !l.Convolutional():
								numbers = append(numbers, len(numbers))
							case down < 0 || down >= kernel[0] || right < 0 || right >= kernel[1]:
								numbers = append(numbers, -1)
							default:
								numbers = append(numbers, ((filter*below.Filters+filterBelow)*kernel[0]+down)*kernel[1]+right)
							}
						}
					}
				}
			}
			for _, k := range numbers {
				value := 0.0
				if k >= 0 {
					value = float64(weights[array][k])
				}
				values = append(values, value)
			}
			shared = append(shared, numbers)
			array++
		}
		l.Kind, l.Neurons = "dense", n.Layers[number].Neurons
	}
	for _, l := range newLayers(n) {
		gradient = append(gradient, make([]float64, l.weights))
	}
	for sample := range s.spikes {
		input := make([]float64, s.steps*s.channels)
		for step, row := range s.spikes[sample] {
			for _, channel := range row {
				input[step*s.channels+int(channel)] = 1
			}
		}
		circuit, err := estimate.NewLIF(&dense, input, crossEntropy{n, weights[len(weights)-1], int(s.Label(sample))})
		if err != nil {
			t.Fatal(err)
		}
		exact, err := estimate.Enumerate(context.Background(), estimate.Problem{Circuit: circuit, Parameters: values}, 2)
		if err != nil {
			t.Fatal(err)
		}
		loss += exact.Loss / float64(len(s.spikes))
		at, array := 0, 0
		for l, described := range newLayers(n) {
			for _, c := range described.connections {
				for i, k := range shared[array] {
					if k >= 0 {
						gradient[l][c.first+k] += exact.Gradient[at+i] / float64(len(s.spikes))
					}
				}
				at += len(shared[array])
				array++
			}
		}
	}
	return loss, gradient
}

// exactCase is a net that can be enumerated.
type exactCase struct {
	name   string
	source *fixed
	layers int
	change func(number int, l *network.Layer)
	loss   string
}

func (c *exactCase) network(t *testing.T) *network.Network {
	n := networkFor(t, c.source, c.layers, c.change)
	n.Readout.Loss = c.loss
	if c.loss == "counts" {
		n.Readout.Kind = "spikes"
	}
	return n
}

func exactCases() []exactCase {
	return []exactCase{
		{"multiplicative", newFixed(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) { l.Neurons = 3 }, "max_over_time"},
		{"membrane only, exponential", newFixed(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset = 3, "membrane_only"
			l.Noise = network.Noise{Kind: "exponential", P0: 0.4, DeltaU: 0.8}
		}, "last_step"},
		{"subtractive, hazard, delays", newFixed(2, 2, 2, 8, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset, l.Delay, l.RecurrentDelay = 2, "subtractive", 1, 2
			l.Noise = network.Noise{Kind: "hazard", Rate: 600, DeltaU: 0.8}
		}, "max_over_time"},
		{"no synaptic current", newFixed(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.RecurrentDelay = 2, "lif_delta", 1
		}, "max_over_time"},
		{"no synaptic current, two layers, membrane only", newFixed(2, 2, 2, 5, 0.9), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset = 1+number, "lif_delta", "membrane_only"
		}, "counts"},
		{"no leak, subtractive", newFixed(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset = 2, "if", "subtractive"
		}, "max_over_time"},
		{"adaptive, subtractive", newFixed(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Neuron, l.Reset, l.TauAdaptation, l.Adaptation = 2, "adaptive", "subtractive", 0.003, 0.5
		}, "max_over_time"},
		{"two layers", newFixed(2, 2, 2, 6, 0.9), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Recurrent = 1+number, number == 1
		}, "counts"},
		{"two layers, delays, spiking output", newFixed(2, 3, 2, 6, 0.9), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Delay, l.Recurrent = 1+number, number, number == 0
		}, "counts"},
		{"convolution", newFixed(2, 4, 2, 4, 0.7), 1, func(_ int, l *network.Layer) {
			l.Kind, l.Filters, l.Kernel, l.Stride, l.RecurrentKernel = "conv1d", 2, 3, 1, 3
		}, "max_over_time"},
		{"convolution, stride and padding, then dense", newFixed(2, 3, 2, 4, 0.8), 2, func(number int, l *network.Layer) {
			if number == 0 {
				l.Kind, l.Filters, l.Kernel, l.Stride, l.Padding, l.RecurrentKernel = "conv1d", 1, 3, 2, 1, 3
				return
			}
			l.Neurons = 2
		}, "counts"},
		{"refractory", newFixed(2, 2, 2, 7, 0.9), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Reset, l.RefractorySteps = 2, "subtractive", 2
		}, "max_over_time"},
		{"refractory, adaptive, two layers", newFixed(2, 2, 2, 6, 0.9), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Neuron, l.TauAdaptation, l.Adaptation = 1+number, "adaptive", 0.003, 0.2
			l.Recurrent, l.RefractorySteps = number == 0, 1+2*number
		}, "counts"},
		{"biases", newFixed(2, 2, 2, 6, 0.8), 1, func(_ int, l *network.Layer) { l.Neurons, l.Bias = 2, true }, "max_over_time"},
		{"biases, convolution", newFixed(2, 4, 2, 4, 0.7), 1, func(_ int, l *network.Layer) {
			l.Kind, l.Filters, l.Kernel, l.Stride, l.RecurrentKernel, l.Bias = "conv1d", 2, 3, 1, 3, true
		}, "max_over_time"},
	}
}

// The estimate by single flips has the exact gradient as its mean: every weight within
// four standard errors, and known well, in the full form twice as well.
func TestUnbiased(t *testing.T) {
	quick := []string{"adaptive", "adaptive, two layers"}
	for _, c := range append(exactCases(), slices.DeleteFunc(learnedCases(), func(c exactCase) bool {
		return !full && !slices.Contains(quick, c.name)
	})...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := c.network(t)
			weights := weightsFor(n)
			exact := exactGradient(t, n, weights, c.source)

			const passes, flips = 64, 4
			presentations, known := 128, 0.16
			if full {
				presentations, known = 512, 0.08
			}
			e := cpuEngine(t, n, weights)
			shown := newSamples(c.source, 2, 1, 1)
			for shown.count() < presentations { // of the same samples, with different noise
				shown.chosen = append(shown.chosen, shown.chosen...)
			}
			u := newUnbiased(e, n, shown, 3, 1)
			each := make([]int, c.layers)
			for l := range each {
				each[l] = flips
			}
			found := make([][][]float64, c.layers) // [layer][pass]
			for pass := range passes {
				gradient, err := u.pass(context.Background(), pass, each)
				if err != nil {
					t.Fatal(err)
				}
				for l := range gradient {
					found[l] = append(found[l], gradient[l])
				}
			}
			for l := range found {
				average := mean(found[l])
				length := math.Sqrt(dot(exact[l], exact[l]))
				for i, want := range exact[l] {
					variance := 0.0
					for _, gradient := range found[l] {
						variance += (gradient[i] - average[i]) * (gradient[i] - average[i])
					}
					errorOfMean := math.Sqrt(variance / passes / (passes - 1))
					if math.Abs(average[i]-want) > 4*errorOfMean+1e-6 {
						t.Errorf("layer %d, weight %d: %.5f ± %.5f, exactly %.5f", l, i, average[i], errorOfMean, want)
					}
					if errorOfMean > known*length {
						t.Errorf("layer %d, weight %d: standard error %.5f, the gradient is %.5f long: tells little", l, i, errorOfMean, length)
					}
				}
			}
		})
	}
}
