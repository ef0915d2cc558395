package check

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// sizes are the sizes from which mixed networks are drawn.
type sizes struct {
	count                           int // number of networks
	neurons, inputs, steps, samples []int
}

func allSizes() sizes {
	return sizes{
		count: 24, neurons: []int{1, 31, 32, 33, 130, 257}, inputs: []int{1, 31, 70},
		steps: []int{20, 33, 70}, samples: []int{1, 3, 8, 9, 17, 33},
	}
}

func smallSizes() sizes {
	return sizes{
		count: 14, neurons: []int{1, 31, 33, 70}, inputs: []int{1, 31, 70},
		steps: []int{19, 33}, samples: []int{3, 8, 9, 17},
	}
}

// mixedCases returns networks of one to three layers that differ in everything.
// Kinds are assigned in turn, so that each occurs; everything else is drawn.
func mixedCases(s sizes) []Case {
	var cases []Case
	dealt := 0
	for i := range s.count {
		seed := uint32(1000 + i)
		d := draws{seed: seed}
		c := base()
		c.Name, c.Seed, c.Samples = fmt.Sprintf("mixed %d", i), seed, d.of(s.samples)
		name := turn(optimizers, i)
		c.Optimizer, c.Update = network.Optimizers.Number(name), updates()[name]
		if i%3 == 1 {
			c.Update.ClipNorm = 0.1
		}
		n := c.Network
		n.Inputs, n.Steps, n.Classes = d.of(s.inputs), d.of(s.steps), d.of([]int{2, 10, 17, 33})
		n.Readout.Delay = d.below(4)
		n.Layers = nil
		if i%3 == 2 && n.Inputs > 1 {
			n.Layers = append(n.Layers, mixedConvolution(&d, s, n.Steps, dealt))
			dealt++
		}
		for range 1 + d.below(3) {
			n.Layers = append(n.Layers, mixedLayer(&d, s, n.Steps, dealt))
			dealt++
		}
		if i%12 == 5 { // rare, and only on top, because it leaves a layer one step to spike in
			n.Layers[len(n.Layers)-1].Delay = n.Steps - 1
		}
		setLoss(n, turn(losses, i))
		cases = append(cases, c)
	}
	return cases
}

// mixedLayer draws a layer; number selects its kinds.
func mixedLayer(d *draws, s sizes, steps, number int) network.Layer {
	l := layer(d.of(s.neurons))
	l.Recurrent = d.below(3) > 0
	l.Delay, l.RecurrentDelay = d.below(4), d.below(4)
	if number%4 == 1 {
		l.RecurrentDelay = steps - 1
	}
	setKinds(&l, turn(noises, number), turn(surrogates, number))
	// Rarely enough that every network still has gradients.
	l.Surrogate.SkipBelow = turn([]float64{0, 0, 0.001, 0, 0.01}, number)
	l.Reset = turn(resets, number)
	// Over many steps gradients through resets overflow.
	l.DifferentiateReset = d.below(2) == 0 && steps < 40
	if number%2 == 0 {
		l.Regularizers = []network.Regularizer{turn(allRegularizers(), number/2)}
	}
	return l
}

// mixedConvolution draws a convolution.
func mixedConvolution(d *draws, s sizes, steps, number int) network.Layer {
	l := mixedLayer(d, s, steps, number)
	// Wide strides keep it small: other cases try sizes.
	l.Kind, l.Neurons = "conv1d", 0
	l.Filters, l.Kernel, l.Stride, l.Padding = d.of([]int{3, 5, 17}), 1+d.below(7), 3+d.below(3), d.below(3)
	l.RecurrentKernel = d.of([]int{1, 3, 7})
	return l
}

// turn cycles through the entries of a list.
func turn[E any](list []E, number int) E { return list[number%len(list)] }

// draws are random choices, a function of the seed.
type draws struct{ seed, next uint32 }

// below returns a number from 0 to n−1.
func (d *draws) below(n int) int {
	word := cpuref.Philox([2]uint32{d.seed, uint32(cpuref.StreamShuffle)}, [4]uint32{d.next})[0]
	d.next++
	return int(uint64(word) * uint64(n) >> 32)
}

// of returns one of a list.
func (d *draws) of(list []int) int { return list[d.below(len(list))] }
