package check

import (
	"context"
	"errors"
	"slices"

	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// mostRuns bounds the number of runs to shrink a difference.
const mostRuns = 600

// Shrink looks for the smallest case in which a candidate still differs from the reference: it
// removes one thing at a time, or makes it smaller, as long as the difference remains.
func Shrink(ctx context.Context, d Drawn, open Opener) Drawn {
	smallest := d.clone()
	list, runs, inVain := reductions(&smallest), 0, 0
	// What failed is retried last: a success rarely makes it possible.
	for at := 0; inVain < len(list); at++ {
		next := smallest.clone()
		before := next.TOML()
		list[at%len(list)](&next)
		inVain++
		if next.TOML() == before {
			continue
		}
		if runs++; runs > mostRuns || ctx.Err() != nil {
			break
		}
		if differs(next, open) {
			smallest, inVain = next, 0
			list = reductions(&smallest)
		}
	}
	return smallest
}

// differs reports whether a case is valid and a candidate gives different bits.
func differs(d Drawn, open Opener) bool {
	if d.Network.Validate() != nil {
		return false
	}
	want, err := reference(&d)
	if err != nil || want == nil {
		return false
	}
	got, _, err := runOn(&d.Case, open, d.Variant)
	if err != nil {
		return false
	}
	result, err := Compare(want, got)
	return err == nil && result.Different > 0
}

// overflows reports whether an engine gave up because of numbers that are not finite.
func overflows(err error) bool {
	var notFinite *engine.NotFiniteError
	return errors.As(err, &notFinite)
}

// reductions returns ways to make a case smaller, those that remove most first. Each can be
// repeated until it changes nothing.
func reductions(d *Drawn) []func(*Drawn) {
	n := d.Network
	var list []func(*Drawn)
	add := func(change func(*Drawn)) { list = append(list, change) }
	// number tries 1, half and one less.
	number := func(value int, set func(d *Drawn, value int)) {
		for _, smaller := range []int{1, value / 2, value - 1} {
			if smaller >= 1 && smaller < value {
				add(func(d *Drawn) { set(d, smaller) })
			}
		}
	}
	for l := range n.Layers {
		if len(n.Layers) > 1 && !(n.Spiking() && l == len(n.Layers)-1) {
			add(func(d *Drawn) { d.Network.Layers = append(d.Network.Layers[:l], d.Network.Layers[l+1:]...) })
		}
	}
	number(d.Samples, func(d *Drawn, value int) { d.Samples = value })
	number(n.Steps, func(d *Drawn, value int) { setSteps(d.Network, value) })
	number(n.Inputs, func(d *Drawn, value int) { d.Network.Inputs = value })
	number(n.Classes, func(d *Drawn, value int) {
		d.Network.Classes = value
		if d.Network.Spiking() {
			d.Network.Layers[len(d.Network.Layers)-1].Neurons = value
		}
	})
	add(func(d *Drawn) {
		d.Network.Readout = readout()
		setSteps(d.Network, d.Network.Steps)
	})
	add(func(d *Drawn) { d.Network.Readout.Delay = 0 })
	add(func(d *Drawn) { d.Network.Readout.Bias = false })
	add(func(d *Drawn) { d.Network.Readout.From = nil })
	add(func(d *Drawn) { d.Augment = nil })
	add(func(d *Drawn) { d.Variant = Variant{Workers: 1} })
	add(func(d *Drawn) { d.Variant.Workers = 1 })
	add(func(d *Drawn) { d.Variant.PassSamples = 0 })
	add(func(d *Drawn) { d.Variant.SegmentSteps = 0 })
	add(func(d *Drawn) {
		d.Optimizer, d.Update = network.Optimizers.Number("sgd"), engine.Update{LearningRate: 0.05}
	})
	add(func(d *Drawn) { d.Update.ClipNorm = 0 })
	for l := range n.Layers {
		reduceLayer(n, l, add, number)
	}
	return list
}

// reduceLayer adds the reductions of one layer.
func reduceLayer(n *network.Network, l int, add func(func(*Drawn)), number func(int, func(*Drawn, int))) {
	change := func(change func(layer *network.Layer)) { add(func(d *Drawn) { change(&d.Network.Layers[l]) }) }
	sized := func(value int, set func(layer *network.Layer, value int)) {
		number(value, func(d *Drawn, value int) { set(&d.Network.Layers[l], value) })
	}
	now := &n.Layers[l]
	if now.Convolutional() {
		change(func(layer *network.Layer) { layer.Kind = "dense" })
		sized(now.Filters, func(layer *network.Layer, value int) { layer.Filters = value })
		sized(now.Kernel, func(layer *network.Layer, value int) { layer.Kernel = value })
		sized(now.Stride, func(layer *network.Layer, value int) { layer.Stride = value })
		change(func(layer *network.Layer) { layer.Padding = 0 })
		change(func(layer *network.Layer) { layer.Pool, layer.PoolHeight = 1, 0 })
		change(func(layer *network.Layer) { layer.RecurrentKernel = 1 })
	} else if !(n.Spiking() && l == len(n.Layers)-1) {
		sized(now.Neurons, func(layer *network.Layer, value int) { layer.Neurons = value })
	}
	change(func(layer *network.Layer) { layer.From = nil })
	for i := range now.From {
		change(func(layer *network.Layer) {
			if len(layer.From) > 1 {
				layer.From = slices.Delete(slices.Clone(layer.From), i, i+1)
			}
		})
	}
	change(func(layer *network.Layer) { layer.Recurrent = false })
	change(func(layer *network.Layer) { layer.Bias = false })
	change(func(layer *network.Layer) { layer.Dropout = 0 })
	change(func(layer *network.Layer) { layer.DropoutPer = "spike" })
	change(func(layer *network.Layer) { layer.Learn = nil })
	change(func(layer *network.Layer) { layer.Delay = 0 })
	change(func(layer *network.Layer) { layer.RecurrentDelay = 0 })
	change(func(layer *network.Layer) { layer.Regularizers = nil })
	for r := range now.Regularizers {
		change(func(layer *network.Layer) {
			layer.Regularizers = append(layer.Regularizers[:r], layer.Regularizers[r+1:]...)
		})
	}
	change(func(layer *network.Layer) { layer.DifferentiateReset = false })
	change(func(layer *network.Layer) { layer.Surrogate.SkipBelow = 0 })
	change(func(layer *network.Layer) { layer.Neuron = "lif" })
	change(func(layer *network.Layer) { layer.Reset = "multiplicative" })
	change(func(layer *network.Layer) { setKinds(layer, "threshold", "superspike") })
	change(func(layer *network.Layer) { layer.Surrogate.Kind = "superspike" })
}
