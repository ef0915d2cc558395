package scene

import (
	"fmt"
	"image"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/figure"
	"spikegrad/host/network"
	"spikegrad/kernels"
)

// planes lists the layers whose neurons have rows and columns, −1 being the input.
func planes(n *network.Network) []int {
	var found []int
	if len(n.InputShape) == 3 && n.InputShape[1] > 1 {
		found = append(found, -1)
	}
	for l := range n.Layers {
		if n.Layers[l].Kind == "conv2d" {
			found = append(found, l)
		}
	}
	return found
}

// frame is one frame of a panel.
type frame struct {
	layer       int // −1 is the input
	area        image.Rectangle
	first, last int // steps
}

// frames divides a panel: one row for each plane, time spans from left to right, with square
// frames as large as fit in a row.
func frames(n *network.Network, area image.Rectangle, gap int) []frame {
	shown, spans := planes(n), figure.FrameSpans(n.Steps)
	width, height := (area.Dx()-gap*(spans-1))/spans, (area.Dy()-gap*(len(shown)-1))/len(shown)
	var found []frame
	for row, layer := range shown {
		plane := n.Geometry(layer).Plane
		across, down := width, width*plane.Height/plane.Width
		if down > height {
			across, down = height*plane.Width/plane.Height, height
		}
		if across < 1 || down < 1 {
			return nil
		}
		for span := range spans {
			at := area.Min.Add(image.Pt(span*(width+gap), row*(height+gap)))
			found = append(found, frame{
				layer: layer, area: image.Rectangle{Min: at, Max: at.Add(image.Pt(across, down))},
				first: span * n.Steps / spans, last: (span + 1) * n.Steps / spans,
			})
		}
	}
	return found
}

// full is the number of spikes that give a colour its full strength: a quarter of the
// maximum possible.
func (f frame) full(channels int) int { return max(1, channels*(f.last-f.first)/4) }

// frames records the frames of a panel.
func (r *recorder) frames(p *Panel) {
	s, n := r.scene, r.scene.subject.Network
	for _, f := range frames(n, p.Area, s.sheet.points(panelGap/2)) {
		g := n.Geometry(f.layer)
		table := bitTable{buffer: s.input, stepBits: uint32(32 * cpuref.Words(n.Inputs)), slot: identity(n.Inputs)}
		first, others, channels := s.packed(ink), s.packed(ink), g.Filters
		switch {
		case f.layer >= 0:
			table = s.shown.arrays.spikes[f.layer]
			first, others = s.packed(spikeColor), s.packed(spikeColor)
		case g.Filters == 2: // of an event camera: darker, brighter
			first, others, channels = s.packed(trueColor), s.packed(spikeColor), 1
		}
		order, last := r.order(table.slot)
		r.do(func() error {
			return s.kernels.frame.Record(r.made.draw, kernels.ViewFrameBuffers{
				Canvas: whole(s.canvas), Spikes: whole(table.buffer), Order: whole(order),
			}, kernels.ViewFrameParameters{
				CanvasWidth: uint32(s.size.X), Left: uint32(f.area.Min.X), Top: uint32(f.area.Min.Y),
				Width: uint32(f.area.Dx()), Height: uint32(f.area.Dy()), Rows: uint32(g.Plane.Height), Columns: uint32(g.Plane.Width),
				Channels: uint32(g.Filters), Steps: uint32(f.last - f.first), BaseBit: uint32(f.first) * table.stepBits, StepBits: table.stepBits,
				Full: uint32(f.full(channels)), Paper: s.packed(paper), First: first, Others: others,
			}, last)
		})
	}
}

// labelFrames writes what the rows are, and how long a frame is.
func (s *Scene) labelFrames(i int, p *Panel) {
	n := s.subject.Network
	var names []string
	for _, layer := range planes(n) {
		name := "input"
		if layer >= 0 {
			name = fmt.Sprintf("layer %d", layer)
		}
		names = append(names, name)
	}
	span := 1000 * float64(n.Steps) * n.StepLength / float64(figure.FrameSpans(n.Steps))
	s.caption(i, p.Area, "frames", fmt.Sprintf("of %.3g ms: %s", span, strings.Join(names, ", ")))
	for k, f := range frames(n, p.Area, s.sheet.points(panelGap/2)) {
		s.sheet.region(fmt.Sprintf("picture %d of %d", k, i), f.area.Inset(-1), "", func() { s.sheet.frame(f.area, gridGrey) })
	}
}
