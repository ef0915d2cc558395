package kernels

import "spikegrad/gpu"

// ViewRangeBuffers are the arrays of [ViewRange].
type ViewRangeBuffers struct {
	Ranges gpu.Binding // written; [lane][2] float32: smallest, largest
	Values gpu.Binding // float32; [row][Stride] from Base on
}

// ViewRangeParameters are the numbers of [ViewRange].
type ViewRangeParameters struct {
	Lanes   uint32 // shares into which the table is divided
	Base    uint32
	Rows    uint32
	Columns uint32 // of a row that count
	Stride  uint32
}

// ViewRange finds the smallest and the largest number of each share of a table. Shader:
// shaders/view_range.comp.
type ViewRange struct{ kernel }

// NewViewRange builds the kernel for a device.
func NewViewRange(device *gpu.Device) (*ViewRange, error) {
	k, err := newKernel(device, "view_range", flatGroup(device, "view_range"))
	return &ViewRange{k}, err
}

// Record records one search.
func (k *ViewRange) Record(stream *gpu.Stream, b ViewRangeBuffers, p ViewRangeParameters) error {
	if err := k.positive(size{"lanes", p.Lanes}, size{"rows", p.Rows}, size{"columns", p.Columns}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Lanes), 1)
	if err != nil {
		return err
	}
	last := uint64(p.Base) + uint64(p.Rows-1)*uint64(p.Stride) + uint64(p.Columns-1)
	return k.record(stream, []argument{
		{"ranges", b.Ranges, gpu.Write, bytes(uint64(p.Lanes), 2)},
		{"values", b.Values, gpu.Read, bytes(last + 1)},
	}, p, groups)
}
