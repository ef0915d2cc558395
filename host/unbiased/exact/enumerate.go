package exact

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"spikegrad/host/estimate"
	"spikegrad/host/network"
)

// crossEntropy is the readout with the engine's loss in float64, and upper bounds on the
// activity of the last layer: the head of the enumerated circuits.
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

// Gradient returns the gradient of the expected loss, [weight of the layer] for every layer.
func Gradient(t *testing.T, n *network.Network, weights [][]float32, s *Source) [][]float64 {
	t.Helper()
	if n.Learns() {
		_, gradient := DualGradient(n, weights, s)
		return gradient
	}
	_, gradient := enumerated(t, n, weights, s)
	return gradient
}

// Loss returns the expected loss.
func Loss(t *testing.T, n *network.Network, weights [][]float32, s *Source) float64 {
	t.Helper()
	if n.Learns() {
		return dualLoss(NewDualNet(n, weights), weights, s).V
	}
	loss, _ := enumerated(t, n, weights, s)
	return loss
}

// enumerated returns the expected loss and its gradient by enumeration of all spikes.
// Convolutions are enumerated as equivalent dense layers, and the derivatives of shared
// weights are added up.
func enumerated(t *testing.T, n *network.Network, weights [][]float32, s *Source) (loss float64, gradient [][]float64) {
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
			// For both directions: rows, columns.
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
	layers := arrays(n)
	for _, own := range layers {
		size := 0
		for _, w := range own {
			size += w.Rows * w.Columns
		}
		gradient = append(gradient, make([]float64, size))
	}
	for sample := range s.Spikes {
		input := make([]float64, s.steps*s.channels)
		for step, row := range s.Spikes[sample] {
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
		loss += exact.Loss / float64(len(s.Spikes))
		at, array := 0, 0
		for l, own := range layers {
			first := 0
			for _, w := range own {
				for i, k := range shared[array] {
					if k >= 0 {
						gradient[l][first+k] += exact.Gradient[at+i] / float64(len(s.Spikes))
					}
				}
				first += w.Rows * w.Columns
				at += len(shared[array])
				array++
			}
		}
	}
	return loss, gradient
}

// arrays lists the weight arrays into every layer.
func arrays(n *network.Network) [][]network.Weight {
	all := make([][]network.Weight, len(n.Layers))
	for l := range all {
		for _, w := range n.Weights() {
			if strings.HasPrefix(w.Name, fmt.Sprintf("layer%d.", l)) {
				all[l] = append(all[l], w)
			}
		}
	}
	return all
}
