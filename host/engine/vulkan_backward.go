package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// readoutBackward implements executor.
func (r *recorder) readoutBackward() {
	out := r.plan.readout
	r.filterBackward(r.kernels.readoutBackward, r.readoutErrors, out.decayMembrane, out.driveMembrane, out.decaySynapse)
}

// moveHalo implements executor.
func (r *recorder) moveHalo(l int) {
	cut, errors, row := r.engine.cut, r.layers[l].errors, 4*uint64(cpuref.Stride(r.plan.layers[l].neurons))
	for b := range int(r.samples) {
		from := uint64(cut.heldRow(b))
		r.do(func() error {
			return r.stream.Copy(errors, (from+uint64(cut.length))*row, errors, from*row, uint64(cut.halo)*row)
		})
	}
}

// errorBelow implements executor.
func (r *recorder) errorBelow(i, s int, add bool) {
	kernel := r.kernels.errorBelow
	if add {
		kernel = r.kernels.errorAdded
	}
	c, cut := &r.plan.weights[i], r.engine.cut
	neurons, filters := r.plan.takes(c)
	r.do(func() error {
		return kernel.Record(r.stream, kernels.ErrorBelowBuffers{
			Error: whole(r.errorsBelow(c)), Above: whole(r.errorsOf(c)), Transposed: whole(r.engine.transposed[i]),
			Geometry: whole(r.engine.geometries[i]),
		}, kernels.ErrorBelowParameters{
			Samples: r.samples, Steps: r.steps, Neurons: uint32(neurons), Below: uint32(r.plan.layers[c.source].handed),
			Filters: uint32(filters), Delay: uint32(c.delay), Window: c.window,
			Segment: cut.segment(s), AboveSegment: cut.segment(r.plan.errorPart(c, s)),
		})
	})
}

// dropErrors implements executor.
func (r *recorder) dropErrors(l, s int) {
	layer := &r.plan.layers[l]
	r.do(func() error {
		return r.kernels.dropErrors.Record(r.stream,
			kernels.DropErrorsBuffers{Error: whole(r.errorsBelow(&r.plan.weights[r.plan.layers[l].above[0]])), Numbers: r.section(sectionNumbers)},
			kernels.DropErrorsParameters{
				Samples: r.samples, Steps: r.steps, Neurons: uint32(layer.handed), Layer: layer.dropout.Layer,
				Rate: layer.dropout.Rate, Scale: layer.dropout.Scale, Together: together(&layer.dropout), Segment: r.engine.cut.segment(s),
			})
	})
}

// unpoolErrors implements executor.
func (r *recorder) unpoolErrors(l, s int) {
	pooling := &r.plan.layers[l].pooling
	r.do(func() error {
		return r.kernels.layers[l].unpool.Record(r.stream,
			kernels.UnpoolErrorsBuffers{Error: whole(r.layers[l].errors), Pooled: whole(r.pooledErrors), Spikes: whole(r.layers[l].spikes)},
			kernels.UnpoolErrorsParameters{
				Samples: r.samples, Steps: r.steps, Height: uint32(pooling.Plane.Height), Width: uint32(pooling.Plane.Width),
				CellHeight: uint32(pooling.Cell.Height), CellWidth: uint32(pooling.Cell.Width), Unit: uint32(pooling.Unit),
				Segment: r.engine.cut.segment(s),
			})
	})
}

// takeTargetErrors implements executor.
func (r *recorder) takeTargetErrors(s int) {
	cut, row := r.engine.cut, 4*uint64(cpuref.Stride(r.plan.classes))
	first, last := cut.bounds(s)
	for b := range int(r.samples) {
		r.do(func() error {
			return r.stream.Copy(r.layers[len(r.layers)-1].errors, uint64(cut.heldRow(b))*row,
				r.targetErrors, uint64(b*r.plan.steps+first)*row, uint64(last-first)*row)
		})
	}
}

// clearErrors implements executor.
func (r *recorder) clearErrors(l, s int) {
	cut, errors := r.engine.cut, r.layers[l].errors
	row := 4 * uint64(cpuref.Stride(r.plan.layers[l].neurons))
	if cut.count() == 1 {
		r.do(func() error { return r.stream.Fill(errors, 0, uint64(r.samples)*uint64(cut.steps)*row, 0) })
		return
	}
	first, last := cut.bounds(s)
	for b := range int(r.samples) {
		r.do(func() error { return r.stream.Fill(errors, uint64(cut.heldRow(b))*row, uint64(last-first)*row, 0) })
	}
}

// lifBackward implements executor.
func (r *recorder) lifBackward(l, s int) {
	layer, arrays := &r.plan.layers[l], &r.layers[l]
	buffers := kernels.LIFBackwardBuffers{
		Error: whole(arrays.errors), Shown: whole(arrays.errors), Spikes: whole(arrays.spikes), Membrane: whole(arrays.membrane),
		Lost: whole(arrays.lost), SpikeError: whole(arrays.spikeError), States: whole(arrays.adjoints),
		ConstantsOfLayer: whole(r.engine.constants[l]),
	}
	if layer.recurrent >= 0 {
		buffers.RecurrentTransposed = whole(r.engine.transposed[layer.recurrent])
		buffers.RecurrentGeometry = whole(r.engine.geometries[layer.recurrent])
	}
	if layer.neuron.Learn != 0 {
		buffers.Varied, buffers.Trace, buffers.ConstantErrors = whole(r.engine.varied[l]), whole(arrays.trace), whole(arrays.constantErrors)
	}
	recurrent, recurrentDelay := r.plan.recurrence(layer)
	r.do(func() error {
		return r.kernels.layers[l].backward.Record(r.stream, buffers, kernels.LIFBackwardParameters{
			Samples: r.samples, Steps: r.steps, Neurons: uint32(layer.neurons), Filters: uint32(layer.filters),
			Recurrent: recurrent, RecurrentDelay: uint32(recurrentDelay),
			Segment: r.engine.cut.segment(s),
		})
	})
}

// errorsDone implements executor: they stay on the device.
func (r *recorder) errorsDone(_, _ int) {}

// potentialGradient implements executor.
func (r *recorder) potentialGradient(i int) {
	c := &r.plan.weights[i]
	r.do(func() error {
		return r.kernels.potentialGradient.Record(r.stream, kernels.PotentialGradientBuffers{
			Partial: whole(r.partial[i]), Potential: whole(r.layers[c.source].membrane), Error: whole(r.errorsOf(c)),
		}, kernels.PotentialGradientParameters{
			Samples: r.samples, Steps: r.steps, Inputs: uint32(c.rows), Neurons: uint32(c.Rows), Delay: uint32(c.delay),
		})
	})
}

// weightGradient implements executor.
func (r *recorder) weightGradient(i, s int) {
	r.gradientAt(i, s, r.partial[i], r.plan.weights[i].delay)
}

// gradientAt records the gradient that a connection would have with the given delay.
func (r *recorder) gradientAt(i, s int, partial *gpu.Buffer, delay int) {
	c := &r.plan.weights[i]
	r.do(func() error {
		return r.kernels.weightGradient.Record(r.stream, kernels.WeightGradientBuffers{
			Partial: whole(partial), Trains: whole(r.trainsOf(c)), Error: whole(r.errorsOf(c)), Samplewise: whole(r.samplewise[i]),
			Geometry: whole(r.engine.geometries[i]),
		}, kernels.WeightGradientParameters{
			Samples: r.samples, Steps: r.steps, Inputs: uint32(c.rows), Copies: uint32(c.copies), Neurons: uint32(c.Rows),
			Delay: uint32(delay), Scale: r.plan.scale(c, r.dropping), Window: c.window, Segment: r.engine.cut.segment(s),
		})
	})
}

// constantGradient implements executor.
func (r *recorder) constantGradient(i int) {
	c := &r.plan.weights[i]
	layer, constant, place := r.plan.learnedConstant(i)
	kernel := r.kernels.constantGradient
	if c.Rows == 1 {
		kernel = r.kernels.commonGradient
	}
	r.do(func() error {
		return kernel.Record(r.stream, kernels.ConstantGradientBuffers{
			Partial: whole(r.partial[i]), Samplewise: whole(r.layers[c.target].constantErrors), Varied: whole(r.engine.varied[c.target]),
		}, kernels.ConstantGradientParameters{
			Samples: r.samples, Neurons: uint32(layer.neurons), Filters: uint32(layer.filters),
			Constant: uint32(constant), Place: uint32(place), Count: uint32(layer.neuron.Learn.Count()),
		})
	})
}

// sumsDone implements executor: a stream runs to its end before any gradient is read back.
func (r *recorder) sumsDone(int) {}
