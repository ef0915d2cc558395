package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// recordStream records the commands of a key.
func (e *Vulkan) recordStream(stream *gpu.Stream, key streamKey) error {
	r := &recorder{engine: e, stream: stream, samples: uint32(key.samples), augmented: key.augmented}
	switch key.purpose {
	case purposeEvaluate:
		r.forward(false)
		r.loss(false)
	case purposeGradient:
		r.forward(true)
		r.loss(true)
		r.backward()
		r.sum(e.partial, cpuref.Chunks(key.samples))
	case purposeSegment:
		r.forwardSegment(key.segment, true)
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
	engine    *Vulkan
	stream    *gpu.Stream
	samples   uint32
	augmented bool // the input spikes are varied
	err       error
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
	p := r.engine.pass
	return gpu.Binding{Buffer: p.results, Offset: p.resultAt(section, r.engine.limits.alignment), Bytes: 4 * uint64(p.capacity)}
}

// forward records all layers and the readout, segment by segment.
func (r *recorder) forward(backward bool) {
	e, p, n, k := r.engine, r.engine.pass, r.engine.plan, r.engine.kernels
	steps := uint32(n.steps)
	if r.augmented {
		r.augment()
	}
	if backward {
		rows, index := r.inputEvents()
		r.trains(p.inputTrains, rows, index, n.layers[0].inputs, cpuref.Segment{})
	}
	if e.cut.count() > 1 {
		for _, arrays := range p.layers {
			r.do(func() error { return r.stream.Fill(arrays.spikes, 0, arrays.spikes.Bytes(), 0) })
		}
	}
	for s := range e.cut.count() {
		rows, index := r.forwardSegment(s, false)
		if out := n.readout; out != nil {
			r.do(func() error {
				return k.readoutForward.Record(r.stream, kernels.ReadoutForwardBuffers{
					Readout: whole(p.readout), Rows: rows, Index: index, Weights: whole(e.weights[out.weight]),
					States: whole(p.readoutStates),
				}, kernels.ReadoutForwardParameters{
					Samples: r.samples, Steps: steps, Classes: uint32(n.classes), Delay: uint32(n.weights[out.weight].delay),
					DecayMembrane: out.decayMembrane, DriveMembrane: out.driveMembrane,
					DecaySynapse: out.decaySynapse, Initial: out.initial, Segment: e.cut.segment(s),
				})
			})
		}
	}
	for l := range n.layers {
		arrays, neurons := p.layers[l], uint32(n.layers[l].neurons)
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
}

// forwardSegment records all layers over one segment, the first time or again, and
// returns the events of the last layer.
func (r *recorder) forwardSegment(s int, again bool) (rows, index gpu.Binding) {
	e, p, n, k := r.engine, r.engine.pass, r.engine.plan, r.engine.kernels
	steps := uint32(n.steps)
	rows, index = r.inputEvents()
	for l := range n.layers {
		layer, arrays := &n.layers[l], p.layers[l]
		buffers := kernels.LIFForwardBuffers{
			Spikes: whole(arrays.spikes), Membrane: whole(arrays.membrane), Current: whole(arrays.current),
			Rows: rows, Index: index,
			InputWeights: whole(e.weights[layer.input]), Numbers: p.section(sectionNumbers),
			States: r.states(l, s, again),
		}
		if layer.recurrent >= 0 {
			buffers.RecurrentWeights = whole(e.weights[layer.recurrent])
		}
		input := &n.weights[layer.input]
		recurrent, recurrentDelay := n.recurrence(layer)
		r.do(func() error {
			return k.layers[l].forward.Record(r.stream, buffers, kernels.LIFForwardParameters{
				Samples: r.samples, Steps: steps, Neurons: uint32(layer.neurons), Filters: uint32(layer.filters),
				Input: input.window, Recurrent: recurrent,
				Delay: uint32(input.delay), RecurrentDelay: uint32(recurrentDelay), Layer: uint32(l),
				Flips:         uint32(p.flipsAt()),
				DecayMembrane: layer.neuron.DecayMembrane, DriveMembrane: layer.neuron.DriveMembrane,
				DecaySynapse: layer.neuron.DecaySynapse, Threshold: layer.neuron.Threshold,
				NoiseParameter0: layer.neuron.NoiseParameters[0], NoiseParameter1: layer.neuron.NoiseParameters[1],
				Segment: e.cut.segment(s),
			})
		})
		rows, index = whole(p.rows), whole(p.index)
		r.do(func() error {
			return k.buildEvents.Record(r.stream,
				kernels.BuildEventsBuffers{Rows: rows, Index: index, Spikes: whole(arrays.spikes)},
				kernels.BuildEventsParameters{
					Samples: r.samples, Steps: steps, Words: uint32(cpuref.Words(layer.neurons)),
					Capacity: uint32(layer.neurons), Segment: e.cut.eventSegment(s),
				})
		})
		if !again {
			r.trains(arrays.trains, rows, index, layer.neurons, e.cut.segment(s))
		}
	}
	return rows, index
}

// states records that the states of a layer at the begin of a segment are copied to
// where the segment changes them, and binds those: the slot that the next segment
// begins from or, again, the last one. Whole samples have none.
func (r *recorder) states(l, s int, again bool) gpu.Binding {
	buffer := r.engine.pass.layers[l].states
	if buffer == nil {
		return gpu.Binding{}
	}
	count := r.engine.cut.count()
	slot, bytes := s+1, buffer.Bytes()/uint64(count+1)
	if again {
		slot = count
	}
	if s > 0 {
		r.do(func() error { return r.stream.Copy(buffer, uint64(slot)*bytes, buffer, uint64(s)*bytes, bytes) })
	}
	return gpu.Binding{Buffer: buffer, Offset: uint64(slot) * bytes, Bytes: bytes}
}

// trains records that events become spike trains.
func (r *recorder) trains(trains *gpu.Buffer, rows, index gpu.Binding, neurons int, part cpuref.Segment) {
	r.do(func() error {
		return r.engine.kernels.spikeTrains.Record(r.stream,
			kernels.SpikeTrainsBuffers{Trains: whole(trains), Rows: rows, Index: index},
			kernels.SpikeTrainsParameters{
				Neurons: uint32(neurons), Samples: r.samples, Steps: uint32(r.engine.plan.steps), Segment: part,
			})
	})
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
		buffers.Error = whole(p.readoutErrors)
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

// sum records the tree over count partial results of every weight array.
func (r *recorder) sum(partial []*gpu.Buffer, count int) {
	for i, w := range r.engine.plan.weights {
		r.do(func() error {
			return r.engine.kernels.sumChunks.Record(r.stream, kernels.SumChunksBuffers{Partial: whole(partial[i])}, uint32(count), uint32(w.size))
		})
	}
}

// update records the optimizer on all weights that are not frozen.
func (r *recorder) update(gradient []*gpu.Buffer) {
	e := r.engine
	for i, w := range e.plan.weights {
		if w.frozen {
			continue
		}
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

// norm records the partial sums of the squared norm of all gradients whose weights are
// not frozen.
func (r *recorder) norm(gradient []*gpu.Buffer) {
	e := r.engine
	for i, w := range e.plan.weights {
		if w.frozen {
			continue
		}
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
