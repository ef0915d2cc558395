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
	cut    segmentation

	inputTrains   []uint32
	layers        []cpuLayerState[T]
	readout       []T // potential
	readoutStates []T
	readoutErrors []T // ∂L/∂U, then ∂L/∂h
	logits        []T
	samplewise    [][]T // [weight array]: gradients of single samples, kept from segment to segment
}

// cpuLayerState is what a layer leaves behind for the backward pass.
type cpuLayerState[T cpuref.Float] struct {
	spikes     []uint32 // of all steps
	membrane   []T
	current    []T
	events     cpuref.Events
	trains     []uint32
	counts     []uint32
	spikeError []T
	errors     []T   // ∂L/∂S, then ∂L/∂h
	states     [][]T // [segment + 1]: I and U at its begin; the last is scratch
	adjoints   []T   // λI and λU at the end of the segment at work
}

func newCPUWorker[T cpuref.Float](e *CPU[T]) *cpuWorker[T] {
	p, cut := e.plan, e.plan.cut()
	allRows, rows := cpuref.ChunkSamples*p.steps, cpuref.ChunkSamples*cut.rows()
	w := &cpuWorker[T]{
		engine: e, cut: cut,
		inputTrains: make([]uint32, p.layers[0].inputs*cpuref.ChunkSamples*cpuref.Words(p.steps)),
		logits:      make([]T, cpuref.ChunkSamples*cpuref.Stride(p.classes)),
	}
	widest := cpuref.Stride(p.classes)
	for _, layer := range p.layers {
		widest = max(widest, cpuref.Stride(layer.neurons))
	}
	// Without segments an array of errors is done with when the layer below is: two
	// take turns.
	var turns [2][]T
	if cut.count() == 1 {
		turns = [2][]T{make([]T, rows*widest), make([]T, rows*widest)}
	}
	for l, layer := range p.layers {
		stride := cpuref.Stride(layer.neurons)
		state := cpuLayerState[T]{
			spikes:   make([]uint32, allRows*cpuref.Words(layer.neurons)),
			membrane: make([]T, rows*stride),
			events: cpuref.Events{
				Rows:  make([][2]uint32, allRows),
				Index: make([]uint32, cpuref.ChunkSamples*cut.eventRows()*layer.neurons),
			},
			trains:     make([]uint32, layer.neurons*cpuref.ChunkSamples*cpuref.Words(p.steps)),
			counts:     make([]uint32, cpuref.ChunkSamples*stride),
			spikeError: make([]T, cpuref.ChunkSamples*stride),
			errors:     turns[(len(p.layers)-l)%2],
		}
		if layer.neuron.DifferentiateReset {
			state.current = make([]T, rows*stride)
		}
		if cut.count() > 1 {
			state.errors = make([]T, rows*stride)
			state.adjoints = make([]T, 2*cpuref.ChunkSamples*stride)
			for range cut.count() + 1 {
				state.states = append(state.states, make([]T, 2*cpuref.ChunkSamples*stride))
			}
		}
		w.layers = append(w.layers, state)
	}
	if p.readout != nil {
		stride := cpuref.Stride(p.classes)
		w.readout, w.readoutErrors = make([]T, allRows*stride), turns[0]
		if cut.count() > 1 {
			w.readoutErrors = make([]T, allRows*stride)
			w.readoutStates = make([]T, 2*cpuref.ChunkSamples*stride)
		}
	}
	for _, described := range p.weights {
		var sums []T
		if cut.count() > 1 {
			sums = make([]T, cpuref.ChunkSamples*described.size)
		}
		w.samplewise = append(w.samplewise, sums)
	}
	return w
}

// chunkRun is a chunk of a batch on its way through a worker: samples first to last of
// the batch are samples 0 to last−first of the worker's arrays.
type chunkRun struct {
	batch       *Batch
	first, last int
	flips       []cpuref.Flip
	key         [2]uint32
}

// run takes one chunk of a batch forward and, if asked, backward into the chunk's
// partial gradients.
func (w *cpuWorker[T]) run(batch *Batch, chunk int, stream cpuref.Stream, record *RecordOf[T], backward bool) {
	p := w.engine.plan
	r := &chunkRun{batch: batch, first: chunk * cpuref.ChunkSamples, key: [2]uint32{p.options.Seed, uint32(stream)}}
	r.last = min(r.first+cpuref.ChunkSamples, batch.Samples())
	if batch.Flips != nil {
		for _, f := range batch.Flips[r.first:r.last] {
			r.flips = append(r.flips, f.slot(p.network))
		}
	}
	w.forward(r, record, backward)
	w.loss(batch, r.first, r.last, backward)
	if record != nil {
		w.record(record, r.first, r.last)
	}
	if backward {
		w.backward(r, chunk)
	}
}

// forward runs all layers and the readout, segment by segment.
func (w *cpuWorker[T]) forward(r *chunkRun, record *RecordOf[T], backward bool) {
	e, p, samples := w.engine, w.engine.plan, r.last-r.first
	if backward {
		cpuref.SpikeTrains(w.inputTrains, w.inputEvents(r), p.layers[0].inputs, samples, p.steps, 0, samples)
	}
	for s := range w.cut.count() {
		for l := range w.layers {
			if states := w.layers[l].states; states != nil {
				copy(states[s+1], states[s])
			}
		}
		events := w.forwardSegment(r, s, s+1)
		for l := range p.layers {
			cpuref.SpikeTrainsSegment(w.layers[l].trains, w.layers[l].events, p.layers[l].neurons, samples, p.steps, w.cut.segment(s), 0, samples)
		}
		if out := p.readout; out != nil {
			cpuref.ReadoutForward(&cpuref.ReadoutForwardArguments[T]{
				Readout: w.readout, Events: events, Weights: e.weights[out.weight],
				Steps: p.steps, Classes: p.classes, Delay: out.delay,
				DecayMembrane: out.decayMembrane, DriveMembrane: out.driveMembrane,
				DecaySynapse: out.decaySynapse, Initial: out.initial,
				Segment: w.cut.segment(s), States: w.readoutStates,
			}, &w.work, 0, samples)
		}
		if record != nil && record.Membrane != nil {
			w.recordMembranes(record, r, s)
		}
	}
	for l := range p.layers {
		state, neurons := &w.layers[l], p.layers[l].neurons
		cpuref.SpikeCounts(state.counts, state.trains, neurons, samples, p.steps, 0, samples)
		cpuref.SpikeTotals(e.totals[l][r.first:r.last], state.counts, neurons, 0, samples)
	}
}

// inputEvents are the events of the chunk's samples.
func (w *cpuWorker[T]) inputEvents(r *chunkRun) cpuref.Events {
	steps := w.engine.plan.steps
	return cpuref.Events{Rows: r.batch.Rows[r.first*steps : r.last*steps], Index: r.batch.Index}
}

// forwardSegment runs all layers over one segment, from the states of the given
// number, which become those at its end. It returns the events of the last layer.
func (w *cpuWorker[T]) forwardSegment(r *chunkRun, s, from int) cpuref.Events {
	e, p, samples := w.engine, w.engine.plan, r.last-r.first
	events := w.inputEvents(r)
	for l := range p.layers {
		layer, state := &p.layers[l], &w.layers[l]
		arguments := cpuref.LIFForwardArguments[T]{
			Spikes: state.spikes, Membrane: state.membrane, Current: state.current,
			Events: events, InputWeights: e.weights[layer.input],
			Numbers: r.batch.Numbers[r.first:r.last], Flips: r.flips,
			Steps: p.steps, Neurons: layer.neurons, Filters: layer.filters,
			Input: layer.inputWindow, Recurrent: layer.recurrentWindow,
			Delay: layer.delay, RecurrentDelay: layer.recurrentDelay,
			Key: r.key, Layer: uint32(l), Neuron: layer.neuron,
			Segment: w.cut.segment(s),
		}
		if state.states != nil {
			arguments.States = state.states[from]
		}
		if layer.recurrent >= 0 {
			arguments.RecurrentWeights = e.weights[layer.recurrent]
		}
		cpuref.LIFForward(&arguments, &w.work, 0, samples)
		events = state.events
		w.buildEvents(l, s, samples)
	}
	return events
}

// buildEvents lists the spikes of a layer in a segment and the halo before it.
func (w *cpuWorker[T]) buildEvents(l, s, samples int) {
	steps, neurons, state := w.cut.steps, w.engine.plan.layers[l].neurons, &w.layers[l]
	words := cpuref.Words(neurons)
	if w.cut.count() == 1 {
		cpuref.BuildEvents(state.events, state.spikes, words, neurons, 0, samples*steps)
		return
	}
	first, last := w.cut.bounds(s)
	for b := range samples {
		origin := b*steps + first - w.cut.halo - b*w.cut.eventRows()
		cpuref.BuildEventsFrom(origin, state.events, state.spikes, words, neurons, b*steps+max(0, first-w.cut.halo), b*steps+last)
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
		arguments.Error = w.readoutErrors
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

// backward carries the error down, segment by segment from the last, and writes the
// chunk's partial gradients.
func (w *cpuWorker[T]) backward(r *chunkRun, chunk int) {
	p, samples := w.engine.plan, r.last-r.first
	if out := p.readout; out != nil {
		cpuref.ReadoutBackward(&cpuref.ReadoutBackwardArguments[T]{
			Error: w.readoutErrors, Steps: p.steps, Classes: p.classes,
			DecayMembrane: out.decayMembrane, DriveMembrane: out.driveMembrane, DecaySynapse: out.decaySynapse,
		}, &w.work, 0, samples)
		w.gradient(&cpuref.WeightGradientArguments[T]{
			Trains: w.layers[len(w.layers)-1].trains, Error: w.readoutErrors, Delay: out.delay,
		}, out.weight, chunk, samples)
	}
	last := w.cut.count() - 1
	for s := last; s >= 0; s-- {
		if s < last {
			w.moveHalos(s, samples)
		}
		if last > 0 {
			for l := range w.layers {
				states := w.layers[l].states
				copy(states[last+1], states[s])
			}
			w.forwardSegment(r, s, last+1)
		}
		for l := len(p.layers) - 1; l >= 0; l-- {
			w.backwardLayer(l, s, chunk, samples)
		}
	}
}

// moveHalos moves the errors that segment s looks ahead to, the first of segment s+1,
// to where they lie behind its own.
func (w *cpuWorker[T]) moveHalos(s, samples int) {
	rows := w.cut.rows()
	for l, layer := range w.engine.plan.layers {
		stride, errors := cpuref.Stride(layer.neurons), w.layers[l].errors
		for b := range samples {
			row := b * rows * stride
			copy(errors[row+(1+w.cut.length)*stride:row+rows*stride], errors[row+stride:])
		}
	}
}

// backwardLayer takes the errors of one segment through one layer.
func (w *cpuWorker[T]) backwardLayer(l, s, chunk, samples int) {
	e, p := w.engine, w.engine.plan
	layer, state, segment := &p.layers[l], &w.layers[l], w.cut.segment(s)
	below := cpuref.ErrorBelowArguments[T]{Error: state.errors, Below: layer.neurons, Steps: p.steps, Segment: segment}
	switch {
	case l+1 < len(p.layers):
		above := &p.layers[l+1]
		below.Above, below.AboveSegment, below.Transposed = w.layers[l+1].errors, segment, e.transposed[above.input]
		below.Neurons, below.Filters, below.Window, below.Delay = above.neurons, above.filters, above.inputWindow, above.delay
		cpuref.ErrorBelow(&below, 0, samples)
	case p.readout != nil:
		below.Above, below.Transposed = w.readoutErrors, e.transposed[p.readout.weight]
		below.Neurons, below.Delay = p.classes, p.readout.delay
		cpuref.ErrorBelow(&below, 0, samples)
	default:
		clearErrors(state.errors, w.cut, s, samples, cpuref.Stride(layer.neurons))
	}
	arguments := cpuref.LIFBackwardArguments[T]{
		Error: state.errors, Spikes: state.spikes, Membrane: state.membrane, Current: state.current,
		SpikeError: state.spikeError,
		Steps:      p.steps, Neurons: layer.neurons, Filters: layer.filters,
		Recurrent: layer.recurrentWindow, RecurrentDelay: layer.recurrentDelay,
		Neuron: layer.neuron, Segment: segment, States: state.adjoints,
	}
	if layer.recurrent >= 0 {
		arguments.RecurrentTransposed = e.transposed[layer.recurrent]
	}
	w.restoreBefore(l, s, samples)
	cpuref.LIFBackward(&arguments, &w.work, 0, samples)
	if layer.recurrent >= 0 {
		w.gradient(&cpuref.WeightGradientArguments[T]{
			Trains: state.trains, Error: state.errors, Window: layer.recurrentWindow,
			Delay: layer.recurrentDelay, Segment: segment,
		}, layer.recurrent, chunk, samples)
	}
	trains := w.inputTrains
	if l > 0 {
		trains = w.layers[l-1].trains
	}
	w.gradient(&cpuref.WeightGradientArguments[T]{
		Trains: trains, Error: state.errors, Window: layer.inputWindow,
		Delay: layer.delay, Segment: segment,
	}, layer.input, chunk, samples)
}

// restoreBefore puts the membranes and currents at the begin of a segment into the row
// before it.
func (w *cpuWorker[T]) restoreBefore(l, s, samples int) {
	state, stride := &w.layers[l], cpuref.Stride(w.engine.plan.layers[l].neurons)
	if state.states == nil {
		return
	}
	for b := range samples {
		row, begin := b*w.cut.rows()*stride, state.states[s][2*b*stride:][:2*stride]
		if state.current != nil {
			copy(state.current[row:row+stride], begin)
		}
		copy(state.membrane[row:row+stride], begin[stride:])
	}
}

// clearErrors zeroes the errors of a segment.
func clearErrors[T cpuref.Float](errors []T, cut segmentation, s, samples, stride int) {
	if cut.count() == 1 {
		clear(errors[:samples*cut.steps*stride])
		return
	}
	first, last := cut.bounds(s)
	for b := range samples {
		row := (b*cut.rows() + 1) * stride
		clear(errors[row : row+(last-first)*stride])
	}
}

// gradient adds to the chunk's partial gradient of one weight array what a segment
// brings.
func (w *cpuWorker[T]) gradient(arguments *cpuref.WeightGradientArguments[T], weight, chunk, samples int) {
	described := &w.engine.plan.weights[weight]
	arguments.Partial = w.engine.partial[weight][chunk*described.size : (chunk+1)*described.size]
	arguments.Samples, arguments.Last, arguments.Steps = samples, samples, w.engine.plan.steps
	arguments.Neurons = described.Rows
	if arguments.Segment.Last > 0 {
		arguments.Samplewise = w.samplewise[weight]
	}
	cpuref.WeightGradient(arguments, &w.work, 0, described.rows)
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

// recordMembranes copies the membranes of one segment to the record of the batch.
func (w *cpuWorker[T]) recordMembranes(record *RecordOf[T], r *chunkRun, s int) {
	p := w.engine.plan
	first, last := w.cut.bounds(s)
	for l := range p.layers {
		geometry := p.layers[l].geometry
		neurons, stride := geometry.Positions*geometry.Filters, cpuref.Stride(geometry.Slots())
		for b := range r.last - r.first {
			row := b * p.steps
			if w.cut.count() > 1 {
				row = b*w.cut.rows() + 1
			}
			dst := record.Membrane[l][((r.first+b)*p.steps+first)*neurons:]
			unslot(dst, w.layers[l].membrane[row*stride:], last-first, geometry)
		}
	}
}
