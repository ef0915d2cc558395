package kernels

import (
	"fmt"

	"spikegrad/gpu"
)

// SumChunksBuffers are the arrays of [SumChunks].
type SumChunksBuffers struct {
	Partial gpu.Binding // [count][size] float32; the sum is left in the first, the others are overwritten
}

// SumChunksParameters are the numbers of [SumChunks].
type SumChunksParameters struct {
	Quads uint32 // size of a partial result, in groups of four numbers
	Count uint32 // partial results
	Gap   uint32 // between the two partners of a pair; set by Record
}

// SumChunks sums partial results in a binary tree. Definition: cpuref.SumChunks; shader:
// shaders/sum_chunks.comp, one dispatch per level of the tree.
type SumChunks struct{ kernel }

// NewSumChunks builds the kernel for a device.
func NewSumChunks(device *gpu.Device) (*SumChunks, error) {
	k, err := newKernel(device, "sum_chunks", flatGroup(device, "sum_chunks"))
	return &SumChunks{k}, err
}

// Record records all levels of the tree over count partial results of the given length,
// a multiple of 4.
func (k *SumChunks) Record(stream *gpu.Stream, b SumChunksBuffers, count, length uint32) error {
	if err := k.positive(size{"count", count}, size{"size", length}); err != nil {
		return err
	}
	if length%4 != 0 {
		return fmt.Errorf("sum_chunks: partial results of length %d asked for; it has to be a multiple of 4", length)
	}
	for gap := uint64(1); gap < uint64(count); gap *= 2 {
		pairs := ceil(uint64(count)-gap, 2*gap)
		groups, err := k.flatGrid(uint64(length/4), pairs)
		if err != nil {
			return err
		}
		err = k.record(stream, []argument{
			{"partial results", b.Partial, gpu.ReadWrite, bytes(uint64(count), uint64(length))},
		}, SumChunksParameters{length / 4, count, uint32(gap)}, groups)
		if err != nil {
			return err
		}
	}
	return nil
}
