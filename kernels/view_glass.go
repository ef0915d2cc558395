package kernels

import "spikegrad/gpu"

// ViewGlassBuffers are the arrays of [ViewGlass].
type ViewGlassBuffers struct {
	Canvas gpu.Binding // read and written; [row][CanvasWidth] packed pixels
	Glass  gpu.Binding // [row][Width] packed pixels with their opacity in the highest byte
}

// ViewGlassParameters are the numbers of [ViewGlass].
type ViewGlassParameters struct {
	CanvasWidth uint32
	Left        uint32 // of the covered area, in pixels
	Top         uint32
	Width       uint32
	Height      uint32
}

// ViewGlass draws a picture over an area of a canvas. Shader: shaders/view_glass.comp.
type ViewGlass struct{ kernel }

// NewViewGlass builds the kernel for a device.
func NewViewGlass(device *gpu.Device) (*ViewGlass, error) {
	k, err := newKernel(device, "view_glass", flatGroup(device, "view_glass"))
	return &ViewGlass{k}, err
}

// Record records one drawing.
func (k *ViewGlass) Record(stream *gpu.Stream, b ViewGlassBuffers, p ViewGlassParameters) error {
	if err := k.positive(size{"width", p.Width}, size{"height", p.Height}); err != nil {
		return err
	}
	pixels := uint64(p.Width) * uint64(p.Height)
	groups, err := k.flatGrid(pixels, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"canvas", b.Canvas, gpu.ReadWrite, bytes(uint64(p.Top+p.Height), uint64(p.CanvasWidth))},
		{"glass", b.Glass, gpu.Read, bytes(pixels)},
	}, p, groups)
}
