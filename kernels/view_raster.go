package kernels

import "spikegrad/gpu"

// ViewRasterBuffers are the arrays of [ViewRaster].
type ViewRasterBuffers struct {
	Canvas gpu.Binding // written; [row][CanvasWidth] packed pixels
	Spikes gpu.Binding // bits
	Order  gpu.Binding // [row] uint32: which row of bits is shown there, from the bottom
}

// ViewRasterParameters are the numbers of [ViewRaster]. The bit of row r and step t is
// BaseBit + Order[r]·RowBits + t·StepBits.
type ViewRasterParameters struct {
	CanvasWidth uint32
	Left        uint32 // of the drawn area, in pixels
	Top         uint32
	Width       uint32
	Height      uint32
	Rows        uint32
	Steps       uint32
	BaseBit     uint32
	RowBits     uint32
	StepBits    uint32
	Marked      uint32 // row drawn on the colour Mark; none if there is no such row
	Paper       uint32 // colour without spikes
	Ink         uint32 // colour of spikes
	Mark        uint32
}

// ViewRaster draws spikes as a raster, steps to the right and rows upwards, over an area of a
// canvas. Shader: shaders/view_raster.comp.
type ViewRaster struct{ kernel }

// NewViewRaster builds the kernel for a device.
func NewViewRaster(device *gpu.Device) (*ViewRaster, error) {
	k, err := newKernel(device, "view_raster", flatGroup(device, "view_raster"))
	return &ViewRaster{k}, err
}

// Record records one drawing. orders is the largest number in Order.
func (k *ViewRaster) Record(stream *gpu.Stream, b ViewRasterBuffers, p ViewRasterParameters, orders uint32) error {
	if err := k.positive(size{"width", p.Width}, size{"height", p.Height}, size{"rows", p.Rows}, size{"steps", p.Steps}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Width)*uint64(p.Height), 1)
	if err != nil {
		return err
	}
	last := uint64(p.BaseBit) + uint64(orders)*uint64(p.RowBits) + uint64(p.Steps-1)*uint64(p.StepBits)
	return k.record(stream, []argument{
		{"canvas", b.Canvas, gpu.Write, bytes(uint64(p.Top+p.Height), uint64(p.CanvasWidth))},
		{"spikes", b.Spikes, gpu.Read, bytes(last/32 + 1)},
		{"order", b.Order, gpu.Read, bytes(uint64(p.Rows))},
	}, p, groups)
}
