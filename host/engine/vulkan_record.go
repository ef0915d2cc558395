package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// recordStream records the commands for a key.
func (e *Vulkan) recordStream(stream *gpu.Stream, key streamKey) error {
	r := &recorder{
		pass: e.pass, room: key.room, engine: e, plan: e.plan, kernels: e.kernels, stream: stream,
		samples: uint32(key.samples), steps: uint32(e.plan.steps),
		augmented: key.augmented, dropping: key.dropping, backward: key.purpose == purposeGradient || key.purpose == purposePartial,
	}
	s := schedule[float32]{plan: e.plan, cut: e.cut, do: r, backward: r.backward, dropping: r.dropping, lowest: key.lowest}
	switch key.purpose {
	case purposeEvaluate, purposePartial, purposeGradient:
		r.fetchInput()
		s.run()
		if key.purpose == purposeGradient {
			r.sum(e.partial, 0, cpuref.Chunks(key.samples))
		}
		r.leave(e.pass.results)
	case purposeRest:
		r.fetchInput()
		r.begin()
		r.present(key.segment, key.lowest)
		s.rest(key.segment)
		s.losses()
		r.leave(e.pass.results)
	case purposeNode:
		r.sum(e.partial, key.segment, key.samples)
	case purposeSegment:
		s.forwardSegment(key.segment, true)
	case purposeSave:
		for i, w := range e.plan.weights {
			bytes := 4 * uint64(w.size)
			r.do(func() error { return stream.Copy(e.sums[i], uint64(key.samples)*bytes, e.partial[i], 0, bytes) })
		}
	case purposeReduce:
		r.sum(e.sums, 0, key.samples)
	case purposeUpdate:
		r.update(e.partial)
		r.derive()
	case purposeUpdateSums:
		r.update(e.sums)
		r.derive()
	case purposeDerive:
		r.derive()
	case purposeNorm:
		r.norm(e.partial)
	case purposeNormSums:
		r.norm(e.sums)
	}
	return r.err
}

// recorder records one stream and implements executor; after an error it does nothing.
type recorder struct {
	*pass
	room           int // of the input
	engine         *Vulkan
	plan           *plan[float32]
	kernels        *kernelSet
	stream         *gpu.Stream
	samples, steps uint32
	augmented      bool // the input spikes are varied
	moved          bool // the input spikes are moved by learned delays
	dropping       bool // layers drop spikes that they hand up
	backward       bool // a backward pass follows
	err            error
}

func (r *recorder) do(record func() error) {
	if r.err == nil {
		r.err = record()
	}
}

// whole binds a whole buffer; nothing for nil.
func whole(b *gpu.Buffer) gpu.Binding { return gpu.Binding{Buffer: b} }

// section binds a section of the uploaded input.
func (r *recorder) section(section int) gpu.Binding {
	input := r.inputs[r.room].Buffer
	end := input.Bytes()
	if section < sectionIndex {
		end = r.inputAt[section+1]
	}
	return gpu.Binding{Buffer: input, Offset: r.inputAt[section], Bytes: end - r.inputAt[section]}
}

// result binds a section of the results.
func (r *recorder) result(section int) gpu.Binding {
	return gpu.Binding{Buffer: r.results.Buffer, Offset: r.resultAt(section, r.engine.limits.alignment), Bytes: 4 * uint64(r.capacity)}
}

// sum records the tree over count partial results of every weight array, starting at first.
func (r *recorder) sum(partial []*gpu.Buffer, first, count int) {
	for i, w := range r.engine.plan.weights {
		from := gpu.Binding{Buffer: partial[i], Offset: partialOffset(&w, first)}
		r.do(func() error {
			return r.engine.kernels.sumChunks.Record(r.stream, kernels.SumChunksBuffers{Partial: from}, uint32(count), uint32(w.size))
		})
	}
}

// partialOffset is where the gradient of a chunk begins, in bytes.
func partialOffset(w *weightPlan, chunk int) uint64 { return 4 * uint64(chunk) * uint64(w.size) }

// update records the optimizer for all weights that are not frozen.
func (r *recorder) update(gradient []*gpu.Buffer) {
	e := r.engine
	r.fetch(e.update, 0, e.update.Bytes())
	for i, w := range e.plan.weights {
		if w.frozen {
			continue
		}
		buffers := kernels.OptimizerBuffers{Weights: whole(e.weights[i]), Gradient: whole(gradient[i]), Update: e.updateOf(i)}
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

// norm records the partial sums of the squared norm of the gradients of all weights that are not
// frozen.
func (r *recorder) norm(gradient []*gpu.Buffer) {
	e := r.engine
	r.fetch(e.update, 0, e.update.Bytes())
	for i, w := range e.plan.weights {
		if w.frozen {
			continue
		}
		r.do(func() error {
			return e.kernels.squaredNorm.Record(r.stream,
				kernels.SquaredNormBuffers{Partial: e.normOf(i), Gradient: whole(gradient[i]), Update: e.updateOf(0)},
				kernels.SquaredNormParameters{Count: uint32(w.size)})
		})
	}
	r.leave(e.norms)
}

// derive records recomputing what depends on the weights: their transposes, and learned constants.
func (r *recorder) derive() {
	e := r.engine
	for i, w := range e.plan.weights {
		if w.source == delays {
			r.do(func() error {
				return e.kernels.delays.limit.Record(r.stream, kernels.LimitSharesBuffers{Shares: whole(e.weights[i])}, kernels.LimitSharesParameters{Count: uint32(w.size)})
			})
		}
		if w.source == learned {
			a := e.plan.constantArguments(i)
			r.do(func() error {
				return e.kernels.learnedConstants.Record(r.stream,
					kernels.LearnedConstantsBuffers{Varied: whole(e.varied[w.target]), Learned: whole(e.weights[i])},
					kernels.LearnedConstantsParameters{
						Neurons: uint32(a.Neurons), Filters: uint32(a.Filters), Units: uint32(a.Units),
						Constant: uint32(a.Constant), Factor: a.Factor,
					})
			})
		}
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
