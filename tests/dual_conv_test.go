package tests

import (
	"fmt"
	"testing"
)

// convolution connects filters at positions: neuron filter·positions + position. An
// element of the kernel looks at one position below, those outside the layer are silent.
type convolution struct {
	filters, positions           int
	filtersBelow, positionsBelow int
	kernel, stride, padding      int
}

// inputConvolution is the input connection of a layer. The channels of the input are
// positions with one filter.
func (s *dualSimulator) inputConvolution(l int) convolution {
	layer := &s.network.Layers[l]
	c := convolution{
		filters: layer.Filters, filtersBelow: 1, positionsBelow: s.network.Inputs,
		kernel: layer.Kernel, stride: layer.Stride, padding: layer.Padding,
	}
	if l > 0 {
		below := s.inputConvolution(l - 1)
		c.filtersBelow, c.positionsBelow = below.filters, below.positions
	}
	for begin := -c.padding; begin+c.kernel <= c.positionsBelow+c.padding; begin += c.stride {
		c.positions++
	}
	return c
}

// recurrentConvolution is the recurrent connection: a window centred on every position.
func (s *dualSimulator) recurrentConvolution(l int) convolution {
	own, kernel := s.inputConvolution(l), s.network.Layers[l].RecurrentKernel
	return convolution{
		filters: own.filters, positions: own.positions, filtersBelow: own.filters, positionsBelow: own.positions,
		kernel: kernel, stride: 1, padding: (kernel - 1) / 2,
	}
}

// add adds to h the weighted spikes of a step, if there was one. Weights are
// [filter][filter below][element].
func (c convolution) add(h []dual, spikes [][]dual, weights []dual, step int) {
	if step < 0 {
		return
	}
	for filter := range c.filters {
		for position := range c.positions {
			neuron := filter*c.positions + position
			for filterBelow := range c.filtersBelow {
				for element := range c.kernel {
					from := position*c.stride - c.padding + element
					if from < 0 || from >= c.positionsBelow {
						continue
					}
					weight := weights[(filter*c.filtersBelow+filterBelow)*c.kernel+element]
					h[neuron] = h[neuron].plus(weight.times(spikes[step][filterBelow*c.positionsBelow+from]))
				}
			}
		}
	}
}

// number is that of a neuron for its noise: the filters of a position follow each
// other, and a position takes a multiple of 16 numbers.
func (c convolution) number(neuron int) int {
	return neuron%c.positions*((c.filters+15)/16*16) + neuron/c.positions
}

// dualConvCases are stacks of convolutions, among them one filter, one position,
// windows wider than the layer below and windows in the padding alone, with and
// without recurrence and a dense layer above them, and everything else in turn.
func dualConvCases(t *testing.T) []dualCase {
	t.Helper()
	type layer struct{ filters, kernel, stride, padding, recurrentKernel int } // no filters: dense
	var cases []dualCase
	for k, c := range []struct {
		name   string
		inputs int
		layers []layer
	}{
		{"plain", 9, []layer{{4, 3, 1, 0, 0}, {5, 3, 2, 0, 0}}},
		{"recurrent", 9, []layer{{3, 4, 2, 1, 3}, {2, 2, 1, 1, 5}}},
		{"one filter", 12, []layer{{1, 5, 3, 2, 3}, {1, 3, 1, 1, 1}, {0, 0, 0, 0, 0}}},
		{"one position", 6, []layer{{3, 6, 1, 0, 1}, {17, 1, 1, 0, 3}}},
		{"wide kernel", 3, []layer{{4, 7, 1, 3, 7}, {3, 5, 2, 2, 0}}},
		{"windows in the padding", 7, []layer{{3, 2, 1, 3, 0}, {5, 2, 3, 3, 3}}},
		{"below a dense layer", 11, []layer{{5, 4, 3, 1, 3}, {0, 0, 0, 0, 0}}},
		{"counts", 11, []layer{{16, 4, 3, 1, 3}, {0, 0, 0, 0, 0}}},
		{"three layers", 20, []layer{{3, 5, 2, 1, 3}, {4, 3, 2, 1, 0}, {5, 3, 1, 1, 3}}},
	} {
		for i, differentiateReset := range []bool{false, true} {
			surrogate := []string{"matched", "superspike", "gaussian"}[(k+i)%3]
			n := dualNetwork(k+i, surrogate, dualResets[(k+i)%3], differentiateReset, dualLosses[(k+2*i)%3])
			kinds := n.Layers
			n.Inputs, n.Layers = c.inputs, nil
			for l, described := range c.layers {
				next := kinds[l%2]
				next.Bias = (k+l+i)%3 == 0
				if described.filters > 0 {
					next.Kind, next.Filters, next.Kernel, next.Stride, next.Padding = "conv1d", described.filters, described.kernel, described.stride, described.padding
					next.Recurrent, next.RecurrentKernel = described.recurrentKernel > 0, described.recurrentKernel
				}
				n.Layers = append(n.Layers, next)
			}
			if c.name == "counts" {
				n.Readout.Kind, n.Readout.Loss = "spikes", "counts"
				n.Layers[len(n.Layers)-1].Neurons = n.Classes
			}
			if err := n.Validate(); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			cases = append(cases, dualCase{
				name: fmt.Sprintf("%s_%s_%t_%s", c.name, surrogate, differentiateReset, n.Readout.Loss), network: n, samples: 4, scale: 4, perArray: 24,
			})
		}
	}
	return cases
}

// TestDualConvolutions compares back-propagation through convolutions with
// derivatives carried forward.
func TestDualConvolutions(t *testing.T) {
	for k, c := range dualConvCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkDual(t, &c, 1000+uint64(k))
		})
	}
}
