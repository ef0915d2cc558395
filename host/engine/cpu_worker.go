package engine

import "spikegrad/cpuref"

// cpuWorker holds the states of one chunk of samples and takes it through all
// kernels.
type cpuWorker[T cpuref.Float] struct {
	engine *CPU[T]
	work   cpuref.Workspace[T]
	cut    segmentation

	inputTrains   []uint32
	augmented     []uint32 // varied input spikes as bits, and listed; nil before the first
	input         cpuref.Events
	layers        []cpuLayerState[T]
	readout       []T // potential
	readoutStates []T
	readoutErrors []T // ∂L/∂U, then ∂L/∂h
	logits        []T
	targets       []uint32         // of a loss on spikes with targets
	targetErrors  []T              // and its ∂L/∂S, of all steps
	samplewise    [][]T            // [weight array]: gradients of single samples, kept from segment to segment
	presentation  *presentation[T] // of replicas; nil before the first
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
	if p.distance != nil {
		w.targets = make([]uint32, allRows*cpuref.Words(p.classes))
		w.targetErrors = make([]T, allRows*cpuref.Stride(p.classes))
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
	input       cpuref.Events
	flips       []cpuref.Flip
	key         [2]uint32
	backward    bool // a backward pass follows
	membranes   bool // they are recorded
}

// run takes one chunk of a batch forward and, if asked, backward into the chunk's
// partial gradients.
func (w *cpuWorker[T]) run(batch *Batch, chunk int, stream cpuref.Stream, record *RecordOf[T], backward bool) {
	p := w.engine.plan
	r := &chunkRun{batch: batch, first: chunk * cpuref.ChunkSamples, key: [2]uint32{p.options.Seed, uint32(stream)}, backward: backward}
	r.membranes = record != nil && record.Membrane != nil
	r.last = min(r.first+cpuref.ChunkSamples, batch.Samples())
	r.input = w.inputEvents(r)
	if batch.Flips != nil {
		for _, f := range batch.Flips[r.first:r.last] {
			r.flips = append(r.flips, f.slot(p.network))
		}
	}
	w.forward(r, record, backward)
	e := w.engine
	w.loss(&lossRun[T]{
		batch: batch, first: r.first, last: r.last, loss: e.loss[r.first:r.last],
		regularizer: e.regularizer[r.first:r.last], predicted: e.predicted[r.first:r.last],
	}, backward)
	if record != nil {
		w.record(record, r.first, r.last)
	}
	if backward {
		w.backward(r, record, chunk)
	}
}

// forward runs all layers and the readout, segment by segment.
func (w *cpuWorker[T]) forward(r *chunkRun, record *RecordOf[T], backward bool) {
	e, p, samples := w.engine, w.engine.plan, r.last-r.first
	if backward {
		cpuref.SpikeTrains(w.inputTrains, r.input, p.layers[0].inputs, samples, p.steps, 0, samples)
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
		if p.readout != nil {
			arguments := w.readoutForward(events)
			arguments.Segment, arguments.States = w.cut.segment(s), w.readoutStates
			cpuref.ReadoutForward(&arguments, &w.work, 0, samples)
		}
		if record != nil && record.Membrane != nil {
			for l := range p.layers {
				w.recordHeld(record.Membrane[l], w.layers[l].membrane, r, l, s)
			}
		}
	}
	for l := range p.layers {
		state, neurons := &w.layers[l], p.layers[l].neurons
		cpuref.SpikeCounts(state.counts, state.trains, neurons, samples, p.steps, 0, samples)
		cpuref.SpikeTotals(e.totals[l][r.first:r.last], state.counts, neurons, 0, samples)
	}
}

// inputEvents are the events of the chunk's samples, varied if the batch says so.
func (w *cpuWorker[T]) inputEvents(r *chunkRun) cpuref.Events {
	p, samples := w.engine.plan, r.last-r.first
	events := cpuref.Events{Rows: r.batch.Rows[r.first*p.steps : r.last*p.steps], Index: r.batch.Index}
	if r.batch.Augment == nil {
		return events
	}
	words := cpuref.Words(p.network.Inputs)
	w.augmented = resize(w.augmented, cpuref.ChunkSamples*p.steps*words)
	cpuref.Augment(w.augmented, events, r.batch.Numbers[r.first:r.last], r.batch.Augment, p.network.Inputs, p.steps, 0, samples)
	w.input = cpuref.AppendEvents(cpuref.Events{Rows: w.input.Rows[:0], Index: w.input.Index[:0]}, w.augmented, words, 0, samples*p.steps)
	return w.input
}

// forwardSegment runs all layers over one segment, from the states of the given
// number, which become those at its end. It returns the events of the last layer.
func (w *cpuWorker[T]) forwardSegment(r *chunkRun, s, from int) cpuref.Events {
	p, samples := w.engine.plan, r.last-r.first
	events := r.input
	for l := range p.layers {
		layer, state := &p.layers[l], &w.layers[l]
		arguments := w.layerForward(r, l, events)
		arguments.Membrane, arguments.Current = state.membrane, state.current
		if w.derivatives(r, l) {
			arguments.Membrane, arguments.Derivative = nil, state.membrane
		}
		arguments.Segment = w.cut.segment(s)
		if state.states != nil {
			arguments.States = state.states[from]
		}
		cpuref.LIFForward(&arguments, &w.work, 0, samples)
		cpuref.BuildEventsSegment(state.events, state.spikes, cpuref.Words(layer.neurons), layer.neurons, p.steps, w.cut.eventSegment(s), 0, samples)
		events = state.events
	}
	return events
}

// derivatives says whether a layer leaves surrogate derivatives behind for the backward
// pass, where its membranes would be.
func (w *cpuWorker[T]) derivatives(r *chunkRun, l int) bool {
	return r.backward && !r.membranes && w.engine.plan.layers[l].neuron.SharesExponential()
}

// layerForward are the arguments of a layer's run over whole samples, with the events of
// what lies below it.
func (w *cpuWorker[T]) layerForward(r *chunkRun, l int, events cpuref.Events) cpuref.LIFForwardArguments[T] {
	p, layer := w.engine.plan, &w.engine.plan.layers[l]
	input := &p.weights[layer.input]
	arguments := cpuref.LIFForwardArguments[T]{
		Spikes: w.layers[l].spikes, Events: events, InputWeights: w.engine.weights[layer.input],
		Numbers: r.batch.Numbers[r.first:r.last], Flips: r.flips,
		Steps: p.steps, Neurons: layer.neurons, Filters: layer.filters,
		Input: input.window, Delay: input.delay,
		Key: r.key, Layer: uint32(l), Neuron: layer.neuron,
	}
	arguments.Recurrent, arguments.RecurrentDelay = p.recurrence(layer)
	if layer.recurrent >= 0 {
		arguments.RecurrentWeights = w.engine.weights[layer.recurrent]
	}
	return arguments
}

// readoutForward are the arguments of the readout's run over whole samples, with the
// events of the last layer.
func (w *cpuWorker[T]) readoutForward(events cpuref.Events) cpuref.ReadoutForwardArguments[T] {
	p, out := w.engine.plan, w.engine.plan.readout
	return cpuref.ReadoutForwardArguments[T]{
		Readout: w.readout, Events: events, Weights: w.engine.weights[out.weight],
		Steps: p.steps, Classes: p.classes, Delay: p.weights[out.weight].delay,
		DecayMembrane: out.decayMembrane, DriveMembrane: out.driveMembrane,
		DecaySynapse: out.decaySynapse, Initial: out.initial,
	}
}

// lossRun is where the losses of samples first to last of a batch go, [sample]. They are
// samples 0 to last−first of the worker's arrays.
type lossRun[T cpuref.Float] struct {
	batch             *Batch
	first, last       int
	loss, regularizer []T
	predicted         []uint32
}

// loss computes the loss and regularizers and, for a backward pass, their derivatives.
func (w *cpuWorker[T]) loss(r *lossRun[T], backward bool) {
	p, samples := w.engine.plan, r.last-r.first
	for l := range w.layers {
		clear(w.layers[l].spikeError[:samples*cpuref.Stride(p.layers[l].neurons)])
	}
	if p.distance != nil {
		w.distance(r, backward)
	} else {
		w.crossEntropy(r, backward)
	}
	clear(r.regularizer)
	for l, layer := range p.layers {
		for _, activity := range layer.activity {
			activity.SpikeError, activity.Loss, activity.Counts = w.layers[l].spikeError, r.regularizer, w.layers[l].counts
			cpuref.Activity(&activity, 0, samples)
		}
	}
}

// crossEntropy computes the loss of classes and, for a backward pass, its derivative.
func (w *cpuWorker[T]) crossEntropy(r *lossRun[T], backward bool) {
	p, samples := w.engine.plan, r.last-r.first
	top := &w.layers[len(w.layers)-1]
	arguments := cpuref.CrossEntropyArguments[T]{
		Loss: r.loss, Predicted: r.predicted, Logits: w.logits,
		Readout: w.readout, Labels: r.batch.Labels[r.first:r.last],
		Steps: p.steps, Classes: p.classes, Kind: p.loss,
	}
	if p.readout == nil {
		arguments.Counts, arguments.SpikeError = top.counts, top.spikeError
	} else if backward {
		arguments.Error = w.readoutErrors
	}
	cpuref.CrossEntropy(&arguments, &w.work, 0, samples)
}
