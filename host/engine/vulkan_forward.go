package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// begin implements executor. It clears the spikes if there are segments: layer kernels set bits,
// and read those of earlier segments.
func (r *recorder) begin() {
	if r.augmented {
		r.augment()
	}
	if r.engine.cut.count() > 1 {
		for _, arrays := range r.layers {
			r.do(func() error { return r.stream.Fill(arrays.spikes, 0, arrays.spikes.Bytes(), 0) })
		}
	}
}

// inputTrains implements executor.
func (r *recorder) inputTrains() {
	rows, index := r.inputEvents()
	r.trains(r.arrays.inputTrains, rows, index, r.plan.layers[0].inputs, 1, cpuref.Segment{})
}

// slot binds one of the states of a layer; nothing for whole samples.
func (p *pass) slot(l, slot int, cut segmentation) gpu.Binding {
	buffer := p.layers[l].states
	if buffer == nil {
		return gpu.Binding{}
	}
	bytes := buffer.Bytes() / uint64(cut.slots())
	return gpu.Binding{Buffer: buffer, Offset: uint64(slot) * bytes, Bytes: bytes}
}

// beginSegment implements executor.
func (r *recorder) beginSegment(l, from, to int) {
	source, target := r.slot(l, from, r.engine.cut), r.slot(l, to, r.engine.cut)
	r.do(func() error {
		return r.stream.Copy(target.Buffer, target.Offset, source.Buffer, source.Offset, source.Bytes)
	})
}

// events binds the events of what lies below a layer.
func (r *recorder) events(l int) (rows, index gpu.Binding) {
	if l == 0 {
		return r.inputEvents()
	}
	return whole(r.rows), whole(r.index)
}

// inputSums implements executor.
func (r *recorder) inputSums(i, s int) {
	c := &r.plan.weights[i]
	rows, index := r.events(c.source + 1)
	neurons, filters := r.plan.takes(c)
	r.do(func() error {
		return r.kernels.inputSums[sumsChoice(c)].Record(r.stream, kernels.InputSumsBuffers{
			Sums: whole(r.sumsOf(c)), Rows: rows, Index: index, Weights: whole(r.engine.weights[i]), Geometry: whole(r.engine.geometries[i]),
		}, kernels.InputSumsParameters{
			Samples: r.samples, Steps: r.steps, Neurons: uint32(neurons), Filters: uint32(filters), Delay: uint32(c.delay),
			Scale: r.plan.scale(c, r.dropping), Window: c.window, Segment: r.engine.cut.sums(s, c.target == len(r.layers)),
		})
	})
}

// potentialSums implements executor: without a delay, U[t] contributes to the row after its own.
func (r *recorder) potentialSums(i int) {
	c, sums := &r.plan.weights[i], r.sumsOf(&r.plan.weights[i])
	neurons, _ := r.plan.takes(c)
	if !c.adds {
		r.do(func() error {
			return r.stream.Fill(sums, 0, 4*uint64(r.samples)*uint64(r.steps)*uint64(cpuref.Stride(neurons)), 0)
		})
	}
	part, below := r.plan.potentialSegments(c)
	r.do(func() error {
		return r.kernels.errorAdded.Record(r.stream, kernels.ErrorBelowBuffers{
			Error: whole(sums), Above: whole(r.layers[c.source].membrane), Transposed: whole(r.engine.weights[i]),
			Geometry: whole(r.engine.geometries[i]),
		}, kernels.ErrorBelowParameters{
			Samples: r.samples, Steps: r.steps, Neurons: uint32(c.rows), Below: uint32(neurons), Segment: part, AboveSegment: below,
		})
	})
}

// lifForward implements executor.
func (r *recorder) lifForward(l, s, slot int) {
	layer, arrays := &r.plan.layers[l], &r.layers[l]
	rows, index := r.events(l)
	buffers := kernels.LIFForwardBuffers{
		Spikes: whole(arrays.spikes), Membrane: whole(arrays.membrane), Lost: whole(arrays.lost),
		Rows: rows, Index: index,
		InputWeights: whole(r.engine.weights[layer.input]), Numbers: r.section(sectionNumbers),
		States: r.slot(l, slot, r.engine.cut), ConstantsOfLayer: whole(r.engine.constants[l]), InputGeometry: whole(r.engine.geometries[layer.input]),
	}
	if layer.recurrent >= 0 {
		buffers.RecurrentWeights = whole(r.engine.weights[layer.recurrent])
		buffers.RecurrentGeometry = whole(r.engine.geometries[layer.recurrent])
	}
	if layer.bias >= 0 {
		buffers.Bias = whole(r.engine.weights[layer.bias])
	}
	if layer.neuron.Learn != 0 {
		buffers.Varied, buffers.Trace = whole(r.engine.varied[l]), whole(arrays.trace)
	}
	input := &r.plan.weights[layer.input]
	recurrent, recurrentDelay := r.plan.recurrence(layer)
	r.do(func() error {
		return r.kernels.layers[l].forward.Record(r.stream, buffers, kernels.LIFForwardParameters{
			Samples: r.samples, Steps: r.steps, Neurons: uint32(layer.neurons), Filters: uint32(layer.filters),
			Input: input.window, Recurrent: recurrent,
			Delay: uint32(input.delay), RecurrentDelay: uint32(recurrentDelay), Layer: uint32(l),
			Flips: uint32(r.flipsAt()), InputScale: r.plan.scale(input, r.dropping), Segment: r.engine.cut.segment(s),
		})
	})
}

// listSpikes implements executor.
func (r *recorder) listSpikes(l, s int) {
	neurons := r.plan.layers[l].neurons
	r.do(func() error {
		return r.kernels.buildEvents.Record(r.stream,
			kernels.BuildEventsBuffers{Rows: whole(r.rows), Index: whole(r.index), Spikes: whole(r.layers[l].spikes)},
			kernels.BuildEventsParameters{
				Samples: r.samples, Steps: r.steps, Words: uint32(cpuref.Words(neurons)),
				Capacity: uint32(neurons), Segment: r.engine.cut.eventSegment(s),
			})
	})
}

// spikeTrains implements executor.
func (r *recorder) spikeTrains(l, s int) {
	r.trains(r.layers[l].trains, whole(r.rows), whole(r.index), r.plan.layers[l].neurons, 1, r.engine.cut.segment(s))
}

// poolSpikes implements executor.
func (r *recorder) poolSpikes(l, s int) {
	layer := &r.plan.layers[l]
	plane, cell := layer.pooling.Plane, layer.pooling.Cell
	r.do(func() error {
		return r.kernels.layers[l].pool.Record(r.stream,
			kernels.PoolEventsBuffers{Rows: whole(r.rows), Index: whole(r.index), Spikes: whole(r.layers[l].spikes)},
			kernels.PoolEventsParameters{
				Samples: r.samples, Steps: r.steps, Height: uint32(plane.Height), Width: uint32(plane.Width),
				CellHeight: uint32(cell.Height), CellWidth: uint32(cell.Width), Unit: uint32(layer.pooling.Unit),
				Capacity: uint32(layer.neurons), Segment: r.engine.cut.eventSegment(s),
			})
	})
}

// dropSpikes implements executor.
func (r *recorder) dropSpikes(l, s int) {
	dropout := &r.plan.layers[l].dropout
	r.do(func() error {
		return r.kernels.dropEvents.Record(r.stream,
			kernels.DropEventsBuffers{Rows: whole(r.rows), Index: whole(r.index), Numbers: r.section(sectionNumbers)},
			kernels.DropEventsParameters{
				Samples: r.samples, Steps: r.steps, Layer: dropout.Layer, Rate: dropout.Rate, Together: together(dropout),
				Segment: r.engine.cut.eventSegment(s),
			})
	})
}

// together returns whether numbers are dropped in all steps or in none, in the form of the kernels.
func together(dropout *cpuref.Dropout[float32]) uint32 {
	if dropout.Together {
		return 1
	}
	return 0
}

// handedTrains implements executor.
func (r *recorder) handedTrains(l, s int) {
	layer := &r.plan.layers[l]
	r.trains(r.layers[l].handed, whole(r.rows), whole(r.index), layer.handed, layer.pooling.Copies(), r.engine.cut.segment(s))
}

// trains records turning events into spike trains, the given number per neuron.
func (r *recorder) trains(trains *gpu.Buffer, rows, index gpu.Binding, neurons, copies int, part cpuref.Segment) {
	r.do(func() error {
		return r.kernels.spikeTrains.Record(r.stream,
			kernels.SpikeTrainsBuffers{Trains: whole(trains), Rows: rows, Index: index},
			kernels.SpikeTrainsParameters{Neurons: uint32(neurons), Copies: uint32(copies), Samples: r.samples, Steps: r.steps, Segment: part})
	})
}

// readoutForward implements executor.
func (r *recorder) readoutForward(s int) {
	out := r.plan.readout
	buffers := kernels.ReadoutForwardBuffers{
		Readout: whole(r.readout), Rows: whole(r.rows), Index: whole(r.index), Weights: whole(r.engine.weights[out.weight]),
		States: whole(r.readoutStates),
	}
	if out.bias >= 0 {
		buffers.Bias = whole(r.engine.weights[out.bias])
	}
	r.do(func() error {
		return r.kernels.readoutForward.Record(r.stream, buffers, kernels.ReadoutForwardParameters{
			Samples: r.samples, Steps: r.steps, Classes: uint32(r.plan.classes), Delay: uint32(r.plan.weights[out.weight].delay),
			DecayMembrane: out.decayMembrane, DriveMembrane: out.driveMembrane,
			DecaySynapse: out.decaySynapse, Initial: out.initial, Scale: r.plan.scale(&r.plan.weights[out.weight], r.dropping),
			Segment: r.engine.cut.segment(s),
		})
	})
}

// membranesDone implements executor: they are read back by rerunning segments.
func (r *recorder) membranesDone(int) {}

// countSpikes implements executor.
func (r *recorder) countSpikes(l int) {
	counts, neurons := whole(r.layers[l].counts), uint32(r.plan.layers[l].neurons)
	r.do(func() error {
		return r.kernels.spikeCounts.Record(r.stream,
			kernels.SpikeCountsBuffers{Counts: counts, Trains: whole(r.layers[l].trains)},
			kernels.SpikeCountsParameters{Neurons: neurons, Samples: r.samples, Steps: r.steps})
	})
	r.do(func() error {
		return r.kernels.spikeTotals.Record(r.stream,
			kernels.SpikeTotalsBuffers{Totals: r.result(resultTotals + l), Counts: counts},
			kernels.SpikeTotalsParameters{Samples: r.samples, Neurons: neurons})
	})
}
