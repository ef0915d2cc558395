package engine

import (
	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// cpuWorker holds the states of one chunk of samples and takes it through all
// kernels.
type cpuWorker[T cpuref.Float] struct {
	engine *CPU[T]
	work   cpuref.Workspace[T]

	inputTrains []uint32
	layers      []cpuLayerState[T]
	readout     []T // potential
	logits      []T
	errors      [2][]T // ∂L/∂S, then ∂L/∂h: one of the layer at work, one of the layer above
}

// cpuLayerState is what a layer leaves behind for the backward pass.
type cpuLayerState[T cpuref.Float] struct {
	spikes     []uint32
	membrane   []T
	current    []T
	events     cpuref.Events
	trains     []uint32
	counts     []uint32
	spikeError []T
}

func newCPUWorker[T cpuref.Float](e *CPU[T]) *cpuWorker[T] {
	p := e.plan
	rows := cpuref.ChunkSamples * p.steps
	w := &cpuWorker[T]{
		engine:      e,
		inputTrains: make([]uint32, p.layers[0].inputs*cpuref.ChunkSamples*cpuref.Words(p.steps)),
		logits:      make([]T, cpuref.ChunkSamples*cpuref.Stride(p.classes)),
	}
	widest := 0
	for _, layer := range p.layers {
		stride := cpuref.Stride(layer.neurons)
		state := cpuLayerState[T]{
			spikes:     make([]uint32, rows*cpuref.Words(layer.neurons)),
			membrane:   make([]T, rows*stride),
			events:     cpuref.Events{Rows: make([][2]uint32, rows), Index: make([]uint32, rows*layer.neurons)},
			trains:     make([]uint32, layer.neurons*cpuref.ChunkSamples*cpuref.Words(p.steps)),
			counts:     make([]uint32, cpuref.ChunkSamples*stride),
			spikeError: make([]T, cpuref.ChunkSamples*stride),
		}
		if layer.neuron.DifferentiateReset {
			state.current = make([]T, rows*stride)
		}
		w.layers = append(w.layers, state)
		widest = max(widest, stride)
	}
	if p.readout != nil {
		w.readout = make([]T, rows*cpuref.Stride(p.classes))
		widest = max(widest, cpuref.Stride(p.classes))
	}
	for i := range w.errors {
		w.errors[i] = make([]T, rows*widest)
	}
	return w
}

// run takes one chunk of a batch forward and, if asked, backward into the chunk's
// partial gradients.
func (w *cpuWorker[T]) run(batch *Batch, chunk int, stream cpuref.Stream, record *RecordOf[T], backward bool) {
	first := chunk * cpuref.ChunkSamples
	last := min(first+cpuref.ChunkSamples, batch.Samples())
	w.forward(batch, first, last, stream, backward)
	w.loss(batch, first, last, backward)
	if record != nil {
		w.record(record, first, last)
	}
	if backward {
		w.backward(chunk, last-first)
	}
}

// forward runs all layers and the readout for samples first to last of the batch;
// in the worker's arrays they are samples 0 to last−first.
func (w *cpuWorker[T]) forward(batch *Batch, first, last int, stream cpuref.Stream, backward bool) {
	e, p, samples := w.engine, w.engine.plan, last-first
	events := cpuref.Events{Rows: batch.Rows[first*p.steps : last*p.steps], Index: batch.Index}
	if backward {
		cpuref.SpikeTrains(w.inputTrains, events, p.layers[0].inputs, samples, p.steps, 0, samples)
	}
	var flips []cpuref.Flip
	if batch.Flips != nil {
		for _, f := range batch.Flips[first:last] {
			flips = append(flips, f.slot(p.network))
		}
	}
	for l := range p.layers {
		layer, state := &p.layers[l], &w.layers[l]
		arguments := cpuref.LIFForwardArguments[T]{
			Spikes: state.spikes, Membrane: state.membrane, Current: state.current,
			Events: events, InputWeights: e.weights[layer.input],
			Numbers: batch.Numbers[first:last], Flips: flips,
			Steps: p.steps, Neurons: layer.neurons, Filters: layer.filters,
			Input: layer.inputWindow, Recurrent: layer.recurrentWindow,
			Delay: layer.delay, RecurrentDelay: layer.recurrentDelay,
			Key:   [2]uint32{p.options.Seed, uint32(stream)},
			Layer: uint32(l), Neuron: layer.neuron,
		}
		if layer.recurrent >= 0 {
			arguments.RecurrentWeights = e.weights[layer.recurrent]
		}
		cpuref.LIFForward(&arguments, &w.work, 0, samples)
		events = state.events
		cpuref.BuildEvents(events, state.spikes, cpuref.Words(layer.neurons), layer.neurons, 0, samples*p.steps)
		cpuref.SpikeTrains(state.trains, events, layer.neurons, samples, p.steps, 0, samples)
		cpuref.SpikeCounts(state.counts, state.trains, layer.neurons, samples, p.steps, 0, samples)
		cpuref.SpikeTotals(e.totals[l][first:last], state.counts, layer.neurons, 0, samples)
	}
	if r := p.readout; r != nil {
		cpuref.ReadoutForward(&cpuref.ReadoutForwardArguments[T]{
			Readout: w.readout, Events: events, Weights: e.weights[r.weight],
			Steps: p.steps, Classes: p.classes, Delay: r.delay,
			DecayMembrane: r.decayMembrane, DriveMembrane: r.driveMembrane,
			DecaySynapse: r.decaySynapse, Initial: r.initial,
		}, &w.work, 0, samples)
	}
}

// loss computes cross-entropy and regularizers and, for a backward pass, their
// derivatives.
func (w *cpuWorker[T]) loss(batch *Batch, first, last int, backward bool) {
	e, p, samples := w.engine, w.engine.plan, last-first
	top := &w.layers[len(w.layers)-1]
	for l := range w.layers {
		clear(w.layers[l].spikeError)
	}
	arguments := cpuref.CrossEntropyArguments[T]{
		Loss: e.loss[first:last], Predicted: e.predicted[first:last], Logits: w.logits,
		Readout: w.readout, Labels: batch.Labels[first:last],
		Steps: p.steps, Classes: p.classes, Kind: p.loss,
	}
	if p.readout == nil {
		arguments.Counts, arguments.SpikeError = top.counts, top.spikeError
	} else if backward {
		arguments.Error = w.errors[0]
	}
	cpuref.CrossEntropy(&arguments, &w.work, 0, samples)
	regularizer := e.regularizer[first:last]
	clear(regularizer)
	for l, layer := range p.layers {
		for _, activity := range layer.activity {
			activity.SpikeError, activity.Loss, activity.Counts = w.layers[l].spikeError, regularizer, w.layers[l].counts
			cpuref.Activity(&activity, 0, samples)
		}
	}
}

// backward carries the error down and writes the chunk's partial gradients.
func (w *cpuWorker[T]) backward(chunk, samples int) {
	e, p := w.engine, w.engine.plan
	above, errors := w.errors[0], w.errors[1]
	top := len(p.layers) - 1
	if r := p.readout; r != nil {
		cpuref.ReadoutBackward(&cpuref.ReadoutBackwardArguments[T]{
			Error: above, Steps: p.steps, Classes: p.classes,
			DecayMembrane: r.decayMembrane, DriveMembrane: r.driveMembrane, DecaySynapse: r.decaySynapse,
		}, &w.work, 0, samples)
		w.gradient(r.weight, chunk, samples, w.layers[top].trains, above, cpuref.Window{}, r.delay)
		w.errorBelow(errors, above, &cpuref.ErrorBelowArguments[T]{
			Transposed: e.transposed[r.weight], Neurons: p.classes, Below: r.inputs, Delay: r.delay,
		}, samples)
	} else {
		clear(errors)
	}
	for l := top; l >= 0; l-- {
		layer, state := &p.layers[l], &w.layers[l]
		arguments := cpuref.LIFBackwardArguments[T]{
			Error: errors, Spikes: state.spikes, Membrane: state.membrane, Current: state.current,
			SpikeError: state.spikeError,
			Steps:      p.steps, Neurons: layer.neurons, Filters: layer.filters,
			Recurrent: layer.recurrentWindow, RecurrentDelay: layer.recurrentDelay,
			Neuron: layer.neuron,
		}
		if layer.recurrent >= 0 {
			arguments.RecurrentTransposed = e.transposed[layer.recurrent]
		}
		cpuref.LIFBackward(&arguments, &w.work, 0, samples)
		if layer.recurrent >= 0 {
			w.gradient(layer.recurrent, chunk, samples, state.trains, errors, layer.recurrentWindow, layer.recurrentDelay)
		}
		if l == 0 {
			w.gradient(layer.input, chunk, samples, w.inputTrains, errors, layer.inputWindow, layer.delay)
			break
		}
		w.gradient(layer.input, chunk, samples, w.layers[l-1].trains, errors, layer.inputWindow, layer.delay)
		above, errors = errors, above
		w.errorBelow(errors, above, &cpuref.ErrorBelowArguments[T]{
			Transposed: e.transposed[layer.input], Neurons: layer.neurons, Below: layer.inputs,
			Filters: layer.filters, Window: layer.inputWindow, Delay: layer.delay,
		}, samples)
	}
}

// gradient writes the chunk's partial gradient of one weight array.
func (w *cpuWorker[T]) gradient(weight, chunk, samples int, trains []uint32, errors []T, window cpuref.Window, delay int) {
	p := w.engine.plan
	described := &p.weights[weight]
	cpuref.WeightGradient(&cpuref.WeightGradientArguments[T]{
		Partial: w.engine.partial[weight][chunk*described.size : (chunk+1)*described.size],
		Trains:  trains, Error: errors,
		Samples: samples, Steps: p.steps, Neurons: described.Rows,
		Window: window, Delay: delay, First: 0, Last: samples,
	}, &w.work, 0, described.rows)
}

// errorBelow carries the error from above through a connection whose geometry the
// arguments give.
func (w *cpuWorker[T]) errorBelow(errors, above []T, arguments *cpuref.ErrorBelowArguments[T], samples int) {
	arguments.Error, arguments.Above, arguments.Steps = errors, above, w.engine.plan.steps
	cpuref.ErrorBelow(arguments, 0, samples)
}

// record copies what the worker's samples did to the record of the batch.
func (w *cpuWorker[T]) record(record *RecordOf[T], first, last int) {
	e, p, samples := w.engine, w.engine.plan, last-first
	rows := samples * p.steps
	for l := range p.layers {
		geometry := p.layers[l].geometry
		neurons := geometry.Positions * geometry.Filters
		if record.Spikes != nil {
			words := cpuref.Words(neurons)
			unslotBits(record.Spikes[l][first*p.steps*words:], w.layers[l].spikes, rows, geometry)
		}
		if record.Membrane != nil {
			unslot(record.Membrane[l][first*p.steps*neurons:], w.layers[l].membrane, rows, geometry)
		}
	}
	if record.Readout != nil {
		unslot(record.Readout[first*p.steps*p.classes:], w.readout, rows, network.Geometry{Positions: 1, Filters: p.classes})
	}
	if record.Logits != nil {
		unslot(record.Logits[first*p.classes:], w.logits, samples, network.Geometry{Positions: 1, Filters: p.classes})
	}
	if record.Predicted != nil {
		copy(record.Predicted[first:last], e.predicted[first:last])
	}
	if record.Loss != nil {
		copy(record.Loss[first:last], e.loss[first:last])
	}
}
