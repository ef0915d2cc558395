package kernels

import "spikegrad/gpu"

// TransposeBuffers are the arrays of [Transpose].
type TransposeBuffers struct {
	Transposed gpu.Binding // written, except its padding; [column][stride of rows] float32
	Weights    gpu.Binding // [row][stride of columns] float32
}

// TransposeParameters are the numbers of [Transpose].
type TransposeParameters struct {
	Rows    uint32 // of Weights
	Columns uint32
	Blocks  uint32 // matrices one after the other; 0: one
}

// Transpose copies a weight matrix into its transpose. Definition:
// cpuref.Transpose; shader: shaders/transpose.comp.
type Transpose struct{ kernel }

// NewTranspose builds the kernel for a device.
func NewTranspose(device *gpu.Device) (*Transpose, error) {
	k, err := newKernel(device, "transpose", flatGroup(device, "transpose"))
	return &Transpose{k}, err
}

// Record records one run.
func (k *Transpose) Record(stream *gpu.Stream, b TransposeBuffers, p TransposeParameters) error {
	if err := k.positive(size{"rows", p.Rows}, size{"columns", p.Columns}); err != nil {
		return err
	}
	p.Blocks = max(1, p.Blocks)
	blocks := uint64(p.Blocks)
	groups, err := k.flatGrid(blocks*uint64(p.Rows)*uint64(p.Columns), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"transposed", b.Transposed, gpu.Write, bytes(blocks, uint64(p.Columns), stride(p.Rows))},
		{"weights", b.Weights, gpu.Read, bytes(blocks, uint64(p.Rows), stride(p.Columns))},
	}, p, groups)
}
