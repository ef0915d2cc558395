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
		r.gradient(out.weight, p.layers[top].trains, p.readoutErrors, cpuref.Window{}, out.delay, cpuref.Segment{})
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
	below := kernels.ErrorBelowParameters{Below: uint32(layer.neurons), Segment: part}
	switch {
	case l+1 < len(n.layers):
		above := &n.layers[l+1]
		below.Neurons, below.Filters, below.Delay = uint32(above.neurons), uint32(above.filters), uint32(above.delay)
		below.Window, below.AboveSegment = above.inputWindow, part
		r.errorBelow(arrays.errors, p.layers[l+1].errors, above.input, below)
	case n.readout != nil:
		below.Neurons, below.Delay = uint32(n.classes), uint32(n.readout.delay)
		r.errorBelow(arrays.errors, p.readoutErrors, n.readout.weight, below)
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
	surrogate := layer.neuron.SurrogateParameter
	r.do(func() error {
		return e.kernels.layers[l].backward.Record(r.stream, buffers, kernels.LIFBackwardParameters{
			Samples: r.samples, Steps: uint32(n.steps), Neurons: uint32(layer.neurons), Filters: uint32(layer.filters),
			Recurrent: layer.recurrentWindow, RecurrentDelay: uint32(layer.recurrentDelay),
			DecayMembrane: layer.neuron.DecayMembrane, DriveMembrane: layer.neuron.DriveMembrane,
			DecaySynapse: layer.neuron.DecaySynapse, Threshold: layer.neuron.Threshold,
			SurrogateParameter0: surrogate[0], SurrogateParameter1: surrogate[1], SurrogateParameter2: surrogate[2],
			SupportFrom: layer.neuron.Support.From, SupportTo: layer.neuron.Support.To,
			Segment: part,
		})
	})
	if layer.recurrent >= 0 {
		r.gradient(layer.recurrent, arrays.trains, arrays.errors, layer.recurrentWindow, layer.recurrentDelay, part)
	}
	trains := p.inputTrains
	if l > 0 {
		trains = p.layers[l-1].trains
	}
	r.gradient(layer.input, trains, arrays.errors, layer.inputWindow, layer.delay, part)
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

// gradient records the partial gradients of one weight array, of a segment.
func (r *recorder) gradient(weight int, trains, errors *gpu.Buffer, geometry cpuref.Window, delay int, part cpuref.Segment) {
	w := r.engine.plan.weights[weight]
	r.do(func() error {
		return r.engine.kernels.weightGradient.Record(r.stream, kernels.WeightGradientBuffers{
			Partial: whole(r.engine.partial[weight]), Trains: whole(trains), Error: whole(errors),
			Samplewise: whole(r.engine.pass.samplewise[weight]),
		}, kernels.WeightGradientParameters{
			Samples: r.samples, Steps: uint32(r.engine.plan.steps),
			Inputs: uint32(w.rows), Neurons: uint32(w.Rows), Delay: uint32(delay), Window: geometry, Segment: part,
		})
	})
}

// errorBelow records the error's way through one weight array.
func (r *recorder) errorBelow(errors, above *gpu.Buffer, weight int, parameters kernels.ErrorBelowParameters) {
	parameters.Samples, parameters.Steps = r.samples, uint32(r.engine.plan.steps)
	r.do(func() error {
		return r.engine.kernels.errorBelow.Record(r.stream, kernels.ErrorBelowBuffers{
			Error: whole(errors), Above: whole(above), Transposed: whole(r.engine.transposed[weight]),
		}, parameters)
	})
}
