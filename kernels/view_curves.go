package kernels

import "spikegrad/gpu"

// ViewCurvesBuffers are the arrays of [ViewCurves].
type ViewCurvesBuffers struct {
	Canvas gpu.Binding // read and written; [row][CanvasWidth] packed pixels
	Values gpu.Binding // float32; point p of curve c is Base + p·PointStride + c·CurveStride
	Style  gpu.Binding // what changes from picture to picture; see the shader
}

// ViewCurvesParameters are the numbers of [ViewCurves].
type ViewCurvesParameters struct {
	CanvasWidth uint32
	Left        uint32 // of the drawn area, in pixels
	Top         uint32
	Width       uint32
	Height      uint32
	Base        uint32
	PointStride uint32
	CurveStride uint32
	Paper       uint32 // colour of the background
}

// Positions in the style of [ViewCurves], in numbers of 4 bytes.
const (
	ViewCurvesLines  = 8  // the lines of the grid begin here, two numbers each
	ViewCurvesCurves = 24 // the curves begin here, four numbers each
)

// ViewCurves draws curves over a grid into an area of a canvas. Shader:
// shaders/view_curves.comp.
type ViewCurves struct{ kernel }

// NewViewCurves builds the kernel for a device.
func NewViewCurves(device *gpu.Device) (*ViewCurves, error) {
	k, err := newKernel(device, "view_curves", flatGroup(device, "view_curves"))
	return &ViewCurves{k}, err
}

// Record records one drawing of at most the given numbers of curves and points.
func (k *ViewCurves) Record(stream *gpu.Stream, b ViewCurvesBuffers, p ViewCurvesParameters, curves, points uint32) error {
	if err := k.positive(size{"width", p.Width}, size{"height", p.Height}, size{"curves", curves}, size{"points", points}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Width), 1)
	if err != nil {
		return err
	}
	last := uint64(p.Base) + uint64(points-1)*uint64(p.PointStride) + uint64(curves-1)*uint64(p.CurveStride)
	return k.record(stream, []argument{
		{"canvas", b.Canvas, gpu.ReadWrite, bytes(uint64(p.Top+p.Height), uint64(p.CanvasWidth))},
		{"values", b.Values, gpu.Read, bytes(last + 1)},
		{"style", b.Style, gpu.Read, bytes(ViewCurvesCurves + 4*uint64(curves))},
	}, p, groups)
}
