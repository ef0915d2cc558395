package kernels

import "spikegrad/gpu"

// ViewMatrixBuffers are the arrays of [ViewMatrix].
type ViewMatrixBuffers struct {
	Canvas  gpu.Binding // written; [row][CanvasWidth] packed pixels
	Weights gpu.Binding // float32; the weight of a row and column is Order[column]·Stride + row
	Order   gpu.Binding // [column] uint32
	Scale   gpu.Binding // one float32: 256 over the weight shown in full colour
}

// ViewMatrixParameters are the numbers of [ViewMatrix].
type ViewMatrixParameters struct {
	CanvasWidth uint32
	Left        uint32 // of the drawn area, in pixels
	Top         uint32
	Width       uint32
	Height      uint32
	Rows        uint32
	Columns     uint32
	Stride      uint32
	Paper       uint32 // colour of 0
	Negative    uint32
	Positive    uint32
}

// ViewMatrix draws a weight array as an image, columns to the right and rows upwards, over an area
// of a canvas. Shader: shaders/view_matrix.comp.
type ViewMatrix struct{ kernel }

// NewViewMatrix builds the kernel for a device.
func NewViewMatrix(device *gpu.Device) (*ViewMatrix, error) {
	k, err := newKernel(device, "view_matrix", flatGroup(device, "view_matrix"))
	return &ViewMatrix{k}, err
}

// Record records one drawing. orders is the largest number in Order.
func (k *ViewMatrix) Record(stream *gpu.Stream, b ViewMatrixBuffers, p ViewMatrixParameters, orders uint32) error {
	if err := k.positive(size{"width", p.Width}, size{"height", p.Height}, size{"rows", p.Rows}, size{"columns", p.Columns}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Width)*uint64(p.Height), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"canvas", b.Canvas, gpu.Write, bytes(uint64(p.Top+p.Height), uint64(p.CanvasWidth))},
		{"weights", b.Weights, gpu.Read, bytes(uint64(orders)*uint64(p.Stride) + uint64(p.Rows))},
		{"order", b.Order, gpu.Read, bytes(uint64(p.Columns))},
		{"scale", b.Scale, gpu.Read, bytes(1)},
	}, p, groups)
}
