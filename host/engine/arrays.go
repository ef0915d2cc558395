package engine

import (
	"fmt"
	"math/bits"

	"spikegrad/cpuref"
)

// arrays holds everything that the samples of a pass need on their way through the kernels, on
// every device: W is an array of 32-bit words, R of numbers. With whole samples, the layers' errors
// alternate between two shared arrays, unless errors skip layers.
type arrays[W, R any] struct {
	inputTrains W // spike trains of the input, [input][word of samples and steps]
	always      W // the same for inputs that spike in every step, for biases
	rows, index W // events of the layer whose spikes are handed up
	layers      []layerArrays[W, R]
	logits      R
	delayed     W // spikes after learned delays, as bits, [sample][step][word]

	readout       R // of a leaky readout: potential, laid out like membranes
	readoutErrors R // and its ∂L/∂U, then ∂L/∂h
	readoutStates R

	targets      W // of a loss on target spikes
	targetErrors R // and its ∂L/∂S, for all steps

	pooledErrors R // ∂L/∂S of what a layer hands up pooled, on its way down to the layer

	samplewise []R // [connection]: gradients of single samples, carried from segment to segment
}

// layerArrays holds the arrays of a layer; states and adjoints only exist with segments.
type layerArrays[W, R any] struct {
	spikes     W // bits, of all steps
	membrane   R // U[t+1], or the surrogate derivative at U[t]; before that, the sums of connections apart
	lost       R // what a spike subtracts from U[t+1]; only where the backward pass needs it
	trains     W
	handed     W // trains of what the layer hands up, if it pools, drops or delays spikes
	counts     W
	spikeError R
	errors     R // ∂L/∂S, then ∂L/∂h
	states     R // [slot][sample][state][stride] where segments begin; the last slot is for recomputed ones
	adjoints   R // [sample][state][stride] at the end of the current segment

	trace          R // [sample][row][state][stride]: states at t+1; only with learned constants
	constantErrors R // [sample][learned][stride]: accumulated by the backward pass
	later          R // [chunk]: gradients of the input weights if spikes arrived a step later; only with learned delays
}

// allocator makes arrays of a given length.
type allocator[W, R any] struct {
	words   func(name string, length int) W
	numbers func(name string, length int) R
	// reuse, if not nil, gives an array of numbers that is not in use yet a second use.
	reuse func(R) W
}

// lay makes the arrays of a pass for the given number of samples, cut in time by cut.
func lay[T cpuref.Float, W, R any](p *plan[T], cut segmentation, samples int, a allocator[W, R]) arrays[W, R] {
	var all arrays[W, R]
	allRows, rows, words, whole := samples*p.steps, samples*cut.rows(), samples*cpuref.Words(p.steps), cut.count() == 1
	readoutStride := cpuref.Stride(p.classes)
	neurons, widest := 0, readoutStride
	for _, layer := range p.layers {
		neurons, widest = max(neurons, layer.neurons), max(widest, cpuref.Stride(layer.neurons))
	}
	all.inputTrains = a.words("input trains", product(p.layers[0].inputs, words))
	if positions := p.alwaysPositions(); positions > 0 {
		all.always = a.words("trains of every step", product(positions, words))
	}
	all.rows = a.words("event rows", 2*allRows)
	var turns [2]R
	turning := whole && !p.skippedBy()
	if turning {
		turns = [2]R{a.numbers("errors", product(rows, widest)), a.numbers("errors", product(rows, widest))}
		all.readoutErrors = turns[0]
	}
	if turning && a.reuse != nil {
		all.index = a.reuse(turns[1]) // there are no errors yet when events are listed
	} else {
		all.index = a.words("event index", product(samples*cut.eventRows(), neurons))
	}
	if most := p.mostDelayed(); most > 0 {
		all.delayed = a.words("delayed spikes", product(allRows, cpuref.Words(most)))
	}
	if widest := p.widestPooled(); widest > 0 {
		all.pooledErrors = a.numbers("pooled errors", product(rows, widest))
	}
	for l, layer := range p.layers {
		stride, states, name := cpuref.Stride(layer.neurons), layer.neuron.Model.States(), fmt.Sprintf("layer%d ", l)
		one := layerArrays[W, R]{
			spikes:     a.words(name+"spikes", product(allRows, cpuref.Words(layer.neurons))),
			membrane:   a.numbers(name+"membrane", product(rows, stride)),
			trains:     a.words(name+"trains", product(layer.neurons, words)),
			counts:     a.words(name+"counts", product(samples, stride)),
			spikeError: a.numbers(name+"spike error", product(samples, stride)),
			errors:     turns[(len(p.layers)-l)%2],
		}
		if layer.handsOther() {
			one.handed = a.words(name+"trains handed up", product(layer.handed*layer.pooling.Copies(), words))
		}
		if layer.neuron.LosesState() {
			one.lost = a.numbers(name+"lost", product(rows, stride))
		}
		if learned := layer.neuron.Learn.Count(); learned > 0 {
			one.trace = a.numbers(name+"trace", product(rows*states, stride))
			one.constantErrors = a.numbers(name+"constant errors", product(samples*learned, stride))
		}
		if layer.delays >= 0 {
			one.later = a.numbers(name+"gradients a step later", product(cpuref.Chunks(samples), p.weights[layer.input].size))
		}
		if !turning {
			one.errors = a.numbers(name+"errors", product(rows, stride))
		}
		if !whole {
			one.states = a.numbers(name+"states", product(states*samples*cut.slots(), stride))
			one.adjoints = a.numbers(name+"adjoints", product(states*samples, stride))
		}
		all.layers = append(all.layers, one)
	}
	all.logits = a.numbers("logits", product(samples, readoutStride))
	if p.readout != nil {
		all.readout = a.numbers("readout", product(allRows, readoutStride))
		if !turning {
			all.readoutErrors = a.numbers("readout errors", product(allRows, readoutStride))
		}
		if !whole {
			all.readoutStates = a.numbers("readout states", product(2*samples, readoutStride))
		}
	}
	if p.distance != nil {
		all.targets = a.words("targets", product(allRows, cpuref.Words(p.classes)))
		all.targetErrors = all.layers[len(p.layers)-1].errors
		if !whole {
			all.targetErrors = a.numbers("target errors", product(allRows, readoutStride))
		}
	}
	for _, w := range p.weights {
		var sums R
		if !whole && w.target < len(p.layers) && w.source > learned {
			sums = a.numbers(w.Name+" gradients of samples", product(samples, w.size))
		}
		all.samplewise = append(all.samplewise, sums)
	}
	return all
}

// errorsOf returns the errors of the target of a connection.
func (a *arrays[W, R]) errorsOf(c *weightPlan) R {
	if c.target == len(a.layers) {
		return a.readoutErrors
	}
	return a.layers[c.target].errors
}

// sumsOf is where the sums of a connection apart go: the membranes of its target.
func (a *arrays[W, R]) sumsOf(c *weightPlan) R {
	if c.target == len(a.layers) {
		return a.readout
	}
	return a.layers[c.target].membrane
}

// trainsOf returns the spike trains of the source of a connection, as the connection takes them.
func (a *arrays[W, R]) trainsOf(c *weightPlan) W {
	switch {
	case c.source == always:
		return a.always
	case c.source == -1:
		return a.inputTrains
	case c.handed:
		return a.layers[c.source].handed
	}
	return a.layers[c.source].trains
}

// errorsBelow is where a connection puts the errors that it carries down to its source.
func (a *arrays[W, R]) errorsBelow(c *weightPlan) R {
	if c.pooled {
		return a.pooledErrors
	}
	return a.layers[c.source].errors
}

// widestPooled is the most numbers that any layer hands up pooled; 0 if none does.
func (p *plan[T]) widestPooled() int {
	most := 0
	for _, layer := range p.layers {
		if !layer.pooling.None() {
			most = max(most, layer.handed)
		}
	}
	return most
}

// product is a·b, capped at 1<<62, so that impossible amounts of memory are refused by their size.
func product(a, b int) int {
	if high, low := bits.Mul64(uint64(a), uint64(b)); high == 0 && low <= 1<<62 {
		return int(low)
	}
	return 1 << 62
}
