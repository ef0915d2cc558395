package engine

import "spikegrad/cpuref"

// inputTrains implements executor.
func (r *chunkRun[T]) inputTrains() {
	cpuref.SpikeTrains(r.arrays.inputTrains, r.inputs, r.plan.layers[0].inputs, r.samples(), r.plan.steps, 0, r.samples())
}

// slot returns one of the states of a layer; nil for whole samples.
func (r *chunkRun[T]) slot(l, slot int) []T {
	states := r.layers[l].states
	if states == nil {
		return nil
	}
	length := len(states) / r.cut.slots()
	return states[slot*length : (slot+1)*length]
}

// beginSegment implements executor.
func (r *chunkRun[T]) beginSegment(l, from, to int) { copy(r.slot(l, to), r.slot(l, from)) }

// inputSums implements executor.
func (r *chunkRun[T]) inputSums(i, s int) {
	c := &r.plan.weights[i]
	events := r.events
	if c.source < 0 {
		events = r.inputs
	}
	r.addInput(i, events, r.sumsOf(c), r.cut.sums(s, c.target == len(r.layers)), c.adds)
}

// potentialSums implements executor: without a delay, U[t] contributes to the row after its own.
func (r *chunkRun[T]) potentialSums(i int) {
	c, sums := &r.plan.weights[i], r.sumsOf(&r.plan.weights[i])
	neurons, _ := r.plan.takes(c)
	if !c.adds {
		clear(sums[:r.samples()*r.plan.steps*cpuref.Stride(neurons)])
	}
	part, below := r.plan.potentialSegments(c)
	cpuref.ErrorBelow(&cpuref.ErrorBelowArguments[T]{
		Error: sums, Above: r.layers[c.source].membrane, Transposed: r.engine.weights[i],
		Steps: r.plan.steps, Neurons: c.rows, Below: neurons, Segment: part, AboveSegment: below, Add: true,
	}, &r.work, 0, r.samples())
}

// addInput writes or adds to sums what events contribute through a connection.
func (r *chunkRun[T]) addInput(i int, events cpuref.Events, sums []T, segment cpuref.Segment, add bool) {
	c := &r.plan.weights[i]
	neurons, _ := r.plan.takes(c)
	cpuref.InputSums(&cpuref.InputSumsArguments[T]{
		Sums: sums, Events: events, Weights: r.engine.weights[i], Steps: r.plan.steps, Neurons: neurons,
		Window: c.window, Delay: c.delay, Scale: r.plan.scale(c, r.dropping), Segment: segment, Add: add,
	}, &r.work, 0, r.samples())
}

// lifForward implements executor.
func (r *chunkRun[T]) lifForward(l, s, slot int) {
	events := r.events
	if l == 0 {
		events = r.inputs
	}
	arguments := r.layerForward(l, events)
	arguments.Membrane, arguments.Lost = r.layers[l].membrane, r.layers[l].lost
	if r.leavesDerivative(l) {
		arguments.Membrane, arguments.Derivative = nil, r.layers[l].membrane
	}
	arguments.Trace, arguments.Segment, arguments.States = r.layers[l].trace, r.cut.segment(s), r.slot(l, slot)
	if r.plan.layers[l].driven {
		arguments.Drive, arguments.DriveSegment = r.layers[l].membrane, arguments.Segment
	}
	cpuref.LIFForward(&arguments, &r.work, 0, r.samples())
}

// leavesDerivative reports whether a layer leaves surrogate derivatives for the backward pass in
// place of its membranes.
func (r *chunkRun[T]) leavesDerivative(l int) bool {
	recorded := r.record != nil && r.record.Membrane != nil
	return r.backward && !recorded && r.plan.layers[l].neuron.SharesExponential()
}

// layerForward returns the arguments for running a layer over whole samples, with the events of
// what lies below it.
func (r *chunkRun[T]) layerForward(l int, events cpuref.Events) cpuref.LIFForwardArguments[T] {
	p, layer := r.plan, &r.plan.layers[l]
	input := &p.weights[layer.input]
	arguments := cpuref.LIFForwardArguments[T]{
		Spikes: r.layers[l].spikes, Events: events, InputWeights: r.engine.weights[layer.input],
		Numbers: r.batch.Numbers[r.first:r.last], Flips: r.flips,
		Steps: p.steps, Neurons: layer.neurons, Filters: layer.filters,
		Input: input.window, Delay: p.direct(layer.input), InputScale: p.scale(input, r.dropping),
		Key: r.key, Layer: uint32(l), Neuron: layer.neuron, Constants: r.engine.constants[l],
	}
	arguments.Recurrent, arguments.RecurrentDelay = p.recurrence(layer)
	if layer.recurrent >= 0 {
		arguments.RecurrentWeights = r.engine.weights[layer.recurrent]
	}
	if layer.bias >= 0 {
		arguments.Bias = r.engine.weights[layer.bias]
	}
	return arguments
}

// listSpikes implements executor.
func (r *chunkRun[T]) listSpikes(l, s int) {
	neurons := r.plan.layers[l].neurons
	cpuref.BuildEventsSegment(r.events, r.layers[l].spikes, cpuref.Words(neurons), neurons, r.plan.steps, r.cut.eventSegment(s), 0, r.samples())
}

// spikeTrains implements executor.
func (r *chunkRun[T]) spikeTrains(l, s int) {
	cpuref.SpikeTrainsSegment(r.layers[l].trains, r.events, r.plan.layers[l].neurons, 1, r.samples(), r.plan.steps, r.cut.segment(s), 0, r.samples())
}

// poolSpikes implements executor.
func (r *chunkRun[T]) poolSpikes(l, s int) { r.pool(l, r.layers[l].spikes, r.cut.eventSegment(s)) }

// pool lists the pooled events that a layer hands up.
func (r *chunkRun[T]) pool(l int, spikes []uint32, segment cpuref.Segment) {
	layer := &r.plan.layers[l]
	cpuref.PoolEvents(&cpuref.PoolEventsArguments{
		Events: r.events, Spikes: spikes, Steps: r.plan.steps, Capacity: layer.neurons, Pooling: layer.pooling, Segment: segment,
	}, 0, r.samples())
}

// dropSpikes implements executor.
func (r *chunkRun[T]) dropSpikes(l, s int) {
	layer := &r.plan.layers[l]
	cpuref.DropEvents(&cpuref.DropEventsArguments[T]{
		Events: r.events, Numbers: r.batch.Numbers[r.first:r.last],
		Steps: r.plan.steps, Neurons: layer.handed, Dropout: layer.dropout, Segment: r.cut.eventSegment(s),
	}, &r.work, 0, r.samples())
}

// delaySpikes implements executor.
func (r *chunkRun[T]) delaySpikes(l int) {
	events := r.events
	if l < 0 {
		events = r.inputs
	}
	layer, of := r.delays(l)
	words := cpuref.Words(layer.inputs)
	cpuref.DelayEvents(&cpuref.DelayEventsArguments[T]{
		Spikes: r.delayed, Events: events, Numbers: r.batch.Numbers[r.first:r.last], Steps: r.plan.steps, Inputs: layer.inputs, Delays: of,
	}, &r.work, 0, r.samples())
	if l < 0 {
		r.input = cpuref.AppendEvents(cpuref.Events{Rows: r.input.Rows[:0], Index: r.input.Index[:0]}, r.delayed, words, 0, r.samples()*r.plan.steps)
		r.inputs = r.input
		return
	}
	cpuref.BuildEvents(r.events, r.delayed, words, layer.inputs, 0, r.samples()*r.plan.steps)
}

// delays returns the learned delays of what a source hands up, and the layer that learns them.
func (r *chunkRun[T]) delays(source int) (layer *layerPlan[T], of cpuref.Delays[T]) {
	layer, of = r.plan.delaysOf(source, r.dropping)
	of.Share = r.engine.weights[layer.delays]
	return layer, of
}

// handedTrains implements executor.
func (r *chunkRun[T]) handedTrains(l, s int) {
	layer := &r.plan.layers[l]
	cpuref.SpikeTrainsSegment(r.layers[l].handed, r.events, layer.handed, layer.pooling.Copies(), r.samples(), r.plan.steps, r.cut.segment(s), 0, r.samples())
}

// readoutForward implements executor.
func (r *chunkRun[T]) readoutForward(s int) {
	arguments := r.readoutArguments()
	arguments.Segment, arguments.States = r.cut.segment(s), r.readoutStates
	if r.plan.readout.driven {
		arguments.Drive = r.readout
	}
	cpuref.ReadoutForward(&arguments, &r.work, 0, r.samples())
}

// readoutArguments returns the arguments for running the readout over whole samples, with the
// events of the last layer.
func (r *chunkRun[T]) readoutArguments() cpuref.ReadoutForwardArguments[T] {
	p, out := r.plan, r.plan.readout
	arguments := cpuref.ReadoutForwardArguments[T]{
		Readout: r.readout, Events: r.events, Weights: r.engine.weights[out.weight],
		Steps: p.steps, Classes: p.classes, Delay: p.direct(out.weight),
		DecayMembrane: out.decayMembrane, DriveMembrane: out.driveMembrane,
		DecaySynapse: out.decaySynapse, Initial: out.initial, Scale: p.scale(&p.weights[out.weight], r.dropping),
	}
	if out.bias >= 0 {
		arguments.Bias = r.engine.weights[out.bias]
	}
	return arguments
}

// countSpikes implements executor.
func (r *chunkRun[T]) countSpikes(l int) {
	arrays, neurons, samples := &r.layers[l], r.plan.layers[l].neurons, r.samples()
	cpuref.SpikeCounts(arrays.counts, arrays.trains, neurons, samples, r.plan.steps, 0, samples)
	cpuref.SpikeTotals(r.totals[l], arrays.counts, neurons, 0, samples)
}
