package kernels

import "spikegrad/gpu"

// RowSumsBuffers are the arrays of [RowSums].
type RowSumsBuffers struct {
	Sums   gpu.Binding // written; [row] float32
	Values gpu.Binding // [row][stride] float32
}

// RowSumsParameters are the numbers of [RowSums].
type RowSumsParameters struct {
	Rows    uint32
	Columns uint32
}

// RowSums adds up the rows of an array. Definition: cpuref.RowSums; shader:
// shaders/row_sums.comp.
type RowSums struct{ kernel }

// NewRowSums builds the kernel for a device.
func NewRowSums(device *gpu.Device) (*RowSums, error) {
	k, err := newKernel(device, "row_sums", flatGroup(device, "row_sums"))
	return &RowSums{k}, err
}

// Record records one run over all rows.
func (k *RowSums) Record(stream *gpu.Stream, b RowSumsBuffers, p RowSumsParameters) error {
	if err := k.positive(size{"rows", p.Rows}, size{"columns", p.Columns}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Rows), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"sums", b.Sums, gpu.Write, bytes(uint64(p.Rows))},
		{"values", b.Values, gpu.Read, bytes(uint64(p.Rows), stride(p.Columns))},
	}, p, groups)
}
