package scene

import (
	"image"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// recording holds the commands of a picture, recorded once and submitted for every picture
// until something moves.
type recording struct {
	of     recordedFor
	ranges *gpu.Stream // finds the extremes for the axes
	draw   *gpu.Stream
	orders []*gpu.Buffer
}

// recordedFor is what a recording depends on, apart from the size of the canvas.
type recordedFor struct {
	arrays   *arrays
	weights  int
	isPicked bool
	picked   Neuron
	help     bool
}

func (r *recording) free() {
	if r == nil {
		return
	}
	for _, stream := range []*gpu.Stream{r.ranges, r.draw} {
		if stream != nil {
			stream.Free()
		}
	}
	for _, b := range r.orders {
		b.Free()
	}
}

// recorder records; after an error it does nothing.
type recorder struct {
	scene *Scene
	made  *recording
	err   error
}

// record makes the recording that the choice needs, unless it already exists.
func (s *Scene) record() error {
	c := s.choice
	of := recordedFor{s.shown.arrays, c.Weights, c.IsPicked, c.Picked, c.Help}
	if s.recording != nil && s.recording.of == of {
		return nil
	}
	s.recording.free()
	s.recording = nil
	r := &recorder{scene: s, made: &recording{of: of}}
	if r.made.ranges, r.err = s.device.NewStream("ranges of a picture"); r.err == nil {
		r.findRanges()
	}
	if r.err == nil {
		r.made.draw, r.err = s.device.NewStream("picture")
	}
	if r.err == nil {
		r.drawAll()
	}
	if r.err != nil {
		r.made.free()
		return r.err
	}
	s.recording = r.made
	return nil
}

func (r *recorder) do(record func() error) {
	if r.err == nil {
		r.err = record()
	}
}

// order uploads a list of rows to the device. last is the largest number in it.
func (r *recorder) order(rows []uint32) (buffer *gpu.Buffer, last uint32) {
	r.do(func() (err error) {
		if buffer, err = r.scene.device.NewBuffer("order", 4*uint64(len(rows))); err != nil {
			return err
		}
		r.made.orders = append(r.made.orders, buffer)
		return buffer.Upload(0, asBytes(rows))
	})
	for _, row := range rows {
		last = max(last, row)
	}
	return buffer, last
}

func whole(b *gpu.Buffer) gpu.Binding { return gpu.Binding{Buffer: b} }

// findRanges records the search for extremes.
func (r *recorder) findRanges() {
	s, n := r.scene, r.scene.subject.Network
	a, k := s.shown.arrays, s.kernels.ranges
	find := func(ranges, values *gpu.Buffer, p kernels.ViewRangeParameters) {
		p.Lanes = rangeLanes
		r.do(func() error {
			return k.Record(r.made.ranges, kernels.ViewRangeBuffers{Ranges: whole(ranges), Values: whole(values)}, p)
		})
	}
	steps := uint32(n.Steps)
	if a.readout.buffer != nil {
		find(s.plot.readoutRange, a.readout.buffer, kernels.ViewRangeParameters{Rows: steps, Columns: uint32(n.Classes), Stride: a.readout.stepStride})
	}
	if picked := s.choice.Picked; s.choice.IsPicked {
		table := a.membranes[picked.Layer]
		find(s.plot.membraneRange, table.buffer, kernels.ViewRangeParameters{
			Base: a.spikes[picked.Layer].slot[picked.Number], Rows: steps, Columns: 1, Stride: table.stepStride,
		})
	}
	w, described := a.weights[s.choice.Weights], n.Weights()[s.choice.Weights]
	rows := uint32(0)
	for _, row := range w.order {
		rows = max(rows, row+1)
	}
	find(s.plot.weightRange, w.buffer, kernels.ViewRangeParameters{Rows: rows, Columns: uint32(described.Rows), Stride: w.stride})
	r.do(r.made.ranges.Finish)
}

// drawAll records the picture: the sheet, the data over it, and the help on top.
func (r *recorder) drawAll() {
	s := r.scene
	r.do(func() error { return r.made.draw.Copy(s.canvas, 0, s.sheetCopy, 0, s.canvas.Bytes()) })
	for i := range s.panels {
		p := &s.panels[i]
		switch p.Kind {
		case Input:
			words := uint32(cpuref.Words(s.subject.Network.Inputs))
			r.raster(p, p.Area, bitTable{buffer: s.input, stepBits: 32 * words}, 0, identity(p.Rows), 1, s.packed(ink), noRow)
		case Layer:
			table := s.shown.arrays.spikes[p.Layer]
			marked := uint32(noRow)
			if s.choice.IsPicked && s.choice.Picked.Layer == p.Layer {
				marked = uint32(s.choice.Picked.Number)
			}
			r.raster(p, p.Area, table, 0, table.slot, 1, s.packed(spikeColor), marked)
		case Frames:
			r.frames(p)
		case Readout:
			table := s.shown.arrays.readout
			r.curves(p.Area, s.plot.readout, table.buffer, 0, table.stepStride, 1, s.subject.Network.Classes, p.Steps)
		case Loss:
			r.curves(p.Area, s.plot.loss, s.plot.history, 0, 1, mostPoints, 2, mostPoints)
		case Weights:
			r.matrix(p.Area)
		case Membrane:
			r.membrane(p)
		case Trials:
			if s.choice.IsPicked {
				table := s.shown.arrays.spikes[s.choice.Picked.Layer]
				base := table.sampleBits + table.slot[s.choice.Picked.Number]
				r.raster(p, p.Area, table, base, identity(trials), table.sampleBits, s.packed(ink), noRow)
			}
		}
	}
	if s.choice.Help {
		r.help()
	}
	r.do(r.made.draw.Finish)
}

// noRow is a row number that no raster has.
const noRow = 1<<32 - 1

// raster records a raster of rows, each rowBits after the previous one in the order.
func (r *recorder) raster(p *Panel, area image.Rectangle, table bitTable, base uint32, rows []uint32, rowBits, color, marked uint32) {
	s := r.scene
	order, last := r.order(rows)
	r.do(func() error {
		return s.kernels.raster.Record(r.made.draw, kernels.ViewRasterBuffers{
			Canvas: whole(s.canvas), Spikes: whole(table.buffer), Order: whole(order),
		}, kernels.ViewRasterParameters{
			CanvasWidth: uint32(s.size.X), Left: uint32(area.Min.X), Top: uint32(area.Min.Y),
			Width: uint32(area.Dx()), Height: uint32(area.Dy()),
			Rows: uint32(len(rows)), Steps: uint32(p.Steps), BaseBit: base, RowBits: rowBits, StepBits: table.stepBits,
			Marked: marked, Paper: s.packed(paper), Ink: color, Mark: s.packed(picked),
		}, last)
	})
}

func (r *recorder) curves(area image.Rectangle, style, values *gpu.Buffer, base, pointStride, curveStride uint32, curves, points int) {
	s := r.scene
	r.do(func() error {
		return s.kernels.curves.Record(r.made.draw, kernels.ViewCurvesBuffers{
			Canvas: whole(s.canvas), Values: whole(values), Style: whole(style),
		}, kernels.ViewCurvesParameters{
			CanvasWidth: uint32(s.size.X), Left: uint32(area.Min.X), Top: uint32(area.Min.Y),
			Width: uint32(area.Dx()), Height: uint32(area.Dy()),
			Base: base, PointStride: pointStride, CurveStride: curveStride, Paper: s.packed(paper),
		}, uint32(curves), uint32(points))
	})
}

func (r *recorder) matrix(area image.Rectangle) {
	s := r.scene
	table, described := s.shown.arrays.weights[s.choice.Weights], s.subject.Network.Weights()[s.choice.Weights]
	order, last := r.order(table.order)
	r.do(func() error {
		return s.kernels.matrix.Record(r.made.draw, kernels.ViewMatrixBuffers{
			Canvas: whole(s.canvas), Weights: whole(table.buffer), Order: whole(order), Scale: whole(s.plot.matrixScale),
		}, kernels.ViewMatrixParameters{
			CanvasWidth: uint32(s.size.X), Left: uint32(area.Min.X), Top: uint32(area.Min.Y),
			Width: uint32(area.Dx()), Height: uint32(area.Dy()),
			Rows: uint32(described.Rows), Columns: uint32(described.Columns), Stride: table.stride,
			Paper: s.packed(paper), Negative: s.packed(negativeColor), Positive: s.packed(positiveColor),
		}, last)
	})
}

// membrane records the membrane potential of the picked neuron and, in a strip above, its
// spikes.
func (r *recorder) membrane(p *Panel) {
	s := r.scene
	if !s.choice.IsPicked {
		return
	}
	layer := s.choice.Picked.Layer
	spikes, membrane := s.shown.arrays.spikes[layer], s.shown.arrays.membranes[layer]
	slot := spikes.slot[s.choice.Picked.Number]
	strip, trace := s.splitMembrane(p.Area)
	r.raster(p, strip, spikes, slot, []uint32{0}, 1, s.packed(spikeColor), noRow)
	r.curves(trace, s.plot.membrane, membrane.buffer, slot, membrane.stepStride, 1, 1, p.Steps)
}

// splitMembrane divides the panel of a neuron into a strip for its spikes and the rest.
func (s *Scene) splitMembrane(area image.Rectangle) (strip, trace image.Rectangle) {
	strip, trace = area, area
	strip.Max.Y = min(area.Min.Y+s.sheet.points(10), area.Max.Y-leastArea/2)
	trace.Min.Y = strip.Max.Y
	return strip, trace
}
