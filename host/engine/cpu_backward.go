package engine

import "spikegrad/cpuref"

// readoutBackward implements executor.
func (r *chunkRun[T]) readoutBackward() {
	out := r.plan.readout
	r.filterBackward(r.readoutErrors, out.decayMembrane, out.driveMembrane, out.decaySynapse)
}

// moveHalo implements executor.
func (r *chunkRun[T]) moveHalo(l int) {
	stride, errors := cpuref.Stride(r.plan.layers[l].neurons), r.layers[l].errors
	for b := range r.samples() {
		from := r.cut.heldRow(b)
		copy(errors[(from+r.cut.length)*stride:], errors[from*stride:(from+r.cut.halo)*stride])
	}
}

// errorBelow implements executor.
func (r *chunkRun[T]) errorBelow(i, s int, add bool) {
	c := &r.plan.weights[i]
	arguments := cpuref.ErrorBelowArguments[T]{
		Error: r.errorsBelow(c), Above: r.errorsOf(c), Transposed: r.engine.transposed[i],
		Below: r.plan.layers[c.source].handed, Steps: r.plan.steps,
		Window: c.window, Delay: c.delay, Segment: r.cut.segment(s), AboveSegment: r.cut.segment(r.plan.errorPart(c, s)), Add: add,
	}
	arguments.Neurons, arguments.Filters = r.plan.takes(c)
	cpuref.ErrorBelow(&arguments, &r.work, 0, r.samples())
}

// dropErrors implements executor.
func (r *chunkRun[T]) dropErrors(l, s int) {
	layer := &r.plan.layers[l]
	cpuref.DropErrors(&cpuref.DropErrorsArguments[T]{
		Error: r.errorsBelow(&r.plan.weights[r.plan.layers[l].above[0]]), Numbers: r.batch.Numbers[r.first:r.last],
		Steps: r.plan.steps, Neurons: layer.handed, Dropout: layer.dropout, Segment: r.cut.segment(s),
	}, &r.work, 0, r.samples())
}

// delayErrors implements executor.
func (r *chunkRun[T]) delayErrors(l int) {
	layer, of := r.delays(l)
	cpuref.DelayErrors(&cpuref.DelayErrorsArguments[T]{
		Error: r.layers[l].errors, Numbers: r.batch.Numbers[r.first:r.last], Steps: r.plan.steps, Inputs: layer.inputs, Delays: of,
	}, &r.work, 0, r.samples())
}

// unpoolErrors implements executor.
func (r *chunkRun[T]) unpoolErrors(l, s int) {
	cpuref.UnpoolErrors(&cpuref.UnpoolErrorsArguments[T]{
		Error: r.layers[l].errors, Pooled: r.pooledErrors, Spikes: r.layers[l].spikes,
		Steps: r.plan.steps, Pooling: r.plan.layers[l].pooling, Segment: r.cut.segment(s),
	}, 0, r.samples())
}

// takeTargetErrors implements executor.
func (r *chunkRun[T]) takeTargetErrors(s int) {
	p, stride := r.plan, cpuref.Stride(r.plan.classes)
	errors := r.layers[len(r.layers)-1].errors
	first, last := r.cut.bounds(s)
	for b := range r.samples() {
		copy(errors[r.cut.heldRow(b)*stride:], r.targetErrors[(b*p.steps+first)*stride:(b*p.steps+last)*stride])
	}
}

// clearErrors implements executor.
func (r *chunkRun[T]) clearErrors(l, s int) {
	errors, stride := r.layers[l].errors, cpuref.Stride(r.plan.layers[l].neurons)
	first, last := r.cut.bounds(s)
	for b := range r.samples() {
		row := r.cut.heldRow(b) * stride
		clear(errors[row : row+(last-first)*stride])
	}
}

// lifBackward implements executor.
func (r *chunkRun[T]) lifBackward(l, s int) {
	p, layer, arrays := r.plan, &r.plan.layers[l], &r.layers[l]
	recurrent, recurrentDelay := p.recurrence(layer)
	arguments := cpuref.LIFBackwardArguments[T]{
		Error: arrays.errors, Spikes: arrays.spikes, Membrane: arrays.membrane, Lost: arrays.lost,
		SpikeError: arrays.spikeError,
		Steps:      p.steps, Neurons: layer.neurons, Filters: layer.filters,
		Recurrent: recurrent, RecurrentDelay: recurrentDelay,
		Neuron: layer.neuron, Segment: r.cut.segment(s), States: arrays.adjoints,
		Constants: r.engine.constants[l], Trace: arrays.trace, ConstantErrors: arrays.constantErrors,
	}
	if r.leavesDerivative(l) {
		arguments.Membrane, arguments.Derivative = nil, arrays.membrane
	}
	if layer.recurrent >= 0 {
		arguments.RecurrentTransposed = r.engine.transposed[layer.recurrent]
	}
	cpuref.LIFBackward(&arguments, &r.work, 0, r.samples())
}

// potentialGradient implements executor.
func (r *chunkRun[T]) potentialGradient(i int) {
	c := &r.plan.weights[i]
	cpuref.PotentialGradient(&cpuref.PotentialGradientArguments[T]{
		Partial:   r.engine.partial[i][r.chunk*c.size : (r.chunk+1)*c.size],
		Potential: r.layers[c.source].membrane, Error: r.errorsOf(c),
		Steps: r.plan.steps, Inputs: c.rows, Neurons: c.Rows, Delay: c.delay,
		Last: r.samples(), Before: r.first > r.chunk*cpuref.ChunkSamples,
	}, &r.work, 0, c.rows)
}

// weightGradient implements executor.
func (r *chunkRun[T]) weightGradient(i, s int) {
	c := &r.plan.weights[i]
	r.gradientAt(i, s, r.engine.partial[i][r.chunk*c.size:(r.chunk+1)*c.size], c.delay)
}

// gradientAt adds to the gradient that a connection would have with the given delay.
func (r *chunkRun[T]) gradientAt(i, s int, partial []T, delay int) {
	c := &r.plan.weights[i]
	cpuref.WeightGradient(&cpuref.WeightGradientArguments[T]{
		Partial: partial,
		Trains:  r.trainsOf(c), Error: r.errorsOf(c), Samplewise: r.samplewise[i],
		Samples: r.samples(), Last: r.samples(), Steps: r.plan.steps, Neurons: c.Rows,
		Window: c.window, Copies: c.copies, Delay: delay, Scale: r.plan.scale(c, r.dropping), Segment: r.cut.segment(s),
		Before: r.first > r.chunk*cpuref.ChunkSamples, After: !r.ends(),
	}, &r.work, 0, c.rows)
}

// delayGradient implements executor.
func (r *chunkRun[T]) delayGradient(i int) {
	c := &r.plan.weights[i]
	layer := &r.plan.layers[c.target]
	input, later := &r.plan.weights[layer.input], r.layers[c.target].later
	r.gradientAt(layer.input, allSteps, later, input.delay+1)
	if !r.ends() {
		return
	}
	cpuref.DelayGradient(&cpuref.DelayGradientArguments[T]{
		Partial: r.engine.partial[i][r.chunk*c.size : (r.chunk+1)*c.size], Weights: r.engine.weights[layer.input],
		Sums: r.engine.partial[layer.input][r.chunk*input.size : (r.chunk+1)*input.size], Later: later,
		Inputs: input.rows, Neurons: input.Rows, Longest: c.LongestDelay,
	})
}

// constantGradient implements executor.
func (r *chunkRun[T]) constantGradient(i int) {
	c := &r.plan.weights[i]
	layer, constant, place := r.plan.learnedConstant(i)
	cpuref.ConstantGradient(&cpuref.ConstantGradientArguments[T]{
		Partial:    r.engine.partial[i][r.chunk*c.size : (r.chunk+1)*c.size],
		Samplewise: r.layers[c.target].constantErrors, Rows: r.engine.constants[c.target],
		Neurons: layer.neurons, Filters: layer.filters, Units: c.Rows,
		Constant: constant, Place: place, Count: layer.neuron.Learn.Count(), Last: r.samples(),
	})
}

// sumsDone implements executor.
func (r *chunkRun[T]) sumsDone(target int) {
	if r.sums != nil && r.ends() {
		r.sums.chunkDone(target)
	}
}
