package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// recordStream records the commands of a key.
func (e *Vulkan) recordStream(stream *gpu.Stream, key streamKey) error {
	r := &recorder{engine: e, stream: stream, samples: uint32(key.samples)}
	switch key.purpose {
	case purposeEvaluate:
		r.forward(false)
		r.loss(false)
	case purposeGradient:
		r.forward(true)
		r.loss(true)
		r.backward()
		r.sum(e.partial, cpuref.Chunks(key.samples))
	case purposeSave:
		for i, w := range e.plan.weights {
			bytes := 4 * uint64(w.size)
			r.do(func() error { return stream.Copy(e.sums[i], uint64(key.samples)*bytes, e.partial[i], 0, bytes) })
		}
	case purposeReduce:
		r.sum(e.sums, key.samples)
	case purposeUpdate:
		r.update(e.partial)
		r.transpose()
	case purposeUpdateSums:
		r.update(e.sums)
		r.transpose()
	case purposeTranspose:
		r.transpose()
	case purposeNorm:
		r.norm(e.partial)
	case purposeNormSums:
		r.norm(e.sums)
	}
	return r.err
}

// recorder records one stream; after an error it does nothing.
type recorder struct {
	engine  *Vulkan
	stream  *gpu.Stream
	samples uint32
	err     error
}

func (r *recorder) do(record func() error) {
	if r.err == nil {
		r.err = record()
	}
}

// whole binds a whole buffer; a nil one is nothing.
func whole(b *gpu.Buffer) gpu.Binding { return gpu.Binding{Buffer: b} }

// input binds a section of the uploaded input.
func (p *pass) section(section int) gpu.Binding {
	end := p.input.Bytes()
	if section < sectionIndex {
		end = p.inputAt[section+1]
	}
	return gpu.Binding{Buffer: p.input, Offset: p.inputAt[section], Bytes: end - p.inputAt[section]}
}

// result binds a section of the results.
func (r *recorder) result(section int) gpu.Binding {
	alignment := max(r.engine.device.Info().StorageAlignment, 4)
	return gpu.Binding{Buffer: r.engine.pass.results, Offset: r.engine.pass.resultAt(section, alignment), Bytes: 4 * uint64(r.engine.pass.capacity)}
}

// forward records all layers and the readout.
func (r *recorder) forward(backward bool) {
	e, p, n, k := r.engine, r.engine.pass, r.engine.plan, r.engine.kernels
	steps := uint32(n.steps)
	rows, index := p.section(sectionRows), p.section(sectionIndex)
	if backward {
		r.do(func() error {
			return k.spikeTrains.Record(r.stream,
				kernels.SpikeTrainsBuffers{Trains: whole(p.inputTrains), Rows: rows, Index: index},
				kernels.SpikeTrainsParameters{Neurons: uint32(n.layers[0].inputs), Samples: r.samples, Steps: steps})
		})
	}
	for l := range n.layers {
		layer, arrays, neurons := &n.layers[l], p.layers[l], uint32(n.layers[l].neurons)
		buffers := kernels.LIFForwardBuffers{
			Spikes: whole(arrays.spikes), Membrane: whole(arrays.membrane), Current: whole(arrays.current),
			Rows: rows, Index: index,
			InputWeights: whole(e.weights[layer.input]), Numbers: p.section(sectionNumbers),
		}
		if layer.recurrent >= 0 {
			buffers.RecurrentWeights = whole(e.weights[layer.recurrent])
		}
		r.do(func() error {
			return k.layers[l].forward.Record(r.stream, buffers, kernels.LIFForwardParameters{
				Samples: r.samples, Steps: steps, Neurons: neurons, Filters: uint32(layer.filters),
				Input: window(layer.inputWindow), Recurrent: window(layer.recurrentWindow),
				Delay: uint32(layer.delay), RecurrentDelay: uint32(layer.recurrentDelay), Layer: uint32(l),
				Flips:         uint32(p.flipsAt()),
				DecayMembrane: layer.neuron.DecayMembrane, DriveMembrane: layer.neuron.DriveMembrane,
				DecaySynapse: layer.neuron.DecaySynapse, Threshold: layer.neuron.Threshold,
				NoiseParameter0: layer.neuron.NoiseParameters[0], NoiseParameter1: layer.neuron.NoiseParameters[1],
			})
		})
		// The errors of the backward pass are not there yet: their array holds events.
		rows, index = whole(p.rows), whole(p.errors[1])
		r.do(func() error {
			return k.buildEvents.Record(r.stream,
				kernels.BuildEventsBuffers{Rows: rows, Index: index, Spikes: whole(arrays.spikes)},
				kernels.BuildEventsParameters{RowCount: r.samples * steps, Words: uint32(cpuref.Words(layer.neurons)), Capacity: neurons})
		})
		r.do(func() error {
			return k.spikeTrains.Record(r.stream,
				kernels.SpikeTrainsBuffers{Trains: whole(arrays.trains), Rows: rows, Index: index},
				kernels.SpikeTrainsParameters{Neurons: neurons, Samples: r.samples, Steps: steps})
		})
		r.do(func() error {
			return k.spikeCounts.Record(r.stream,
				kernels.SpikeCountsBuffers{Counts: whole(arrays.counts), Trains: whole(arrays.trains)},
				kernels.SpikeCountsParameters{Neurons: neurons, Samples: r.samples, Steps: steps})
		})
		r.do(func() error {
			return k.spikeTotals.Record(r.stream,
				kernels.SpikeTotalsBuffers{Totals: r.result(resultTotals + l), Counts: whole(arrays.counts)},
				kernels.SpikeTotalsParameters{Samples: r.samples, Neurons: neurons})
		})
	}
	if out := n.readout; out != nil {
		r.do(func() error {
			return k.readoutForward.Record(r.stream, kernels.ReadoutForwardBuffers{
				Readout: whole(p.readout), Rows: rows, Index: index, Weights: whole(e.weights[out.weight]),
			}, kernels.ReadoutForwardParameters{
				Samples: r.samples, Steps: steps, Classes: uint32(n.classes), Delay: uint32(out.delay),
				DecayMembrane: out.decayMembrane, DriveMembrane: out.driveMembrane,
				DecaySynapse: out.decaySynapse, Initial: out.initial,
			})
		})
	}
}

// loss records the loss and regularizers.
func (r *recorder) loss(backward bool) {
	p, n, k := r.engine.pass, r.engine.plan, r.engine.kernels
	regularizer := r.result(resultRegularizer)
	r.do(func() error {
		return r.stream.Fill(regularizer.Buffer, regularizer.Offset, 4*uint64(r.samples), 0)
	})
	for l := range p.layers {
		spikeError := p.layers[l].spikeError
		r.do(func() error { return r.stream.Fill(spikeError, 0, spikeError.Bytes(), 0) })
	}
	if n.distance != nil {
		r.distance(backward)
	} else {
		r.crossEntropy(backward)
	}
	for l, layer := range n.layers {
		for i, activity := range layer.activity {
			r.do(func() error {
				return k.layers[l].activity[i].Record(r.stream, kernels.ActivityBuffers{
					SpikeError: whole(p.layers[l].spikeError), Loss: regularizer, Counts: whole(p.layers[l].counts),
				}, kernels.ActivityParameters{
					Samples: r.samples, Neurons: uint32(activity.Neurons), Filters: uint32(activity.Filters), Group: uint32(activity.Group),
					Threshold: activity.Threshold, InverseSize: activity.InverseSize,
					LossFactor: activity.LossFactor, ErrorFactor: activity.ErrorFactor,
				})
			})
		}
	}
}

// crossEntropy records the loss of classes.
func (r *recorder) crossEntropy(backward bool) {
	p, n, k := r.engine.pass, r.engine.plan, r.engine.kernels
	top := p.layers[len(p.layers)-1]
	buffers := kernels.CrossEntropyBuffers{
		Loss: r.result(resultLoss), Predicted: r.result(resultPredicted), Logits: whole(p.logits),
		Readout: whole(p.readout), Labels: p.section(sectionLabels),
	}
	if n.readout == nil {
		buffers.Counts, buffers.SpikeError = whole(top.counts), whole(top.spikeError)
	} else if backward {
		buffers.Error = whole(p.errors[0])
	}
	kernel := k.crossEntropy
	if backward {
		kernel = k.crossEntropyError
	}
	r.do(func() error {
		return kernel.Record(r.stream, buffers,
			kernels.CrossEntropyParameters{Samples: r.samples, Steps: uint32(n.steps), Classes: uint32(n.classes)})
	})
}

// backward records the error's way down and the partial gradients.
func (r *recorder) backward() {
	e, p, n, k := r.engine, r.engine.pass, r.engine.plan, r.engine.kernels
	steps := uint32(n.steps)
	above, errors := p.errors[0], p.errors[1]
	top := len(n.layers) - 1
	if out := n.readout; out != nil {
		r.do(func() error {
			return k.readoutBackward.Record(r.stream, kernels.ReadoutBackwardBuffers{Error: whole(above)},
				kernels.ReadoutBackwardParameters{
					Samples: r.samples, Steps: steps, Classes: uint32(n.classes),
					DecayMembrane: out.decayMembrane, DriveMembrane: out.driveMembrane, DecaySynapse: out.decaySynapse,
				})
		})
		r.gradient(out.weight, p.layers[top].trains, above, cpuref.Window{}, out.delay)
		r.errorBelow(errors, above, out.weight, kernels.ErrorBelowParameters{
			Neurons: uint32(n.classes), Below: uint32(out.inputs), Delay: uint32(out.delay),
		})
	} else if n.distance == nil {
		r.do(func() error { return r.stream.Fill(errors, 0, errors.Bytes(), 0) })
	}
	for l := top; l >= 0; l-- {
		layer, arrays := &n.layers[l], p.layers[l]
		buffers := kernels.LIFBackwardBuffers{
			Error: whole(errors), Spikes: whole(arrays.spikes), Membrane: whole(arrays.membrane),
			Current: whole(arrays.current), SpikeError: whole(arrays.spikeError),
		}
		if layer.recurrent >= 0 {
			buffers.RecurrentTransposed = whole(e.transposed[layer.recurrent])
		}
		surrogate := layer.neuron.SurrogateParameter
		r.do(func() error {
			return k.layers[l].backward.Record(r.stream, buffers, kernels.LIFBackwardParameters{
				Samples: r.samples, Steps: steps, Neurons: uint32(layer.neurons), Filters: uint32(layer.filters),
				Recurrent: window(layer.recurrentWindow), RecurrentDelay: uint32(layer.recurrentDelay),
				DecayMembrane: layer.neuron.DecayMembrane, DriveMembrane: layer.neuron.DriveMembrane,
				DecaySynapse: layer.neuron.DecaySynapse, Threshold: layer.neuron.Threshold,
				SurrogateParameter0: surrogate[0], SurrogateParameter1: surrogate[1], SurrogateParameter2: surrogate[2],
			})
		})
		if layer.recurrent >= 0 {
			r.gradient(layer.recurrent, arrays.trains, errors, layer.recurrentWindow, layer.recurrentDelay)
		}
		if l == 0 {
			r.gradient(layer.input, p.inputTrains, errors, layer.inputWindow, layer.delay)
			break
		}
		r.gradient(layer.input, p.layers[l-1].trains, errors, layer.inputWindow, layer.delay)
		above, errors = errors, above
		r.errorBelow(errors, above, layer.input, kernels.ErrorBelowParameters{
			Neurons: uint32(layer.neurons), Below: uint32(layer.inputs), Filters: uint32(layer.filters),
			Delay: uint32(layer.delay), Window: window(layer.inputWindow),
		})
	}
}

// gradient records the partial gradients of one weight array.
func (r *recorder) gradient(weight int, trains, errors *gpu.Buffer, geometry cpuref.Window, delay int) {
	w := r.engine.plan.weights[weight]
	r.do(func() error {
		return r.engine.kernels.weightGradient.Record(r.stream, kernels.WeightGradientBuffers{
			Partial: whole(r.engine.partial[weight]), Trains: whole(trains), Error: whole(errors),
		}, kernels.WeightGradientParameters{
			Samples: r.samples, Steps: uint32(r.engine.plan.steps),
			Inputs: uint32(w.rows), Neurons: uint32(w.Rows), Delay: uint32(delay), Window: window(geometry),
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

// window hands a geometry to the kernels.
func window(w cpuref.Window) kernels.Window {
	return kernels.Window{
		Positions: uint32(w.Positions), Below: uint32(w.Below), Unit: uint32(w.Unit),
		Kernel: uint32(w.Kernel), Stride: uint32(w.Stride), Padding: uint32(w.Padding),
	}
}

// sum records the tree over count partial results of every weight array.
func (r *recorder) sum(partial []*gpu.Buffer, count int) {
	for i, w := range r.engine.plan.weights {
		r.do(func() error {
			return r.engine.kernels.sumChunks.Record(r.stream, kernels.SumChunksBuffers{Partial: whole(partial[i])}, uint32(count), uint32(w.size))
		})
	}
}

// update records the optimizer on all weights.
func (r *recorder) update(gradient []*gpu.Buffer) {
	e := r.engine
	for i, w := range e.plan.weights {
		buffers := kernels.OptimizerBuffers{Weights: whole(e.weights[i]), Gradient: whole(gradient[i]), Update: whole(e.update)}
		for s, to := range []*gpu.Binding{&buffers.State0, &buffers.State1, &buffers.State2} {
			if s < len(e.states[i]) {
				*to = whole(e.states[i][s])
			}
		}
		r.do(func() error {
			return e.kernels.optimizer.Record(r.stream, buffers, kernels.OptimizerParameters{Count: uint32(w.size)})
		})
	}
}

// norm records the partial sums of the squared norm of all gradients.
func (r *recorder) norm(gradient []*gpu.Buffer) {
	e := r.engine
	for i, w := range e.plan.weights {
		r.do(func() error {
			return e.kernels.squaredNorm.Record(r.stream,
				kernels.SquaredNormBuffers{Partial: whole(e.norms[i]), Gradient: whole(gradient[i]), Update: whole(e.update)},
				kernels.SquaredNormParameters{Count: uint32(w.size)})
		})
	}
}

// transpose records the renewal of the transposed weights.
func (r *recorder) transpose() {
	e := r.engine
	for i, w := range e.plan.weights {
		if e.transposed[i] == nil {
			continue
		}
		r.do(func() error {
			return e.kernels.transpose.Record(r.stream,
				kernels.TransposeBuffers{Transposed: whole(e.transposed[i]), Weights: whole(e.weights[i])},
				kernels.TransposeParameters{Rows: uint32(w.rows / w.blocks), Columns: uint32(w.Rows), Blocks: uint32(w.blocks)})
		})
	}
}
