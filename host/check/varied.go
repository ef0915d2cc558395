package check

import (
	"fmt"
	"hash/fnv"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// family collects cases.
type family struct{ cases []Case }

// vary adds the base case after a change.
func (f *family) vary(name string, change func(c *Case)) {
	c := base()
	c.Name = name
	change(&c)
	f.cases = append(f.cases, c)
}

// varyLayer adds the base case after a change of its layer.
func (f *family) varyLayer(name string, change func(l *network.Layer)) {
	f.vary(name, func(c *Case) { change(&c.Network.Layers[0]) })
}

// kinds varies noise, surrogate and reset.
func (f *family) kinds() {
	for _, noise := range noises {
		f.varyLayer("noise "+noise, func(l *network.Layer) { setKinds(l, noise, "matched") })
	}
	for _, surrogate := range surrogates[1:] {
		f.varyLayer("surrogate "+surrogate, func(l *network.Layer) { l.Surrogate.Kind = surrogate })
	}
	for _, surrogate := range surrogates {
		for _, below := range []float64{0.001, 0.01} {
			f.varyLayer(fmt.Sprintf("surrogate %s, skip_below %g", surrogate, below), func(l *network.Layer) {
				l.Surrogate.Kind, l.Surrogate.SkipBelow = surrogate, below
				l.Surrogate.Rate *= 20 // for hazard, whose derivative is small far from the threshold
			})
		}
	}
	for _, reset := range resets {
		for _, differentiate := range []bool{false, true} {
			f.varyLayer(fmt.Sprintf("reset %s, differentiate_reset %t", reset, differentiate), func(l *network.Layer) {
				l.Reset, l.DifferentiateReset = reset, differentiate
			})
		}
	}
}

// setKinds chooses noise and surrogate; threshold spikes, which no surrogate matches, get
// superspike instead.
func setKinds(l *network.Layer, noise, surrogate string) {
	if noise == "threshold" && surrogate == "matched" {
		surrogate = "superspike"
	}
	l.Noise.Kind, l.Surrogate.Kind = noise, surrogate
}

// delays varies every delay up to the longest possible one.
func (f *family) delays() {
	last := base().Network.Steps - 1
	for _, delay := range []int{0, 5, last} {
		f.varyLayer(fmt.Sprintf("delay %d", delay), func(l *network.Layer) { l.Delay = delay })
		f.varyLayer(fmt.Sprintf("recurrent_delay %d", delay), func(l *network.Layer) { l.RecurrentDelay = delay })
		f.vary(fmt.Sprintf("readout delay %d", delay), func(c *Case) { c.Network.Readout.Delay = delay })
	}
}

// readouts varies loss and readout.
func (f *family) readouts() {
	for _, loss := range losses {
		f.vary("loss "+loss, func(c *Case) { setLoss(c.Network, loss) })
	}
	for _, loss := range []string{"van_rossum", "spike_difference"} {
		for _, outputs := range []int{1, 33} {
			f.vary(fmt.Sprintf("loss %s, %d outputs, several chunks", loss, outputs), func(c *Case) {
				c.Samples, c.Network.Classes, c.Network.Readout.LossScale = 17, outputs, 0.7
				setLoss(c.Network, loss)
			})
		}
	}
	f.vary("readout tau", func(c *Case) { c.Network.Readout.Tau = 0.01 })
	for _, classes := range []int{1, 2, 17, 33} {
		f.vary(fmt.Sprintf("%d classes", classes), func(c *Case) { c.Network.Classes = classes })
	}
}

// setLoss chooses the loss and the readout it needs: spikes are read from a last layer with a
// neuron for each class.
func setLoss(n *network.Network, loss string) {
	n.Readout.Loss = loss
	if network.Losses.Find(loss).Spikes {
		n.Readout.Kind = "spikes"
		n.Layers = append(n.Layers, layer(n.Classes))
	}
}

// regularizers varies the activity that is penalized.
func (f *family) regularizers() {
	for _, r := range allRegularizers() {
		f.varyLayer(fmt.Sprintf("regularizer %s, power %d, average %s", r.Kind, r.Power, r.Average), func(l *network.Layer) {
			l.Regularizers = []network.Regularizer{r}
		})
	}
	f.varyLayer("all regularizers at once", func(l *network.Layer) { l.Regularizers = allRegularizers() })
}

// allRegularizers returns ones that penalize many neurons (upper) or some (lower).
func allRegularizers() []network.Regularizer {
	var all []network.Regularizer
	for _, kind := range []string{"upper", "lower"} {
		for _, power := range []int{1, 2} {
			for _, average := range []string{"none", "layer"} {
				r := network.Regularizer{Kind: kind, Power: power, Strength: 0.3, Threshold: 0.3, Average: average}
				if kind == "lower" {
					r.Threshold = 20
				}
				all = append(all, r)
			}
		}
	}
	return all
}

// optimizers varies the optimizer, always with weight decay; some of the mixed networks have none.
func (f *family) optimizers() {
	for _, name := range optimizers {
		f.vary("optimizer "+name, func(c *Case) {
			c.Optimizer, c.Update = network.Optimizers.Number(name), updates()[name]
			c.Update.WeightDecay = 0.01
		})
	}
	for _, limit := range []float64{0.01, 0.3, 1e6} { // the last one is above all norms
		f.vary(fmt.Sprintf("gradient clipped to %g", limit), func(c *Case) {
			c.Update.ClipNorm = limit
			c.Samples = 17
		})
	}
}

// convolutions varies the windows of convolutions and what is above and below them.
func (f *family) convolutions() {
	f.conv("kernel 1", convolution(3, 1, 1, 0))
	f.conv("kernel 7, padding 3", convolution(5, 7, 1, 3))
	f.conv("kernel 4, stride 3, padding 2", convolution(17, 4, 3, 2))
	f.conv("stride larger than kernel", convolution(16, 2, 5, 0))
	f.conv("kernel of all positions", convolution(33, 31, 1, 0))
	f.conv("windows in the padding alone", convolution(3, 1, 2, 3), convolution(5, 2, 3, 4))
	f.conv("kernel wider than the layer below", convolution(3, 7, 5, 0), convolution(5, 9, 1, 4))
	f.conv("one filter", convolution(1, 7, 2, 0), recurrently(convolution(1, 3, 1, 1), 3))
	f.conv("one position", recurrently(convolution(17, 31, 1, 0), 1), recurrently(convolution(3, 1, 1, 0), 3))
	f.conv("2 layers", convolution(5, 5, 2, 1), convolution(9, 3, 2, 0))
	f.conv("3 layers", recurrently(convolution(16, 7, 3, 0), 5), convolution(17, 3, 2, 1), recurrently(convolution(33, 3, 1, 0), 3))
	f.conv("below a dense layer", convolution(5, 5, 2, 1), layer(33))
	f.conv("below a dense layer whose spikes are counted", recurrently(convolution(5, 5, 2, 1), 3))
	setLoss(f.cases[len(f.cases)-1].Network, "counts")
	for _, kernel := range []int{1, 3, 33} {
		l := recurrently(convolution(5, 5, 2, 1), kernel)
		l.Regularizers = allRegularizers()
		f.conv(fmt.Sprintf("recurrent kernel %d, regularized", kernel), l)
	}
	for _, reset := range resets {
		l := recurrently(convolution(5, 5, 2, 1), 5)
		l.Reset, l.DifferentiateReset, l.Delay, l.RecurrentDelay = reset, true, 3, 0
		f.conv("differentiate_reset, "+reset, l)
	}
	for _, below := range []float64{0.001, 0.01} {
		skipping := recurrently(convolution(5, 5, 2, 1), 3)
		skipping.Surrogate.SkipBelow = below
		f.conv(fmt.Sprintf("skip_below %g", below), skipping, skipping, layer(33))
	}
	for _, name := range optimizers {
		f.conv("clipped, "+name, recurrently(convolution(5, 5, 2, 1), 3))
		c := &f.cases[len(f.cases)-1]
		c.Optimizer, c.Update = network.Optimizers.Number(name), updates()[name]
		c.Update.ClipNorm = 0.05
	}
}

// conv adds the base case with other layers and two chunks of samples.
func (f *family) conv(name string, layers ...network.Layer) {
	f.vary("conv1d, "+name, func(c *Case) {
		c.Network.Layers = layers
		c.Samples = 9
	})
}

// convolution returns a convolution without recurrent connections.
func convolution(filters, kernel, stride, padding int) network.Layer {
	l := layer(0)
	l.Kind, l.Filters, l.Kernel, l.Stride, l.Padding = "conv1d", filters, kernel, stride, padding
	l.Recurrent = false
	return l
}

// recurrently returns a convolution with recurrent connections.
func recurrently(l network.Layer, kernel int) network.Layer {
	l.Recurrent, l.RecurrentKernel = true, kernel
	return l
}

// augmentations varies the changes to the input spikes.
func (f *family) augmentations() {
	moves := []uint32{1 << 28, 1 << 31, 3 << 30, 15 << 28} // by −2 to 2
	for _, v := range []struct {
		name string
		a    cpuref.Augmentation
	}{
		{"dropped", cpuref.Augmentation{Drop: 1 << 30}},
		{"moved in time", cpuref.Augmentation{Time: moves}},
		{"moved over channels", cpuref.Augmentation{Channel: moves}},
		{"moved together", cpuref.Augmentation{TogetherTime: moves, TogetherChannel: moves}},
		{"stretched", cpuref.Augmentation{Stretch: 1 << 14}},
		{"inserted", cpuref.Augmentation{Inserted: []uint32{1 << 30, 1 << 31, 3 << 30, 7 << 29, 15 << 28}}},
		{"all at once", cpuref.Augmentation{Drop: 1 << 29, Time: moves, Channel: moves, TogetherTime: moves, Stretch: 1000, Inserted: moves}},
		{"stretched over channels", cpuref.Augmentation{StretchChannels: 1 << 14}},
	} {
		v.a.Key = [2]uint32{5, uint32(cpuref.StreamEncoder)}
		f.vary("input spikes "+v.name, func(c *Case) { c.Augment, c.Samples = &v.a, 17 })
	}
}

// shapes varies sizes, each across the boundaries of words, lanes, chunks and workgroups.
func (f *family) shapes() {
	for layers := 1; layers <= 3; layers++ {
		for _, recurrent := range []bool{false, true} {
			f.vary(fmt.Sprintf("%d layers, recurrent %t", layers, recurrent), func(c *Case) {
				c.Network.Layers = nil
				for l := range layers {
					next := layer(33 - 8*l)
					next.Recurrent = recurrent
					c.Network.Layers = append(c.Network.Layers, next)
				}
			})
		}
	}
	for _, neurons := range []int{1, 16, 31, 32, 130, 257} {
		f.varyLayer(fmt.Sprintf("%d neurons", neurons), func(l *network.Layer) { l.Neurons = neurons })
	}
	for _, inputs := range []int{1, 32, 70} {
		f.vary(fmt.Sprintf("%d inputs", inputs), func(c *Case) { c.Network.Inputs = inputs })
	}
	for _, steps := range []int{1, 2, 32, 70} {
		f.vary(fmt.Sprintf("%d steps", steps), func(c *Case) { setSteps(c.Network, steps) })
	}
	for _, samples := range []int{1, 8, 9, 17, 33} {
		f.vary(fmt.Sprintf("%d samples", samples), func(c *Case) { c.Samples = samples })
	}
}

// setSteps changes the length of samples, and delays as far as necessary.
func setSteps(n *network.Network, steps int) {
	n.Steps = steps
	n.Readout.Delay = min(n.Readout.Delay, steps-1)
	for l := range n.Layers {
		n.Layers[l].Delay = min(n.Layers[l].Delay, steps-1)
		n.Layers[l].RecurrentDelay = min(n.Layers[l].RecurrentDelay, steps-1)
	}
}

// newer gives networks of their own to the kinds with which the family was not drawn: alone, and
// for a neuron's kinds also in a convolution; if quick, in one of the two in turn. Seeds are made
// from names.
func (f *family) newer(quick bool) {
	first := len(f.cases)
	neuron := func(number int, kind string, change func(l *network.Layer)) {
		if !quick || number%2 == 0 {
			f.varyLayer(kind, change)
		}
		if !quick || number%2 == 1 {
			convolved := recurrently(convolution(5, 5, 2, 1), 3)
			change(&convolved)
			f.conv(kind, convolved)
		}
	}
	eachNew(network.Noises.List(), noises, func(kind string) {
		neuron(0, "noise "+kind, func(l *network.Layer) { setKinds(l, kind, network.Matched) })
	})
	eachNew(network.Surrogates.List(), surrogates, func(kind string) {
		for i, below := range []float64{0, 0.01} {
			neuron(i, fmt.Sprintf("surrogate %s, skip_below %g", kind, below), func(l *network.Layer) {
				l.Surrogate.Kind, l.Surrogate.SkipBelow = kind, below
			})
		}
	})
	eachNew(network.Resets.List(), resets, func(kind string) {
		for i, differentiate := range []bool{false, true} {
			neuron(i, fmt.Sprintf("reset %s, differentiate_reset %t", kind, differentiate), func(l *network.Layer) {
				l.Reset, l.DifferentiateReset = kind, differentiate
			})
		}
	})
	eachNew(network.Neurons.List(), []string{"lif"}, func(kind string) {
		for i, reset := range network.Resets.List() {
			for j, differentiate := range []bool{false, true} {
				neuron(i+j, fmt.Sprintf("neuron %s, reset %s, differentiate_reset %t", kind, reset, differentiate), func(l *network.Layer) {
					l.Neuron, l.Reset, l.DifferentiateReset = kind, reset, differentiate
					l.RecurrentDelay = i
				})
			}
		}
	})
	eachNew(network.Losses.List(), losses, func(kind string) {
		f.vary("loss "+kind, func(c *Case) { setLoss(c.Network, kind) })
	})
	f.biases()
	f.planes(quick)
	f.learned(quick)
	f.dropout(quick)
	f.skips(quick)
	f.learnedDelays(quick)
	f.potentials(quick)
	f.learnedNoise(quick)
	f.refractory(quick)
	for i := range f.cases[first:] {
		c := &f.cases[first+i]
		hash := fnv.New32a()
		hash.Write([]byte(c.Name))
		c.Seed = hash.Sum32()
	}
}

// biases varies which layers have them, under each kind of reset and readout.
func (f *family) biases() {
	for i, reset := range network.Resets.List() {
		f.varyLayer("biases, reset "+reset, func(l *network.Layer) {
			l.Bias, l.Reset, l.DifferentiateReset, l.Recurrent = true, reset, i > 0, i != 1
		})
	}
	f.vary("biases, two layers, readout", func(c *Case) {
		n := c.Network
		n.Readout.Bias, n.Layers[0].Bias = true, true
		n.Layers = append(n.Layers, layer(17))
		n.Layers[1].Neuron = "lif_delta"
		c.Samples, c.Update.ClipNorm = 17, 0.01
	})
	f.vary("biases, counted spikes", func(c *Case) {
		setLoss(c.Network, "counts")
		c.Network.Layers[len(c.Network.Layers)-1].Bias = true
	})
	f.vary("biases, convolution", func(c *Case) {
		n := c.Network
		n.Layers = []network.Layer{layer(0), layer(0), layer(33)}
		for l := range n.Layers[:2] {
			n.Layers[l].Kind, n.Layers[l].Filters, n.Layers[l].Kernel, n.Layers[l].Stride, n.Layers[l].Recurrent = "conv1d", 5+12*l, 5, 2, l == 0
		}
		n.Layers[0].Bias, n.Layers[1].Bias, n.Steps = true, true, 70
		c.Samples = 9
	})
}

// planes varies convolutions over planes, in which rows and columns differ; if quick, less.
func (f *family) planes(quick bool) {
	add := func(name string, shape []int, layers ...network.Layer) {
		f.vary("conv2d, "+name, func(c *Case) {
			c.Network.InputShape, c.Network.Inputs, c.Network.Layers = shape, shape[0]*shape[1]*shape[2], layers
			c.Samples = 9
		})
	}
	over := func(filters, kernel, rows, stride, down, padding, above int) network.Layer {
		l := convolution(filters, kernel, stride, padding)
		l.Kind, l.KernelHeight, l.StrideHeight, l.PaddingHeight = "conv2d", rows, down, above
		return l
	}
	add("two channels, recurrent", []int{2, 5, 7}, recurrently(over(5, 3, 2, 2, 1, 0, 1), 3))
	add("many channels below a dense layer", []int{17, 3, 4}, over(17, 2, 3, 1, 2, 1, 0), layer(33))
	add("a plane wider than a word", []int{1, 3, 40}, recurrently(over(3, 5, 3, 1, 1, 2, 1), 5), over(16, 1, 2, 3, 1, 0, 0))
	add("kernels beyond the plane", []int{2, 2, 3}, over(3, 5, 4, 1, 2, 1, 2), recurrently(over(5, 2, 1, 1, 1, 1, 0), 7))
	add("windows in the padding", []int{1, 3, 4}, over(5, 1, 2, 3, 2, 3, 2), over(4, 2, 1, 1, 2, 0, 1))
	pooled := func(l network.Layer, pool, height int, kind string) network.Layer {
		l.Pool, l.PoolHeight, l.PoolKind = pool, height, kind
		return l
	}
	add("a maximum and a sum", []int{1, 9, 9}, pooled(over(5, 2, 2, 1, 1, 0, 0), 2, 0, "max"), pooled(over(3, 3, 3, 1, 1, 1, 1), 2, 0, "sum"))
	if !quick {
		add("maximum below a convolution", []int{2, 6, 7}, pooled(recurrently(over(5, 3, 3, 1, 1, 1, 1), 3), 2, 0, "max"), over(17, 2, 2, 1, 1, 0, 0))
		add("sum below a convolution", []int{2, 6, 7}, pooled(recurrently(over(17, 3, 3, 1, 1, 1, 1), 3), 2, 3, "sum"), over(5, 2, 2, 1, 1, 1, 0))
		add("maximum below a dense layer", []int{1, 5, 40}, pooled(over(3, 1, 2, 1, 1, 0, 1), 3, 1, "max"), layer(33))
	}
	biased := over(5, 2, 2, 1, 1, 0, 0)
	biased.Bias, biased.Regularizers = true, allRegularizers()
	add("biases, regularized, counted spikes", []int{3, 4, 4}, biased)
	setLoss(f.cases[len(f.cases)-1].Network, "counts")
}

// dropout varies which layers drop spikes, and how; if quick, less. Samples of several words of
// steps have segments that are rerun.
func (f *family) dropout(quick bool) {
	add := func(name string, below, above float64, per string, layers ...network.Layer) {
		f.vary("dropout, "+name, func(c *Case) {
			n := c.Network
			if layers == nil {
				layers = []network.Layer{layer(33), layer(17)}
			} else {
				n.InputShape, n.Inputs = []int{1, 5, 7}, 35
			}
			n.Layers, n.Steps, c.Samples = layers, 37, 9
			n.Layers[0].Dropout, n.Layers[0].DropoutPer = below, per
			n.Layers[1].Dropout, n.Layers[1].DropoutPer = above, per
		})
	}
	convolved := func(pool string) network.Layer {
		l := recurrently(convolution(5, 3, 1, 1), 3)
		l.Kind, l.Pool, l.PoolKind = "conv2d", 2, pool
		return l
	}
	add("spikes of a pooled convolution, neurons of none", 0.4, 0, "spike", convolved("sum"), layer(17))
	if quick {
		return
	}
	add("spikes of two layers", 0.3, 0.5, "spike")
	add("neurons of two layers", 0.5, 0.2, "neuron")
	add("spikes of the upper layer", 0, 0.9, "spike")
	above := convolution(17, 2, 1, 0)
	above.Kind = "conv2d"
	add("neurons of a pooled convolution", 0.4, 0.3, "neuron", convolved("max"), above)
}

// skips varies which layers have several sources, with delays of all lengths; if quick, less.
func (f *family) skips(quick bool) {
	input, below := network.SourceName(-1), network.SourceName
	small := func(neurons, delay int, from ...string) network.Layer {
		l := layer(neurons)
		l.Recurrent, l.Delay, l.From = false, delay, from
		return l
	}
	// Layers of the same kind and size, so that a driver builds few pipelines for them.
	f.vary("skips, every layer of all below, readout too", func(c *Case) {
		n := c.Network
		n.Inputs = 9
		n.Layers = []network.Layer{small(17, 2), small(17, 0, input, below(0)), small(17, 3, below(1), below(0), input)}
		n.Readout.From = []string{input, below(0), below(2)}
		c.Samples = 9
	})
	plane := func(filters, kernel, delay int, from ...string) network.Layer {
		l := convolution(filters, kernel, 1, kernel/2)
		l.Kind, l.Delay, l.From = "conv2d", delay, from
		return l
	}
	f.vary("skips, a residual block of conv2d", func(c *Case) {
		n := c.Network
		n.InputShape, n.Inputs = []int{2, 2, 3}, 12
		n.Layers = []network.Layer{plane(3, 3, 1), plane(3, 3, 1), plane(3, 3, 2, below(1), below(0), input)}
		c.Samples = 3
	})
	if quick {
		return
	}
	f.vary("skips, every kind of all below", func(c *Case) {
		n := c.Network
		n.Inputs, n.Steps = 9, 70
		n.Layers = []network.Layer{small(7, 1), small(5, 0, input, below(0)), small(17, 3, below(1), below(0), input)}
		n.Layers[0].Recurrent, n.Layers[2].Bias, n.Layers[2].Regularizers = true, true, allRegularizers()
		setKinds(&n.Layers[1], "threshold", "superspike")
		n.Layers[1].Neuron = "lif_delta"
		n.Readout.From, n.Readout.Delay, n.Readout.Bias = []string{input, below(0), below(2)}, 2, true
		c.Samples = 9
	})
	f.vary("skips, branches of conv2d, pooled, dropout", func(c *Case) {
		n := c.Network
		n.InputShape, n.Inputs = []int{2, 6, 7}, 84
		n.Layers = []network.Layer{plane(3, 3, 1, input), plane(17, 5, 2, input), plane(5, 3, 1, below(0), below(1)), small(33, 1, below(0), below(2), input)}
		for l := range n.Layers[:2] {
			n.Layers[l].Pool, n.Layers[l].PoolKind = 2, []string{"max", "sum"}[l]
			n.Layers[l].Dropout, n.Layers[l].DropoutPer = 0.3, []string{"spike", "neuron"}[l]
		}
		n.Layers[1] = recurrently(n.Layers[1], 3)
		c.Samples = 17
	})
	f.vary("skips, branches, learned constants, counted spikes", func(c *Case) {
		n := c.Network
		n.Layers = []network.Layer{small(33, 0), small(20, 5, input), small(17, 1, below(0)), small(10, 2, input, below(2), below(1))}
		n.Layers[1].Neuron, n.Layers[2].Neuron, n.Layers[2].Recurrent = "adaptive", "if", true
		setLoss(n, "counts")
		learnAll(&n.Layers[3])
		learnAll(&n.Layers[2])
		c.Samples, c.Update.ClipNorm = 33, 0.01
	})
	f.vary("skips, target spikes, long delays", func(c *Case) {
		n := c.Network
		n.Steps = 70
		n.Layers = []network.Layer{small(17, 1), small(33, 40, below(0), input), small(10, 1, below(0), below(1))}
		n.Layers[1].Recurrent = true
		setLoss(n, "van_rossum")
		c.Samples = 9
	})
	f.vary("skips, conv1d below dense layers, augmented", func(c *Case) {
		n := c.Network
		below0 := convolution(5, 3, 1, 1)
		below1 := recurrently(convolution(17, 3, 2, 1), 3)
		below1.From = []string{input, below(0)}
		n.Layers = []network.Layer{below0, below1, small(31, 1, below(0), below(1)), small(16, 0, below(0), below(2))}
		n.Readout.From = []string{below(1), below(3)}
		c.Augment, c.Samples = &cpuref.Augmentation{Key: [2]uint32{3, uint32(cpuref.StreamEncoder)}, Drop: 1 << 30}, 17
	})
}

// learned varies which constants are learned, in which neurons and per what; if quick, less.
func (f *family) learned(quick bool) {
	for i, reset := range network.Resets.List() {
		for j, kind := range network.Neurons.List() {
			if quick && i != (j+2)%3 {
				continue
			}
			per := []string{"neuron", "layer"}[(i+j)%2]
			f.vary(fmt.Sprintf("learned constants per %s, neuron %s, reset %s", per, kind, reset), func(c *Case) {
				l := &c.Network.Layers[0]
				l.Neuron, l.Reset, l.DifferentiateReset, l.Recurrent = kind, reset, j%2 == 0, j != i
				l.LearnPer, l.LearnSpread = per, 0
				learnAll(l)
				c.Samples = []int{9, 17, 33}[i]
			})
		}
	}
	if quick {
		return
	}
	for i, per := range []string{"neuron", "layer"} {
		convolved := convolution(5+12*i, 5, 2, 1)
		if convolved.LearnPer, convolved.Neuron = per, "lif_delta"; i == 0 {
			convolved = recurrently(convolved, 3)
			convolved.Neuron, convolved.Reset = "lif", "subtractive"
		}
		learnAll(&convolved)
		f.conv("learned constants per "+per, convolved)
	}
	f.vary("learned constants, two layers, clipped", func(c *Case) {
		n := c.Network
		n.Layers = append(n.Layers, layer(17))
		n.Layers[0].Learn, n.Layers[1].Learn, n.Layers[1].Neuron = []string{"threshold"}, []string{"tau_adaptation"}, "adaptive"
		n.Layers[0].LearnPer, n.Layers[0].Bias = "layer", true
		setKinds(&n.Layers[0], "sigmoid", network.Matched)
		c.Samples, c.Update.ClipNorm = 17, 0.01
	})
	f.vary("learned constants, spread, large steps", func(c *Case) {
		l := &c.Network.Layers[0]
		l.Learn, l.LearnSpread = []string{"tau_membrane", "tau_synapse", "threshold"}, 0.6
		c.Optimizer = cpuref.OptimizerAdam
		c.Update = updates()["adam"]
		c.Update.LearningRate = 3 // reaches the bounds
	})
}

// learnedDelays varies which spikes have learned delays, and how long these can be; if quick,
// less.
func (f *family) learnedDelays(quick bool) {
	f.vary("learned delays of both layers, dropout, varied input", func(c *Case) {
		n := c.Network
		n.Layers = append(n.Layers, layer(17))
		n.Layers[0].LearnedDelay, n.Layers[1].LearnedDelay = 5, n.Steps-1-n.Layers[1].Delay
		n.Layers[0].Dropout, n.Layers[0].DropoutPer, n.Layers[1].Recurrent = 0.2, "spike", false
		c.Augment, c.Samples = &cpuref.Augmentation{Key: [2]uint32{3, uint32(cpuref.StreamEncoder)}, Drop: 1 << 30}, 17
	})
	if quick {
		return
	}
	f.varyLayer("learned delays of the input", func(l *network.Layer) { l.LearnedDelay = 1 })
	f.vary("learned delays of a layer, large steps, learned constants", func(c *Case) {
		n := c.Network
		n.Layers = append(n.Layers, layer(33))
		n.Layers[1].LearnedDelay = 9
		learnAll(&n.Layers[1])
		c.Optimizer, c.Update, c.Samples = cpuref.OptimizerAdam, updates()["adam"], 33
		c.Update.LearningRate = 0.7 // reaches the bounds
	})
}

// potentials varies which layers hand up potentials; if quick, less.
func (f *family) potentials(quick bool) {
	silent := func(neurons int) network.Layer {
		l := layer(neurons)
		l.Output, l.Recurrent, l.Regularizers = "potential", false, nil
		return l
	}
	f.vary("potentials on one another, below spikes", func(c *Case) {
		n := c.Network
		n.Layers = []network.Layer{silent(19), silent(33), layer(17)}
		n.Layers[1].Neuron, n.Layers[1].Delay, c.Samples = "lif_delta", 3, 11
	})
	if quick {
		return
	}
	f.vary("potentials beside spikes, to the readout", func(c *Case) {
		n := c.Network
		n.Layers = []network.Layer{layer(20), silent(40), layer(35)}
		n.Layers[1].From, n.Layers[2].From = []string{"input", "layer0"}, []string{"layer1", "layer0"}
		n.Readout.From, c.Samples = []string{"layer2", "layer1"}, 33
		n.Layers[1].Learn, n.Layers[1].Bias = []string{"tau_membrane", "tau_synapse"}, true
	})
	f.vary("potentials of integrators, of which none arrives", func(c *Case) {
		n := c.Network
		n.Layers = []network.Layer{silent(5), layer(9)}
		n.Layers[0].Neuron, n.Layers[1].Delay, c.Samples = "if", n.Steps-1, 3
	})
}

// refractory varies the refractory period, across boundaries of segments and of words of spikes;
// if quick, less.
func (f *family) refractory(quick bool) {
	add := func(name string, steps int, change func(below, above *network.Layer)) {
		f.vary("refractory, "+name, func(c *Case) {
			n := c.Network
			n.Steps, n.Inputs, c.Samples = steps, 9, 9
			n.Layers = []network.Layer{layer(20), layer(17)}
			for l := range n.Layers {
				n.Layers[l].Noise.Beta = 4 // spikes soon after the refractory period
			}
			change(&n.Layers[0], &n.Layers[1])
		})
	}
	f.vary("refractory, one layer", func(c *Case) {
		c.Network.Steps, c.Network.Inputs, c.Samples = 37, 9, 9
		l := &c.Network.Layers[0]
		l.Neurons, l.RefractorySteps, l.Recurrent, l.Noise.Beta = 20, 3, false, 4
	})
	if quick {
		return
	}
	add("two layers", 37, func(below, above *network.Layer) {
		below.RefractorySteps, above.RefractorySteps = 3, 1
		below.Reset, above.Recurrent = "subtractive", false
	})
	for i, kind := range network.Neurons.List() {
		add("neuron "+kind, 70, func(below, above *network.Layer) {
			below.RefractorySteps, above.RefractorySteps = []int{2, cpuref.MostRefractory, 5, 1}[i], []int{1, 4, cpuref.MostRefractory, 9}[i]
			below.Neuron, above.Neuron = kind, kind
			below.Reset, above.Reset = resets[i%3], resets[(i+1)%3]
			below.DifferentiateReset = i%2 == 0
			if i > 1 {
				learnAll(above)
			}
			if i == 1 {
				setKinds(below, "threshold", "superspike")
				above.Surrogate.SkipBelow = 0.001
			}
		})
	}
	add("convolution below a dense layer", 40, func(below, _ *network.Layer) {
		*below = recurrently(convolution(5, 3, 1, 1), 3)
		below.RefractorySteps, below.RecurrentDelay = 6, 0
	})
	add("counted spikes, regularized", 33, func(below, above *network.Layer) {
		below.RefractorySteps, above.RefractorySteps = 2, 4
		below.Regularizers = allRegularizers()
	})
	setLoss(f.cases[len(f.cases)-1].Network, "counts")
}

// learnedNoise varies the noise whose steepness is learned; if quick, less.
func (f *family) learnedNoise(quick bool) {
	f.vary("learned noise_beta and constants, adaptive, rests", func(c *Case) {
		l := &c.Network.Layers[0]
		l.Neuron, l.Reset, l.DifferentiateReset, l.RefractorySteps = "adaptive", "subtractive", true, 1
		setKinds(l, "superspike", network.Matched)
		learnAll(l)
		l.Learn, c.Samples = append(l.Learn, "noise_beta"), 9
	})
	if quick {
		return
	}
	f.vary("learned noise_beta per layer, large steps", func(c *Case) {
		l := &c.Network.Layers[0]
		setKinds(l, "sigmoid", network.Matched)
		l.Learn, l.LearnPer = []string{"noise_beta"}, "layer"
		c.Optimizer, c.Update, c.Samples = cpuref.OptimizerAdam, updates()["adam"], 33
		c.Update.LearningRate = 3 // reaches the bounds
	})
	convolved := convolution(17, 5, 2, 1)
	convolved.Neuron = "lif_delta"
	setKinds(&convolved, "sigmoid", network.Matched)
	convolved.Learn = []string{"threshold", "noise_beta"}
	f.conv("learned noise_beta", convolved)
}

// learnAll makes all constants of a layer's neurons learned.
func learnAll(l *network.Layer) {
	model := network.Neurons.Number(l.Neuron)
	l.Learn = []string{"threshold"}
	if model != cpuref.NeuronIF {
		l.Learn = append(l.Learn, "tau_membrane")
	}
	if model.HasCurrent() {
		l.Learn = append(l.Learn, "tau_synapse")
	}
	if model.Adapts() {
		l.Learn = append(l.Learn, "tau_adaptation", "adaptation")
	}
}

// eachNew calls a function for the kinds in a table that are not in a list.
func eachNew(table, drawn []string, add func(kind string)) {
	for _, kind := range table {
		if !slices.Contains(drawn, kind) {
			add(kind)
		}
	}
}
