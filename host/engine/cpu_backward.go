package engine

import "spikegrad/cpuref"

// backward carries the error down, segment by segment from the last, and writes the
// chunk's partial gradients.
func (w *cpuWorker[T]) backward(r *chunkRun, record *RecordOf[T], chunk int) {
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
		if s < last { // the membranes of the last segment are still there
			w.moveHalos(s, samples)
			for l := range w.layers {
				states := w.layers[l].states
				copy(states[last+1], states[s])
			}
			w.forwardSegment(r, s, last+1)
		}
		for l := len(p.layers) - 1; l >= 0; l-- {
			w.backwardLayer(r, l, s, chunk, samples)
			if record != nil && record.Errors != nil {
				w.recordHeld(record.Errors[l], w.layers[l].errors, r, l, s)
			}
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
func (w *cpuWorker[T]) backwardLayer(r *chunkRun, l, s, chunk, samples int) {
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
	case p.distance != nil:
		w.takeTargetErrors(s, samples)
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
	if w.derivatives(r, l) {
		arguments.Membrane, arguments.Derivative = nil, state.membrane
	}
	if layer.recurrent >= 0 {
		arguments.RecurrentTransposed = e.transposed[layer.recurrent]
	}
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

// clearErrors zeroes the errors of a segment.
func clearErrors[T cpuref.Float](errors []T, cut segmentation, s, samples, stride int) {
	first, last := cut.bounds(s)
	for b := range samples {
		row := cut.heldRow(b) * stride
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
