package bench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Shape is a network and a batch to measure.
type Shape struct {
	Name    string // A to H
	Variant string // distinguishes shapes of the same name; empty if there is only one
	Title   string
	Network *network.Network
	Samples int     // of the batch
	Rate    float64 // share of input channels that spike in a step
	// Compared is the number of samples compared with the reference before anything is
	// timed.
	Compared int
	// Alone leaves out everything but the neurons: no sums over synapses in the backward
	// pass, no loss, no update.
	Alone bool
}

// String is the name with the variant.
func (s *Shape) String() string { return strings.TrimSpace(s.Name + " " + s.Variant) }

// The optimizer of all shapes is Adam with its usual parameters.
const optimizer = cpuref.OptimizerAdam

func update(number int) engine.Update {
	return engine.Update{Number: number, LearningRate: 1e-3, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8}
}

const seed = 1

// Shapes returns all shapes in the order of their names. Every neuron is stochastic, with
// sigmoid escape noise and the matching surrogate derivative.
func Shapes() []Shape {
	var shapes []Shape
	for _, steps := range []int{4, 8, 16, 32} {
		shapes = append(shapes, Shape{
			Name: "A", Variant: fmt.Sprintf("T=%d", steps), Title: "LIF neurons alone, 65536 of them",
			Network: spiking(1, steps, 0.002, 0.5, 1<<16), Samples: 64, Rate: 0.5, Compared: 2, Alone: true,
		})
	}
	for _, neurons := range []int{512, 4096} {
		compared := 9
		if neurons > 512 {
			compared = 2
		}
		shapes = append(shapes, Shape{
			Name: "B", Variant: fmt.Sprintf("N=%d", neurons), Title: fmt.Sprintf("linear %d-%d and LIF", neurons, neurons),
			Network: spiking(neurons, 500, 0.002, 0.05, neurons), Samples: 16, Rate: 0.05, Compared: compared,
		})
	}
	return append(shapes,
		Shape{
			Name: "C", Title: "128-512-512-20 feed-forward",
			Network: readOut(128, 20, 256, 0.002, dense(512, 0.05/0.002, false), dense(512, 15, false)),
			Samples: 256, Rate: 0.05, Compared: 9,
		},
		Shape{
			Name: "D", Title: "700-200-200-20 feed-forward",
			Network: readOut(700, 20, 500, 0.002, dense(200, 0.033/0.002, false), dense(200, 15, false)),
			Samples: 256, Rate: 0.033, Compared: 9,
		},
		Shape{
			Name: "E", Title: "700-128-20 recurrent",
			Network: readOut(700, 20, 175, 0.004, dense(128, 0.033/0.004, true)),
			Samples: 100, Rate: 0.033, Compared: 9,
		},
		Shape{
			Name: "F", Title: "three recurrent conv1d layers on 700 channels",
			Network: readOut(700, 20, 350, 0.002,
				conv(16, 21, 10, 5, 15.8), conv(32, 7, 3, 5, 15.8), conv(64, 7, 3, 5, 15.8)),
			Samples: 64, Rate: 0.0316, Compared: 9,
		},
		Shape{
			Name: "G", Title: "three conv1d layers on 20 channels",
			Network: readOut(20, 15, 100, 0.002, conv(32, 11, 1, 0, 5), conv(64, 5, 1, 0, 5), conv(128, 5, 1, 0, 5)),
			Samples: 400, Rate: 0.01, Compared: 9,
		},
		Shape{
			Name: "H", Title: "two conv2d layers on 2 channels of 34×34, pooled in between",
			Network: over([]int{2, 34, 34}, readOut(2*34*34, 10, 100, 0.002, pooled(conv2d(16, 5, 2, 15), 2), conv2d(32, 3, 1, 15))),
			Samples: 64, Rate: 0.03, Compared: 9,
		})
}

// Find returns the shapes with a name, or all of them; only one variant, if that is not
// empty.
func Find(name, variant string) ([]Shape, error) {
	var found []Shape
	var variants []string
	for _, s := range Shapes() {
		if name != "all" && !strings.EqualFold(name, s.Name) {
			continue
		}
		variants = append(variants, strconv.Quote(s.Variant))
		if variant == "" || variant == s.Variant {
			found = append(found, s)
		}
	}
	switch {
	case len(variants) == 0:
		return nil, fmt.Errorf("shape %q is unknown; want A to H, or all", name)
	case len(found) == 0:
		return nil, fmt.Errorf("shape %s has no variant %q: there are %s", name, variant, strings.Join(variants, ", "))
	}
	return found, nil
}

// Layers replaces properties of all layers of a shape.
type Layers struct {
	Neuron       string   // one of [network.Neurons]
	Bias         bool     // with biases
	LearnedDelay int      // learned delays of up to this number of steps; 0: none
	Learn        []string // learned constants, some of [network.Constants]
}

// Changed reports whether anything differs from the layer defaults.
func (c *Layers) Changed() bool {
	return c.Bias || c.LearnedDelay != 0 || len(c.Learn) > 0 || c.Neuron != network.DefaultLayer().Neuron
}

// With is the shape with changed layers; its variant names the changes.
func (s *Shape) With(c Layers) Shape {
	changed, n := *s, *s.Network
	n.Layers = slices.Clone(n.Layers)
	for l := range n.Layers {
		n.Layers[l].Neuron, n.Layers[l].Bias, n.Layers[l].LearnedDelay, n.Layers[l].Learn = c.Neuron, c.Bias, c.LearnedDelay, c.Learn
	}
	changed.Network = &n
	if c.Neuron != network.DefaultLayer().Neuron {
		changed.Variant += " " + c.Neuron
	}
	if c.Bias {
		changed.Variant += " bias"
	}
	if c.LearnedDelay > 0 {
		changed.Variant += fmt.Sprintf(" delays %d", c.LearnedDelay)
	}
	if len(c.Learn) > 0 {
		changed.Variant += " " + strings.Join(c.Learn, ", ")
	}
	changed.Variant = strings.TrimSpace(changed.Variant)
	return changed
}

// dense is a layer in which every input is expected to spike at the given rate per second.
func dense(neurons int, rate float64, recurrent bool) network.Layer {
	layer := network.DefaultLayer()
	layer.Surrogate.Kind = network.Matched
	layer.Neurons, layer.Recurrent, layer.Initial.Rate = neurons, recurrent, rate
	return layer
}

// over gives the input of a network rows and columns.
func over(shape []int, n *network.Network) *network.Network {
	n.InputShape = shape
	return n
}

// conv2d is a convolution over rows and columns.
func conv2d(filters, kernel, stride int, rate float64) network.Layer {
	layer := conv(filters, kernel, stride, 0, rate)
	layer.Kind = "conv2d"
	return layer
}

// pooled adds max pooling over cells of the given size.
func pooled(layer network.Layer, positions int) network.Layer {
	layer.Pool, layer.PoolKind = positions, "max"
	return layer
}

// conv is a convolution, recurrent if it has a recurrent kernel.
func conv(filters, kernel, stride, recurrentKernel int, rate float64) network.Layer {
	layer := dense(0, rate, recurrentKernel > 0)
	layer.Kind, layer.Filters, layer.Kernel, layer.Stride = "conv1d", filters, kernel, stride
	if layer.Recurrent {
		layer.RecurrentKernel = recurrentKernel
	}
	layer.Initial.SigmaU = 1.3
	return layer
}

// readOut is a network with a leaky readout.
func readOut(inputs, classes, steps int, stepLength float64, layers ...network.Layer) *network.Network {
	return &network.Network{
		Inputs: inputs, Classes: classes, Steps: steps, StepLength: stepLength,
		Layers: layers, Readout: network.DefaultReadout(),
	}
}

// spiking is one feed-forward layer whose spikes are counted for the loss; share is the
// probability that an input spikes in a step.
func spiking(inputs, steps int, stepLength, share float64, neurons int) *network.Network {
	n := readOut(inputs, neurons, steps, stepLength, dense(neurons, share/stepLength, false))
	n.Readout.Kind, n.Readout.Loss = "spikes", "counts"
	return n
}

// Batch draws input for the given number of samples: every channel spikes in every step with the
// shape's probability, independently.
func (s *Shape) Batch(samples int) *engine.Batch {
	n, limit := s.Network, uint32(s.Rate*0x1p32)
	batch := &engine.Batch{}
	for b := range uint32(samples) {
		batch.Labels = append(batch.Labels, b%uint32(n.Classes))
		batch.Numbers = append(batch.Numbers, b)
		for t := range uint32(n.Steps) {
			begin := uint32(len(batch.Index))
			for group := uint32(0); group < uint32(n.Inputs); group += 4 {
				words := cpuref.Philox([2]uint32{seed, uint32(cpuref.StreamDataset)}, [4]uint32{b, t, group, 0})
				for lane, word := range words[:min(4, n.Inputs-int(group))] {
					if word < limit {
						batch.Index = append(batch.Index, group+uint32(lane))
					}
				}
			}
			batch.Rows = append(batch.Rows, [2]uint32{begin, uint32(len(batch.Index))})
		}
	}
	if err := batch.CheckEvents(n.Inputs, n.Steps); err != nil {
		panic(err) // they were just constructed to be valid
	}
	return batch
}
