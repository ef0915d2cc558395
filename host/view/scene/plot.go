package scene

import (
	"image/color"
	"math"
	"unsafe"

	"spikegrad/gpu"
	"spikegrad/host/network"
	"spikegrad/kernels"
)

// rangeLanes is the number of shares into which a table is divided to find its extremes.
const rangeLanes = 256

// plotBuffers are shared by the host and the device: how to draw the curves, the learning
// curve, and the extremes that the device finds.
type plotBuffers struct {
	readout, membrane, loss *gpu.Buffer // styles of curves
	history                 *gpu.Buffer // [training, validation][mostPoints]
	matrixScale             *gpu.Buffer
	readoutRange            *gpu.Buffer // [lane][2]
	membraneRange           *gpu.Buffer
	weightRange             *gpu.Buffer
}

func newPlotBuffers(device *gpu.Device, n *network.Network) (*plotBuffers, error) {
	p := &plotBuffers{}
	for _, b := range []struct {
		buffer  **gpu.Buffer
		name    string
		numbers int
	}{
		{&p.readout, "style of the readout", kernels.ViewCurvesCurves + 4*n.Classes},
		{&p.membrane, "style of the membrane", kernels.ViewCurvesCurves + 4},
		{&p.loss, "style of the loss", kernels.ViewCurvesCurves + 8},
		{&p.history, "history", 2 * mostPoints},
		{&p.matrixScale, "scale of the weights", 1},
		{&p.readoutRange, "range of the readout", 2 * rangeLanes},
		{&p.membraneRange, "range of the membrane", 2 * rangeLanes},
		{&p.weightRange, "range of the weights", 2 * rangeLanes},
	} {
		var err error
		if *b.buffer, err = device.NewHostBuffer(b.name, 4*uint64(b.numbers)); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *plotBuffers) all() []*gpu.Buffer {
	if p == nil {
		return nil
	}
	return []*gpu.Buffer{p.readout, p.membrane, p.loss, p.history, p.matrixScale, p.readoutRange, p.membraneRange, p.weightRange}
}

// words returns the memory of a host buffer as numbers.
func words(b *gpu.Buffer) []uint32 {
	mapped := b.Mapped()
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(mapped))), len(mapped)/4)
}

// extremes combines the extremes of all shares.
func extremes(b *gpu.Buffer) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for i, word := range words(b) {
		value := float64(math.Float32frombits(word))
		if i%2 == 0 {
			low = min(low, value)
		} else {
			high = max(high, value)
		}
	}
	return low, high
}

// line is a horizontal line of a grid.
type line struct {
	value float64
	color color.NRGBA
}

// curve is the appearance of one curve.
type curve struct {
	number int
	color  color.NRGBA
	width  float64 // points
	first  int     // point at which it starts
}

// writeStyle sets how to draw curves of the given number of points in an area.
func (s *Scene) writeStyle(b *gpu.Buffer, p *Panel, values span, points int, lines []line, curves []curve) {
	style := words(b)
	scale := float64(p.Area.Dy()) / (values.high - values.low)
	style[0] = math.Float32bits(float32(values.low))
	style[1] = math.Float32bits(float32(scale))
	style[2] = uint32(points)
	style[3] = math.Float32bits(float32(float64(points) / float64(p.Area.Dx())))
	style[4] = uint32(len(curves))
	lines = lines[:min(len(lines), (kernels.ViewCurvesCurves-kernels.ViewCurvesLines)/2)]
	style[5] = uint32(len(lines))
	for i, l := range lines {
		style[kernels.ViewCurvesLines+2*i] = uint32(max(0, (l.value-values.low)*scale))
		style[kernels.ViewCurvesLines+2*i+1] = s.packed(l.color)
	}
	for i, c := range curves {
		at := style[kernels.ViewCurvesCurves+4*i:]
		at[0], at[1] = uint32(c.number), s.packed(c.color)
		at[2], at[3] = math.Float32bits(float32(c.width*s.sheet.scale/2)), uint32(c.first)
	}
}

// gridLines are lines at the ticks of an axis.
func gridLines(values span, parts int) []line {
	var lines []line
	for _, t := range ticks(values.low, values.high, parts) {
		lines = append(lines, line{values.low + t.share*(values.high-values.low), gridGrey})
	}
	return lines
}
