package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// SquaredNormBuffers are the arrays of [SquaredNorm].
type SquaredNormBuffers struct {
	Partial  gpu.Binding // written; float32, one per block of 256 numbers
	Gradient gpu.Binding // float32
	Update   gpu.Binding // as in [OptimizerBuffers]; its first number scales the gradient
}

// SquaredNormParameters are the numbers of [SquaredNorm].
type SquaredNormParameters struct {
	Count uint32 // numbers of the gradient
}

// SquaredNorm sums the squares of a gradient, block by block. Definition: cpuref.SquaredNorm;
// shader: shaders/squared_norm.comp.
type SquaredNorm struct{ kernel }

// NewSquaredNorm builds the kernel for a device.
func NewSquaredNorm(device *gpu.Device) (*SquaredNorm, error) {
	k, err := newKernel(device, "squared_norm", flatGroup(device, "squared_norm"))
	return &SquaredNorm{k}, err
}

// Record records one run.
func (k *SquaredNorm) Record(stream *gpu.Stream, b SquaredNormBuffers, p SquaredNormParameters) error {
	if err := k.positive(size{"count", p.Count}); err != nil {
		return err
	}
	blocks := ceil(uint64(p.Count), cpuref.NormBlock)
	groups, err := k.flatGrid(blocks, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"partial sums", b.Partial, gpu.Write, bytes(blocks)},
		{"gradient", b.Gradient, gpu.Read, bytes(uint64(p.Count))},
		{"update parameters", b.Update, gpu.Read, bytes(1)},
	}, p, groups)
}
