package engine

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// sumLength is how many numbers the packed gradients of all weight arrays have, one after
// the other.
func (p *plan[T]) sumLength() int {
	length := 0
	for _, w := range p.weights {
		length += w.size
	}
	return length
}

// checkNodes refuses nodes that do not make up a batch, and room for other sums than theirs.
func (p *plan[T]) checkNodes(chunks int, nodes []cpuref.ChunkNode, sums [][]T) error {
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
		if err := p.checkSums(sum); err != nil {
			return err
		}
	}
	return nil
}

// checkSums refuses sums of other length.
func (p *plan[T]) checkSums(sums []T) error {
	if length := p.sumLength(); len(sums) != length {
		return fmt.Errorf("%d sums given; the network has %d parameters", len(sums), length)
	}
	return nil
}

// SumLength implements [Engine].
func (e *CPU[T]) SumLength() int { return e.plan.sumLength() }

// GradientSums implements [Engine].
func (e *CPU[T]) GradientSums(batch *Batch, stream cpuref.Stream, record *RecordOf[T], nodes []cpuref.ChunkNode, sums [][]T) (OutcomeOf[T], error) {
	e.samples = 0
	if err := e.plan.checkNodes(cpuref.Chunks(batch.Samples()), nodes, sums); err != nil {
		return OutcomeOf[T]{}, err
	}
	outcome, err := e.run(batch, stream, record, true)
	if err != nil {
		return outcome, err
	}
	e.forRanges(func(i, first, last int) {
		size, at := e.plan.weights[i].size, 0
		for _, w := range e.plan.weights[:i] {
			at += w.size
		}
		for j, node := range nodes {
			partial := e.partial[i][node.First*size:]
			cpuref.SumChunks(partial, node.Last-node.First, size, first, last)
			copy(sums[j][at+first:at+last], partial[first:last])
		}
	})
	return outcome, nil
}

// SetSums implements [Engine].
func (e *CPU[T]) SetSums(sums []T, samples int) error {
	if err := e.plan.checkSums(sums); err != nil {
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

// GradientSums implements [Engine]. Where the batch fits the device at once, it runs in one
// pass; otherwise the samples of each node run on their own.
func (e *Vulkan) GradientSums(batch *Batch, stream cpuref.Stream, record *Record, nodes []cpuref.ChunkNode, sums [][]float32) (Outcome, error) {
	e.samples = 0
	samples := batch.Samples()
	if err := e.plan.checkNodes(cpuref.Chunks(samples), nodes, sums); err != nil {
		return Outcome{}, err
	}
	if fits, err := e.onePass(batch, nodes); err != nil {
		return Outcome{}, err
	} else if fits {
		return e.passSums(batch, stream, record, nodes, sums)
	}
	if err := batch.Check(e.plan.network); err != nil { // before it is cut; a pass checks its batch itself
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
		if err := e.downloadSums(sums[i], e.gradientBuffers(), 0); err != nil {
			return Outcome{}, err
		}
	}
	e.samples = 0
	return whole.outcome(record), nil
}

// onePass says whether a batch fits the device at once, and its nodes begin where buffers can
// be bound.
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

// passSums is GradientSums in one pass.
func (e *Vulkan) passSums(batch *Batch, stream cpuref.Stream, record *Record, nodes []cpuref.ChunkNode, sums [][]float32) (Outcome, error) {
	outcome, err := e.runBatch(batch, stream, record, purposePartial)
	if err != nil {
		return outcome, err
	}
	for i, node := range nodes {
		if err := e.run(streamKey{purpose: purposeNode, samples: node.Last - node.First, segment: node.First}); err != nil {
			return Outcome{}, err
		}
		if err := e.downloadSums(sums[i], e.partial, node.First); err != nil {
			return Outcome{}, err
		}
	}
	return outcome, nil
}

// downloadSums copies what stands at a chunk in the gradients of all weight arrays.
func (e *Vulkan) downloadSums(packed []float32, buffers []*gpu.Buffer, chunk int) error {
	if err := e.settle(); err != nil {
		return err
	}
	for i, buffer := range buffers {
		w := &e.plan.weights[i]
		if err := buffer.Download(asBytes(packed[:w.size]), partialOffset(w, chunk)); err != nil {
			return err
		}
		packed = packed[w.size:]
	}
	return nil
}

// SetSums implements [Engine].
func (e *Vulkan) SetSums(sums []float32, samples int) error {
	if err := e.plan.checkSums(sums); err != nil {
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
