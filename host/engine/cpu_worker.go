package engine

import "spikegrad/cpuref"

// cpuWorker holds the arrays for some samples of a chunk and takes them through all kernels.
type cpuWorker[T cpuref.Float] struct {
	arrays[[]uint32, []T]
	engine *CPU[T]
	work   cpuref.Workspace[T]
	cut    segmentation

	events       cpuref.Events    // of the layer whose spikes are handed up
	augmented    []uint32         // varied input spikes, as bits; nil before the first
	input        cpuref.Events    // the same as events
	presentation *presentation[T] // of replicas; nil before the first
}

func newCPUWorker[T cpuref.Float](e *CPU[T]) *cpuWorker[T] {
	w := &cpuWorker[T]{engine: e, cut: e.plan.cut()}
	w.arrays = lay(e.plan, w.cut, e.plan.together(), allocator[[]uint32, []T]{
		words:   func(_ string, length int) []uint32 { return cpuref.Apart[uint32](length) },
		numbers: func(_ string, length int) []T { return cpuref.Apart[T](length) },
	})
	w.always = alwaysTrains(len(w.always), e.plan.steps)
	w.events = cpuref.Events{Rows: asPairs(w.rows), Index: w.index}
	return w
}

// chunkRun takes samples of a chunk through a worker: samples first to last of the batch are
// samples 0 to last−first in the worker's arrays. It implements executor.
type chunkRun[T cpuref.Float] struct {
	*cpuWorker[T]
	plan        *plan[T]
	batch       *Batch
	chunk       int
	first, last int
	key         [2]uint32
	record      *RecordOf[T] // of the batch; nil for none
	backward    bool         // a backward pass follows
	dropping    bool         // layers drop spikes that they hand up
	sums        *nodeSums[T] // take the gradients; nil for none

	inputs            cpuref.Events // varied if the batch says so
	flips             []cpuref.Flip
	loss, regularizer []T // [sample]
	predicted         []uint32
	totals            [][]uint32 // [layer][sample]
}

// run takes one chunk of a batch forward and, if asked, backward into the chunk's partial
// gradients, which go into the sums of nodes.
func (w *cpuWorker[T]) run(batch *Batch, chunk int, stream cpuref.Stream, record *RecordOf[T], backward bool, sums *nodeSums[T]) {
	e := w.engine
	end, together := min((chunk+1)*cpuref.ChunkSamples, batch.Samples()), e.plan.together()
	for first := chunk * cpuref.ChunkSamples; first < end; first += together {
		r := &chunkRun[T]{
			cpuWorker: w, plan: e.plan, batch: batch, chunk: chunk, record: record, backward: backward, dropping: batch.Dropout, sums: sums,
			first: first, last: min(first+together, end), key: [2]uint32{e.plan.options.Seed, uint32(stream)},
		}
		r.run()
	}
}

// run takes the samples forward and, if asked, backward.
func (r *chunkRun[T]) run() {
	e, batch := r.engine, r.batch
	r.loss, r.regularizer, r.predicted = e.loss[r.first:r.last], e.regularizer[r.first:r.last], e.predicted[r.first:r.last]
	for l := range e.totals {
		r.totals = append(r.totals, e.totals[l][r.first:r.last])
	}
	if batch.Flips != nil {
		for _, f := range batch.Flips[r.first:r.last] {
			r.flips = append(r.flips, f.Slot(e.plan.network))
		}
	}
	s := schedule[T]{plan: e.plan, cut: r.cut, do: r, backward: r.backward, dropping: r.dropping}
	s.run()
	if r.record != nil {
		r.recordSamples()
	}
}

// ends reports whether these samples are the last of the chunk.
func (r *chunkRun[T]) ends() bool {
	return r.last == min((r.chunk+1)*cpuref.ChunkSamples, r.batch.Samples())
}

// samples is the number of samples of the run.
func (r *chunkRun[T]) samples() int { return r.last - r.first }

// begin implements executor.
func (r *chunkRun[T]) begin() { r.inputs = r.inputEvents() }

// inputEvents returns the events of the samples, varied if the batch says so.
func (r *chunkRun[T]) inputEvents() cpuref.Events {
	p := r.plan
	events := cpuref.Events{Rows: r.batch.Rows[r.first*p.steps : r.last*p.steps], Index: r.batch.Index}
	if r.batch.Augment == nil {
		return events
	}
	words := cpuref.Words(p.network.Inputs)
	r.augmented = resize(r.augmented, cpuref.ChunkSamples*p.steps*words)
	cpuref.Augment(r.augmented, events, r.batch.Numbers[r.first:r.last], r.batch.Augment, p.network.Inputs, p.steps, 0, r.samples())
	r.input = cpuref.AppendEvents(cpuref.Events{Rows: r.input.Rows[:0], Index: r.input.Index[:0]}, r.augmented, words, 0, r.samples()*p.steps)
	return r.input
}
