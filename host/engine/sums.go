package engine

import (
	"fmt"
	"slices"
	"sync/atomic"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// sumLength is the total length of the packed gradients of all weight arrays.
func (p *plan[T]) sumLength() int {
	if len(p.weights) == 0 {
		return 0
	}
	last := &p.weights[len(p.weights)-1]
	return last.at + last.size
}

// sumStarts returns where each target's gradients begin in them.
func (p *plan[T]) sumStarts() []int {
	var starts []int
	for _, w := range p.weights {
		if w.target == len(starts) {
			starts = append(starts, w.at)
		}
	}
	return starts
}

// arraysTo returns the weight arrays of all connections to a target, which are contiguous, and the
// number of the first.
func (p *plan[T]) arraysTo(target int) (first int, arrays []weightPlan) {
	is := func(w weightPlan) bool { return w.target == target }
	first = slices.IndexFunc(p.weights, is)
	arrays = p.weights[first:]
	if next := slices.IndexFunc(arrays, func(w weightPlan) bool { return !is(w) }); next >= 0 {
		arrays = arrays[:next]
	}
	return first, arrays
}

// checkNodes refuses nodes that do not make up a batch, and sums that do not match them in number
// or in the given length.
func checkNodes[T cpuref.Float](chunks, length int, nodes []cpuref.ChunkNode, sums [][]T) error {
	next := 0
	for _, node := range nodes {
		if node.First != next || node.Last <= next {
			return fmt.Errorf("nodes %v do not make up a batch of %d chunks", nodes, chunks)
		}
		next = node.Last
	}
	if next != chunks || len(sums) != len(nodes) {
		return fmt.Errorf("nodes %v with %d sums do not make up a batch of %d chunks", nodes, len(sums), chunks)
	}
	for _, sum := range sums {
		if err := checkSums(length, sum); err != nil {
			return err
		}
	}
	return nil
}

// checkSums refuses sums of another length.
func checkSums[T cpuref.Float](length int, sums []T) error {
	if len(sums) != length {
		return fmt.Errorf("%d sums given; the network has %d parameters", len(sums), length)
	}
	return nil
}

// SumLength implements [Engine].
func (e *CPU[T]) SumLength() int { return e.plan.sumLength() }

// SumStarts implements [Engine].
func (e *CPU[T]) SumStarts() []int { return e.plan.sumStarts() }

// GradientSums implements [Engine]. The sums of a layer are made as soon as all chunks have left
// it, while the last ones are still in the layers below.
func (e *CPU[T]) GradientSums(batch *Batch, stream cpuref.Stream, record *RecordOf[T], nodes []cpuref.ChunkNode, sums [][]T, final func(first int)) (OutcomeOf[T], error) {
	e.samples = 0
	chunks := cpuref.Chunks(batch.Samples())
	if err := checkNodes(chunks, e.SumLength(), nodes, sums); err != nil {
		return OutcomeOf[T]{}, err
	}
	s := &nodeSums[T]{engine: e, nodes: nodes, sums: sums, final: final, left: make([]atomic.Int64, len(e.SumStarts()))}
	for target := range s.left {
		s.left[target].Store(int64(chunks))
	}
	return e.run(batch, stream, record, true, s)
}

// nodeSums adds the gradients of chunks into those of nodes, target by target.
type nodeSums[T cpuref.Float] struct {
	engine *CPU[T]
	nodes  []cpuref.ChunkNode
	sums   [][]T // [node]
	final  func(first int)
	left   []atomic.Int64 // [target]: chunks whose gradient is still missing
}

// chunkDone records that a chunk's gradients of all connections to a target are there. The last
// chunk makes the sums. It has yet to reach the target below, so no other chunk can be last there
// meanwhile: the sums become final one after the other, from the top down.
func (s *nodeSums[T]) chunkDone(target int) {
	if s.left[target].Add(-1) > 0 {
		return
	}
	e := s.engine
	number, arrays := e.plan.arraysTo(target)
	e.forRanges(arrays, func(i, first, last int) {
		size, at := arrays[i].size, arrays[i].at
		for j, node := range s.nodes {
			partial := e.partial[number+i][node.First*size:]
			cpuref.SumChunks(partial, node.Last-node.First, size, first, last)
			copy(s.sums[j][at+first:at+last], partial[first:last])
		}
	})
	if s.final != nil {
		s.final(arrays[0].at)
	}
}

// SetSums implements [Engine].
func (e *CPU[T]) SetSums(sums []T, samples int) error {
	if err := checkSums(e.SumLength(), sums); err != nil {
		return err
	}
	for i, w := range e.plan.weights {
		e.partial[i] = resize(e.partial[i], w.size)
		copy(e.partial[i], sums[:w.size])
		sums = sums[w.size:]
	}
	e.samples = samples
	return nil
}

// SumLength implements [Engine].
func (e *Vulkan) SumLength() int { return e.plan.sumLength() }

// SumStarts implements [Engine].
func (e *Vulkan) SumStarts() []int { return e.plan.sumStarts() }

// GradientSums implements [Engine]. If the batch fits the device at once, it runs in one pass;
// otherwise the samples of each node run on their own.
//
// No sums are final before the whole pass is done: it is a single stream, so that the device never
// idles; cutting it at every layer would cost a wait per cut even for callers that need nothing
// early.
func (e *Vulkan) GradientSums(batch *Batch, stream cpuref.Stream, record *Record, nodes []cpuref.ChunkNode, sums [][]float32, final func(first int)) (Outcome, error) {
	e.samples = 0
	samples := batch.Samples()
	if err := checkNodes(cpuref.Chunks(samples), e.SumLength(), nodes, sums); err != nil {
		return Outcome{}, err
	}
	if fits, err := e.onePass(batch, nodes); err != nil {
		return Outcome{}, err
	} else if fits {
		return e.passSums(batch, stream, record, nodes, sums, final)
	}
	if err := batch.Check(e.plan.network); err != nil { // before the batch is cut; a single pass checks it itself
		return Outcome{}, err
	}
	whole := newParts(e.plan.network, samples)
	for i, node := range nodes {
		first, last := node.First*cpuref.ChunkSamples, min(node.Last*cpuref.ChunkSamples, samples)
		outcome, err := e.Gradient(batch.Part(e.plan.network, first, last), stream, whole.record(record, first, last))
		if err != nil {
			return Outcome{}, inPart(err, first)
		}
		whole.count(&outcome)
		if err := e.downloadSums(sums[i], e.gradientBuffers(), 0, e.plan.weights); err != nil {
			return Outcome{}, err
		}
	}
	e.samples = 0
	if final != nil {
		final(0)
	}
	return whole.outcome(record), nil
}

// onePass reports whether a batch fits the device at once and its nodes begin at offsets at which
// buffers can be bound.
func (e *Vulkan) onePass(batch *Batch, nodes []cpuref.ChunkNode) (bool, error) {
	size, err := e.passSamples(batch.Samples())
	if err != nil || size < batch.Samples() {
		return false, err
	}
	for i := range e.plan.weights {
		for _, node := range nodes {
			if partialOffset(&e.plan.weights[i], node.First)%e.limits.alignment != 0 {
				return false, nil
			}
		}
	}
	return true, nil
}

// passSums is GradientSums in one pass. Gradients are read back from the top down, so that the
// upper ones can be sent while the lower ones arrive.
func (e *Vulkan) passSums(batch *Batch, stream cpuref.Stream, record *Record, nodes []cpuref.ChunkNode, sums [][]float32, final func(first int)) (Outcome, error) {
	outcome, err := e.runBatch(batch, stream, record, purposePartial)
	if err != nil {
		return outcome, err
	}
	for _, node := range nodes {
		if err := e.run(streamKey{purpose: purposeNode, samples: node.Last - node.First, segment: node.First}); err != nil {
			return Outcome{}, err
		}
	}
	starts := e.SumStarts()
	for target := len(starts) - 1; target >= 0; target-- {
		number, arrays := e.plan.arraysTo(target)
		for i, node := range nodes {
			if err := e.downloadSums(sums[i], e.partial[number:], node.First, arrays); err != nil {
				return Outcome{}, err
			}
		}
		if final != nil {
			final(starts[target])
		}
	}
	return outcome, nil
}

// downloadSums copies the gradients of weight arrays at a chunk, from one buffer each.
func (e *Vulkan) downloadSums(sums []float32, buffers []*gpu.Buffer, chunk int, arrays []weightPlan) error {
	if err := e.settle(); err != nil {
		return err
	}
	for i := range arrays {
		w := &arrays[i]
		if err := buffers[i].Download(asBytes(sums[w.at:w.at+w.size]), partialOffset(w, chunk)); err != nil {
			return err
		}
	}
	return nil
}

// SetSums implements [Engine].
func (e *Vulkan) SetSums(sums []float32, samples int) error {
	if err := checkSums(e.SumLength(), sums); err != nil {
		return err
	}
	if err := e.prepareGradients(); err != nil {
		return err
	}
	for i, w := range e.plan.weights {
		if err := e.partial[i].Upload(0, asBytes(sums[:w.size])); err != nil {
			return err
		}
		sums = sums[w.size:]
	}
	e.samples, e.summed = samples, 0
	return nil
}
