package check

import (
	"context"
	"fmt"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// Bounds of random networks: small enough that many can be run, large enough to cross the
// boundaries of words, lanes, chunks, workgroups and segments.
const (
	mostLayers  = 3
	mostNeurons = 130
	mostInputs  = 70
	mostClasses = 33
	mostSteps   = 70
	mostSamples = 40
)

// Drawn is a case with a way to run it on the candidate.
type Drawn struct {
	Case
	Variant Variant
}

// Random draws a case, a function of the seed and a number: 1 to 3 layers of up to 130 neurons or
// 17 filters, the lower of which may be convolutions, also over planes, and any of which may skip
// layers; up to 70 inputs, 33 classes, 70 steps and 40 samples; with noise, surrogate, reset,
// delays, regularizers, biases, loss, optimizer, augmentation and cuts of any kind. Sizes are near
// boundaries more often than in a uniform draw.
func Random(seed uint32, number int) Drawn {
	d := &draws{seed: cpuref.Philox([2]uint32{seed, uint32(cpuref.StreamShuffle)}, [4]uint32{uint32(number), 0, 0, 1})[0]}
	for {
		drawn := d.drawn(fmt.Sprintf("random %d of seed %d", number, seed))
		if drawn.Network.Validate() == nil {
			return drawn
		}
	}
}

// size returns a number from 1 to most.
func (d *draws) size(most int) int {
	switch d.below(3) {
	case 0:
		return 1 + d.below(min(most, 4))
	case 1:
		return max(1, min(most, d.of([]int{8, 16, 32, 64, 128})-1+d.below(3)))
	}
	return 1 + d.below(most)
}

// chance returns true with probability 1/in.
func (d *draws) chance(in int) bool { return d.below(in) == 0 }

func (d *draws) drawn(name string) Drawn {
	c := base()
	c.Name, c.Seed, c.Samples = name, uint32(d.below(1<<31-1)), d.size(mostSamples)
	optimizer := turn(network.Optimizers.List(), d.below(1<<20))
	c.Optimizer, c.Update = network.Optimizers.Number(optimizer), updates()[optimizer]
	if d.chance(3) {
		c.Update.ClipNorm = []float64{0.01, 0.3, 1e6}[d.below(3)]
	}
	n := c.Network
	n.Inputs, n.Steps, n.Classes = d.size(mostInputs), d.size(mostSteps), d.size(mostClasses)
	n.Readout.Delay = min(d.below(4), n.Steps-1)
	if d.chance(3) {
		n.Readout.Tau = 0.01
	}
	n.Layers = nil
	layers := 1 + d.below(mostLayers)
	convolutions := 0
	if d.chance(3) {
		convolutions = 1 + d.below(layers)
	}
	for l := range layers {
		n.Layers = append(n.Layers, d.layer(n.Steps, l < convolutions))
	}
	if convolutions > 0 && d.chance(2) {
		d.plane(n, convolutions)
	}
	setLoss(n, turn(network.Losses.List(), d.below(1<<20)))
	setSteps(n, n.Steps)
	if d.chance(4) {
		c.Augment = d.augmentation()
	}
	for l := range n.Layers {
		n.Layers[l].Bias = d.chance(3)
	}
	n.Readout.Bias = !n.Spiking() && d.chance(3)
	for l := range n.Layers {
		if d.chance(3) {
			d.learned(&n.Layers[l])
		}
	}
	for l := range n.Layers {
		if d.chance(4) && !(n.Spiking() && l == len(n.Layers)-1) {
			n.Layers[l].Dropout, n.Layers[l].DropoutPer = 0.1*float64(1+d.below(7)), turn([]string{"spike", "neuron"}, d.below(2))
		}
	}
	variant := Variant{Workers: 1 + d.below(7), PassSamples: d.of([]int{0, 0, 8, 16}), SegmentSteps: d.of([]int{0, 32})}
	if d.chance(3) {
		d.skips(n)
	}
	for l := range n.Layers {
		if d.chance(4) {
			n.Layers[l].RefractorySteps = d.of([]int{1, 2, 5, cpuref.MostRefractory})
		}
	}
	return Drawn{c, variant}
}

// layer draws a layer of neurons.
func (d *draws) layer(steps int, convolutional bool) network.Layer {
	l := layer(d.size(mostNeurons))
	l.Recurrent = d.below(3) > 0
	l.Delay, l.RecurrentDelay = d.below(4), d.below(4)
	if d.chance(6) {
		l.RecurrentDelay = steps - 1
	}
	surrogates := append([]string{network.Matched}, network.Surrogates.List()...)
	setKinds(&l, turn(network.Noises.List(), d.below(1<<20)), turn(surrogates, d.below(1<<20)))
	if d.chance(3) {
		l.Surrogate.SkipBelow = []float64{0.001, 0.01}[d.below(2)]
	}
	l.Reset = turn(network.Resets.List(), d.below(1<<20))
	l.DifferentiateReset = d.chance(2) && steps < 40 // over many steps, gradients through resets overflow
	for all := allRegularizers(); d.chance(3); {
		l.Regularizers = append(l.Regularizers, all[d.below(len(all))])
	}
	if convolutional {
		l.Kind, l.Neurons = "conv1d", 0
		l.Filters, l.Kernel, l.Stride, l.Padding = d.size(17), d.size(9), 1+d.below(5), d.below(4)
		l.RecurrentKernel = 1 + 2*d.below(4)
	}
	l.Neuron = turn(network.Neurons.List(), d.below(1<<20))
	return l
}

// learned makes some of the constants that a layer's neurons have learned ones.
func (d *draws) learned(l *network.Layer) {
	learnAll(l)
	for len(l.Learn) > 1 && d.chance(2) {
		l.Learn = l.Learn[1:]
	}
	l.LearnPer = turn([]string{"neuron", "layer"}, d.below(2))
}

// skips makes layers, and the readout, take input from the layer just below and from any others
// that fit.
func (d *draws) skips(n *network.Network) {
	draw := func(layer int, fits func(source int) bool) (from []string) {
		for source := -1; source < layer-1; source++ {
			if d.chance(2) && fits(source) {
				from = append(from, network.SourceName(source))
			}
		}
		if from != nil {
			from = append(from, network.SourceName(layer-1))
		}
		return from
	}
	for l := 1; l < len(n.Layers); l++ {
		n.Layers[l].From = draw(l, func(source int) bool {
			return !n.Layers[l].Convolutional() || n.Handed(source).Plane == n.Handed(l-1).Plane
		})
	}
	if !n.Spiking() {
		n.Readout.From = draw(len(n.Layers), func(int) bool { return true })
	}
}

// plane gives the input of a network rows and columns, and its lowest layers kernels over both.
func (d *draws) plane(n *network.Network, convolutions int) {
	channels, rows := d.of([]int{1, 1, 2, 17}), 1+d.below(4)
	n.InputShape = []int{channels, rows, 1 + d.below(min(9, mostInputs/(channels*rows)))}
	n.Inputs = channels * rows * n.InputShape[2]
	for l := range n.Layers[:convolutions] {
		layer := &n.Layers[l]
		layer.Kind, layer.Kernel, layer.KernelHeight = "conv2d", 1+d.below(5), d.below(5)
		layer.Stride, layer.StrideHeight = 1+d.below(3), d.below(3)
		layer.Padding, layer.PaddingHeight = d.below(3), d.below(4)-1
		d.pool(layer, n.Geometry(l).Plane)
	}
}

// pool draws the pooling of a convolution over a plane; every other has none.
func (d *draws) pool(l *network.Layer, plane cpuref.Extent) {
	if d.chance(2) || plane.Height < 1 || plane.Width < 1 {
		return
	}
	l.PoolKind = turn(network.Pools.List(), d.below(1<<20))
	l.Pool, l.PoolHeight = 1+d.below(min(3, plane.Width)), 1+d.below(min(3, plane.Height))
}

// augmentation draws changes to the input spikes.
func (d *draws) augmentation() *cpuref.Augmentation {
	moves := []uint32{1 << 28, 1 << 31, 3 << 30, 15 << 28} // by −2 to 2
	a := &cpuref.Augmentation{Key: [2]uint32{uint32(d.below(1000)), uint32(cpuref.StreamEncoder)}}
	for _, limits := range []*[]uint32{&a.Time, &a.Channel, &a.TogetherTime, &a.TogetherChannel, &a.Inserted} {
		if d.chance(2) {
			*limits = moves
		}
	}
	if d.chance(2) {
		a.Drop = 1 << 30
	}
	if d.chance(2) {
		a.Stretch, a.StretchChannels = 1<<14, 1<<13
	}
	return a
}

// RandomReport summarizes the candidates' runs of random networks.
type RandomReport struct {
	Reports []Report // of each candidate
	Skipped int      // networks in which numbers overflow, so that engines may differ
	// Smallest is the smallest network found that shows the first difference of each
	// candidate; nil without one.
	Smallest []*Drawn
}

// RandomFamily runs random networks, numbers 0 to count−1 of a seed, on the reference and on all
// candidates, each in the way drawn with the network. A candidate that differs or fails is left out
// of the remaining cases.
func RandomFamily(ctx context.Context, seed uint32, count int, candidates []Candidate, done func(finished int)) (RandomReport, error) {
	drawn := func(i int) Drawn { return Random(seed, i) }
	return runDrawn(ctx, count, drawn, candidates, done)
}

// One runs a single drawn case like [RandomFamily].
func One(ctx context.Context, d Drawn, candidates []Candidate) (RandomReport, error) {
	return runDrawn(ctx, 1, func(int) Drawn { return d }, candidates, func(int) {})
}

func runDrawn(ctx context.Context, count int, drawn func(int) Drawn, candidates []Candidate, done func(int)) (RandomReport, error) {
	found := RandomReport{Reports: make([]Report, len(candidates)), Smallest: make([]*Drawn, len(candidates))}
	for i := range count {
		d := drawn(i)
		want, err := reference(&d)
		if err != nil {
			return found, fmt.Errorf("network %q on the CPU engine: %w", d.Name, err)
		}
		if want == nil {
			found.Skipped++
			done(i + 1)
			continue
		}
		for j, candidate := range candidates {
			r := &found.Reports[j]
			if err := ctx.Err(); err != nil {
				return found, err
			}
			if r.Err != nil || found.Smallest[j] != nil {
				continue
			}
			r.compare(&d.Case, want, candidate.Open, d.Variant)
			if r.First != nil {
				smallest := Shrink(ctx, d, candidate.Open)
				found.Smallest[j] = &smallest
			}
		}
		done(i + 1)
	}
	return found, nil
}

// reference returns the trace of a case on the reference; nil if numbers overflow.
func reference(d *Drawn) (*Trace, error) {
	want, _, err := runOn(&d.Case, referenceEngine, Variant{})
	if overflows(err) || err == nil && want.notFinite() != "" {
		return nil, nil
	}
	return want, err
}

// clone returns a copy that can be changed without changing the case.
func (d *Drawn) clone() Drawn {
	c := *d
	n := *d.Network
	n.Layers = slices.Clone(n.Layers)
	for l := range n.Layers {
		n.Layers[l].Regularizers = slices.Clone(n.Layers[l].Regularizers)
	}
	c.Network = &n
	return c
}
