package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// backward records the error's way down, segment by segment from the last, and the
// partial gradients.
func (r *recorder) backward() {
	e, p, n := r.engine, r.engine.pass, r.engine.plan
	top := len(n.layers) - 1
	if out := n.readout; out != nil {
		r.do(func() error {
			return e.kernels.readoutBackward.Record(r.stream, kernels.ReadoutBackwardBuffers{Error: whole(p.readoutErrors)},
				kernels.ReadoutBackwardParameters{
					Samples: r.samples, Steps: uint32(n.steps), Classes: uint32(n.classes),
					DecayMembrane: out.decayMembrane, DriveMembrane: out.driveMembrane, DecaySynapse: out.decaySynapse,
				})
		})
		r.gradient(out.weight, cpuref.Segment{})
	}
	last := e.cut.count() - 1
	for s := last; s >= 0; s-- {
		if s < last { // the membranes of the last segment are still there
			r.moveHalos()
			r.forwardSegment(s, true)
		}
		for l := top; l >= 0; l-- {
			r.backwardLayer(l, s)
		}
	}
}

// moveHalos records that the errors that a segment looks ahead to, the first of the
// segment after it, move to where they lie behind its own.
func (r *recorder) moveHalos() {
	cut := r.engine.cut
	for l, layer := range r.engine.plan.layers {
		errors, row := r.engine.pass.layers[l].errors, 4*uint64(cpuref.Stride(layer.neurons))
		for b := range int(r.samples) {
			from := uint64(cut.heldRow(b))
			r.do(func() error {
				return r.stream.Copy(errors, (from+uint64(cut.length))*row, errors, from*row, uint64(cut.halo)*row)
			})
		}
	}
}

// backwardLayer records one segment of one layer: its errors, and the partial gradients
// of its weights.
func (r *recorder) backwardLayer(l, s int) {
	e, p, n := r.engine, r.engine.pass, r.engine.plan
	layer, arrays, part := &n.layers[l], p.layers[l], e.cut.segment(s)
	switch above := n.above(l); {
	case above >= 0:
		r.errorBelow(above, part)
	case n.distance != nil:
		r.takeTargetErrors(s)
	default:
		r.clearErrors(l, s)
	}
	buffers := kernels.LIFBackwardBuffers{
		Error: whole(arrays.errors), Spikes: whole(arrays.spikes), Membrane: whole(arrays.membrane),
		Current: whole(arrays.current), SpikeError: whole(arrays.spikeError), States: whole(arrays.adjoints),
	}
	if layer.recurrent >= 0 {
		buffers.RecurrentTransposed = whole(e.transposed[layer.recurrent])
	}
	recurrent, recurrentDelay := n.recurrence(layer)
	surrogate := layer.neuron.SurrogateParameter
	r.do(func() error {
		return e.kernels.layers[l].backward.Record(r.stream, buffers, kernels.LIFBackwardParameters{
			Samples: r.samples, Steps: uint32(n.steps), Neurons: uint32(layer.neurons), Filters: uint32(layer.filters),
			Recurrent: recurrent, RecurrentDelay: uint32(recurrentDelay),
			DecayMembrane: layer.neuron.DecayMembrane, DriveMembrane: layer.neuron.DriveMembrane,
			DecaySynapse: layer.neuron.DecaySynapse, Threshold: layer.neuron.Threshold,
			SurrogateParameter0: surrogate[0], SurrogateParameter1: surrogate[1], SurrogateParameter2: surrogate[2],
			SupportFrom: layer.neuron.Support.From, SupportTo: layer.neuron.Support.To,
			Segment: part,
		})
	})
	for i, c := range n.weights {
		if c.target == l {
			r.gradient(i, part)
		}
	}
}

// errors returns the errors of a connection's target and the segment that they hold: those
// of a readout hold all steps.
func (r *recorder) errors(c *weightPlan, part cpuref.Segment) (gpu.Binding, cpuref.Segment) {
	p := r.engine.pass
	if c.target == len(p.layers) {
		return whole(p.readoutErrors), cpuref.Segment{}
	}
	return whole(p.layers[c.target].errors), part
}

// clearErrors records that the errors of a layer in a segment are zero.
func (r *recorder) clearErrors(l, s int) {
	cut, errors := r.engine.cut, r.engine.pass.layers[l].errors
	row := 4 * uint64(cpuref.Stride(r.engine.plan.layers[l].neurons))
	if cut.count() == 1 {
		r.do(func() error { return r.stream.Fill(errors, 0, uint64(r.samples)*uint64(cut.steps)*row, 0) })
		return
	}
	first, last := cut.bounds(s)
	for b := range int(r.samples) {
		r.do(func() error { return r.stream.Fill(errors, uint64(cut.heldRow(b))*row, uint64(last-first)*row, 0) })
	}
}

// gradient records the partial gradients of a connection's weights, of a segment.
func (r *recorder) gradient(i int, part cpuref.Segment) {
	p, c, trains := r.engine.pass, &r.engine.plan.weights[i], r.engine.pass.inputTrains
	if c.source >= 0 {
		trains = p.layers[c.source].trains
	}
	errors, held := r.errors(c, part)
	r.do(func() error {
		return r.engine.kernels.weightGradient.Record(r.stream, kernels.WeightGradientBuffers{
			Partial: whole(r.engine.partial[i]), Trains: whole(trains), Error: errors, Samplewise: whole(p.samplewise[i]),
		}, kernels.WeightGradientParameters{
			Samples: r.samples, Steps: uint32(r.engine.plan.steps),
			Inputs: uint32(c.rows), Neurons: uint32(c.Rows), Delay: uint32(c.delay), Window: c.window, Segment: held,
		})
	})
}

// errorBelow records the error's way back through a connection.
func (r *recorder) errorBelow(i int, part cpuref.Segment) {
	n := r.engine.plan
	c := &n.weights[i]
	neurons, filters := n.takes(c)
	above, held := r.errors(c, part)
	r.do(func() error {
		return r.engine.kernels.errorBelow.Record(r.stream, kernels.ErrorBelowBuffers{
			Error: whole(r.engine.pass.layers[c.source].errors), Above: above, Transposed: whole(r.engine.transposed[i]),
		}, kernels.ErrorBelowParameters{
			Samples: r.samples, Steps: uint32(n.steps), Neurons: uint32(neurons), Below: uint32(n.layers[c.source].neurons),
			Filters: uint32(filters), Delay: uint32(c.delay), Window: c.window, Segment: part, AboveSegment: held,
		})
	})
}
