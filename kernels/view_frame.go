package kernels

import "spikegrad/gpu"

// ViewFrameBuffers are the arrays of [ViewFrame].
type ViewFrameBuffers struct {
	Canvas gpu.Binding // written; [row][CanvasWidth] packed pixels
	Spikes gpu.Binding // bits
	Order  gpu.Binding // [channel][row][column] uint32: which bit of a step is shown there
}

// ViewFrameParameters are the numbers of [ViewFrame]. The bit for entry place of Order at step t is
// BaseBit + Order[place] + t·StepBits.
type ViewFrameParameters struct {
	CanvasWidth uint32
	Left        uint32 // of the drawn area, in pixels
	Top         uint32
	Width       uint32
	Height      uint32
	Rows        uint32 // of the plane
	Columns     uint32
	Channels    uint32
	Steps       uint32 // summed
	BaseBit     uint32
	StepBits    uint32
	Full        uint32 // spikes at which a colour is at full strength
	Paper       uint32 // colour without spikes
	First       uint32 // colour of the first channel
	Others      uint32 // colour of the others; if the same as First, all are summed
}

// ViewFrame draws spikes by row and column of a plane over an area of a canvas. Shader:
// shaders/view_frame.comp.
type ViewFrame struct{ kernel }

// NewViewFrame builds the kernel for a device.
func NewViewFrame(device *gpu.Device) (*ViewFrame, error) {
	k, err := newKernel(device, "view_frame", flatGroup(device, "view_frame"))
	return &ViewFrame{k}, err
}

// Record records one drawing. orders is the largest number in Order.
func (k *ViewFrame) Record(stream *gpu.Stream, b ViewFrameBuffers, p ViewFrameParameters, orders uint32) error {
	if err := k.positive(size{"width", p.Width}, size{"height", p.Height}, size{"rows", p.Rows}, size{"columns", p.Columns},
		size{"channels", p.Channels}, size{"steps", p.Steps}, size{"full", p.Full}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Width)*uint64(p.Height), 1)
	if err != nil {
		return err
	}
	last := uint64(p.BaseBit) + uint64(orders) + uint64(p.Steps-1)*uint64(p.StepBits)
	return k.record(stream, []argument{
		{"canvas", b.Canvas, gpu.Write, bytes(uint64(p.Top+p.Height), uint64(p.CanvasWidth))},
		{"spikes", b.Spikes, gpu.Read, bytes(last/32 + 1)},
		{"order", b.Order, gpu.Read, bytes(uint64(p.Channels), uint64(p.Rows), uint64(p.Columns))},
	}, p, groups)
}
