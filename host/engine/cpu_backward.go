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
		w.gradient(out.weight, chunk, samples, cpuref.Segment{})
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
	switch above := p.above(l); {
	case above >= 0:
		c := &p.weights[above]
		below := cpuref.ErrorBelowArguments[T]{
			Error: state.errors, Transposed: e.transposed[above], Below: layer.neurons, Steps: p.steps,
			Window: c.window, Delay: c.delay, Segment: segment,
		}
		below.Neurons, below.Filters = p.takes(c)
		below.Above, below.AboveSegment = w.errors(c, segment)
		cpuref.ErrorBelow(&below, 0, samples)
	case p.distance != nil:
		w.takeTargetErrors(s, samples)
	default:
		clearErrors(state.errors, w.cut, s, samples, cpuref.Stride(layer.neurons))
	}
	recurrent, recurrentDelay := p.recurrence(layer)
	arguments := cpuref.LIFBackwardArguments[T]{
		Error: state.errors, Spikes: state.spikes, Membrane: state.membrane, Current: state.current,
		SpikeError: state.spikeError,
		Steps:      p.steps, Neurons: layer.neurons, Filters: layer.filters,
		Recurrent: recurrent, RecurrentDelay: recurrentDelay,
		Neuron: layer.neuron, Segment: segment, States: state.adjoints,
	}
	if w.derivatives(r, l) {
		arguments.Membrane, arguments.Derivative = nil, state.membrane
	}
	if layer.recurrent >= 0 {
		arguments.RecurrentTransposed = e.transposed[layer.recurrent]
	}
	cpuref.LIFBackward(&arguments, &w.work, 0, samples)
	for i, c := range p.weights {
		if c.target == l {
			w.gradient(i, chunk, samples, segment)
		}
	}
}

// errors returns the errors of a connection's target and the segment that they hold: those
// of a readout hold all steps.
func (w *cpuWorker[T]) errors(c *weightPlan, segment cpuref.Segment) ([]T, cpuref.Segment) {
	if c.target == len(w.layers) {
		return w.readoutErrors, cpuref.Segment{}
	}
	return w.layers[c.target].errors, segment
}

// clearErrors zeroes the errors of a segment.
func clearErrors[T cpuref.Float](errors []T, cut segmentation, s, samples, stride int) {
	first, last := cut.bounds(s)
	for b := range samples {
		row := cut.heldRow(b) * stride
		clear(errors[row : row+(last-first)*stride])
	}
}

// gradient adds to the chunk's partial gradient of a connection's weights what a segment
// brings.
func (w *cpuWorker[T]) gradient(i, chunk, samples int, segment cpuref.Segment) {
	c := &w.engine.plan.weights[i]
	arguments := cpuref.WeightGradientArguments[T]{
		Partial: w.engine.partial[i][chunk*c.size : (chunk+1)*c.size], Trains: w.inputTrains,
		Samples: samples, Last: samples, Steps: w.engine.plan.steps, Neurons: c.Rows,
		Window: c.window, Delay: c.delay,
	}
	if c.source >= 0 {
		arguments.Trains = w.layers[c.source].trains
	}
	arguments.Error, arguments.Segment = w.errors(c, segment)
	if arguments.Segment.Last > 0 {
		arguments.Samplewise = w.samplewise[i]
	}
	cpuref.WeightGradient(&arguments, &w.work, 0, c.rows)
}
