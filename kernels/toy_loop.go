package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// ToyLoopBuffers are the arrays of [ToyLoop].
type ToyLoopBuffers struct {
	Partial    gpu.Binding // written; [block of 64 points][4] float32
	Angles     gpu.Binding // [point][2] float32: sine, cosine
	Directions gpu.Binding // [4][5] float32
}

// ToyLoopParameters are the numbers of [ToyLoop].
type ToyLoopParameters struct {
	Points        uint32
	Beta          float32
	BetaSurrogate float32
}

// ToyLoop evaluates gradient times tangent of a network of four sigmoid units along a
// closed curve; [SumChunks] sums the results. Definition: cpuref.ToyLoop; shader:
// shaders/toy_loop.comp.
type ToyLoop struct{ kernel }

// NewToyLoop builds the kernel for a device.
func NewToyLoop(device *gpu.Device) (*ToyLoop, error) {
	k, err := newKernel(device, "toy_loop", flatGroup(device, "toy_loop"))
	return &ToyLoop{k}, err
}

// Record records one run.
func (k *ToyLoop) Record(stream *gpu.Stream, b ToyLoopBuffers, p ToyLoopParameters) error {
	if err := k.positive(size{"points", p.Points}); err != nil {
		return err
	}
	blocks := ceil(uint64(p.Points), cpuref.ToyLoopPoints)
	groups, err := k.flatGrid(blocks, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"partial sums", b.Partial, gpu.Write, bytes(blocks, 4)},
		{"angles", b.Angles, gpu.Read, bytes(uint64(p.Points), 2)},
		{"directions", b.Directions, gpu.Read, bytes(20)},
	}, p, groups)
}
