package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// LearnedConstantsBuffers are the arrays of [LearnedConstants].
type LearnedConstantsBuffers struct {
	Varied  gpu.Binding // [row][stride] float32; rows that depend on the constant are written
	Learned gpu.Binding // [stride of a position] float32, or one number for all neurons; clamped to its bounds
}

// LearnedConstantsParameters are the numbers of [LearnedConstants].
type LearnedConstantsParameters struct {
	Neurons  uint32
	Filters  uint32 // neurons per position; 0: all, as in a dense layer
	Units    uint32 // learned numbers: one per neuron of a position, or 1
	Constant uint32 // cpuref.Constant
	Factor   float32
}

// LearnedConstants computes what neurons use for a learned constant. Definition:
// cpuref.LearnedConstants; shader: shaders/learned_constants.comp.
type LearnedConstants struct{ kernel }

// NewLearnedConstants builds the kernel for a device.
func NewLearnedConstants(device *gpu.Device) (*LearnedConstants, error) {
	k, err := newKernel(device, "learned_constants", flatGroup(device, "learned_constants"))
	return &LearnedConstants{k}, err
}

// Record records one run.
func (k *LearnedConstants) Record(stream *gpu.Stream, b LearnedConstantsBuffers, p LearnedConstantsParameters) error {
	if err := k.positive(size{"neurons", p.Neurons}, size{"units", p.Units}); err != nil {
		return err
	}
	if p.Filters == 0 {
		p.Filters = p.Neurons
	}
	groups, err := k.flatGrid(stride(p.Neurons), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"learned constants", b.Varied, gpu.Write, variedBytes(p.Neurons)},
		{"logarithms", b.Learned, gpu.ReadWrite, bytes(stride(p.Units))},
	}, p, groups)
}

// variedBytes is the size of the rows that [LearnedConstants] writes.
func variedBytes(neurons uint32) uint64 { return bytes(uint64(cpuref.LearnedRows), stride(neurons)) }
