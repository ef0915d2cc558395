package kernels

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// UnpoolErrorsBuffers are the arrays of [UnpoolErrors].
type UnpoolErrorsBuffers struct {
	Error  gpu.Binding // written; [sample][row of Segment][stride] float32: ∂L/∂S of the layer
	Pooled gpu.Binding // [sample][row of Segment][stride of what is handed up] float32: ∂L/∂S of what is handed up
	Spikes gpu.Binding // [sample][step][word] of bits
}

// UnpoolErrorsParameters are the numbers of [UnpoolErrors].
type UnpoolErrorsParameters struct {
	Samples    uint32
	Steps      uint32
	Height     uint32 // positions of the layer
	Width      uint32
	CellHeight uint32 // positions pooled into one
	CellWidth  uint32
	Unit       uint32         // numbers per position
	Segment    cpuref.Segment // of Error and Pooled
}

// UnpoolErrors carries the errors of pooled spikes back to the layer. Definition:
// cpuref.UnpoolErrors; shader: shaders/unpool_errors.comp.
type UnpoolErrors struct{ kernel }

// NewUnpoolErrors builds the kernel for a device.
func NewUnpoolErrors(device *gpu.Device, kind cpuref.Pool) (*UnpoolErrors, error) {
	k, err := newKernel(device, "unpool_errors", flatGroup(device, "unpool_errors"), uint32(kind))
	return &UnpoolErrors{k}, err
}

// checkPooling refuses cells that do not fit into a plane, and units that are not whole rows.
func checkPooling(kernel string, height, width, cellHeight, cellWidth, unit uint32) error {
	if cellHeight == 0 || cellWidth == 0 || cellHeight > height || cellWidth > width {
		return fmt.Errorf("%s: cells of %d × %d positions asked for, the layer has %d × %d", kernel, cellHeight, cellWidth, height, width)
	}
	if unit == 0 || unit%cpuref.Lane != 0 {
		return fmt.Errorf("%s: positions of %d numbers asked for, a multiple of %d is needed", kernel, unit, cpuref.Lane)
	}
	return nil
}

// Record records one run over a batch.
func (k *UnpoolErrors) Record(stream *gpu.Stream, b UnpoolErrorsBuffers, p UnpoolErrorsParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}); err != nil {
		return err
	}
	if err := checkPooling(k.name, p.Height, p.Width, p.CellHeight, p.CellWidth, p.Unit); err != nil {
		return err
	}
	p.Segment = p.Segment.Of(int(p.Steps))
	samples, held := uint64(p.Samples), uint64(p.Samples)*uint64(p.Segment.Rows)
	numbers := uint64(p.Height) * uint64(p.Width) * uint64(p.Unit)
	groups, err := k.flatGrid(samples*segmentLength(p.Segment)*numbers/4, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"error", b.Error, gpu.Write, bytes(held, numbers)},
		{"pooled error", b.Pooled, gpu.Read, bytes(held, uint64(p.Height/p.CellHeight), uint64(p.Width/p.CellWidth), uint64(p.Unit))},
		{"spikes", b.Spikes, gpu.Read, bytes(samples, uint64(p.Steps), words(uint32(numbers)))},
	}, p, groups)
}
