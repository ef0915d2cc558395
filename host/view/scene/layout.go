package scene

import (
	"image"
	"math"

	"spikegrad/host/network"
)

// Kind is what a panel shows.
type Kind int

// The kinds of panels.
const (
	Input    Kind = iota // raster of the input
	Layer                // raster of a layer
	Readout              // membrane potentials of the readout over time
	Loss                 // learning curve
	Weights              // a weight array as an image
	Membrane             // of the picked neuron over time
	Trials               // its spikes, one row per trial
	Frames               // spikes at rows and columns, in time spans
)

// Panel is a part of the picture that shows data.
type Panel struct {
	Kind  Kind
	Layer int             // of Layer
	Area  image.Rectangle // where the data are, pixels of the canvas
	Rows  int             // of a raster: neurons, channels or trials, row 0 at the bottom
	Steps int             // of a raster, to the right
}

// leastArea is the width and height, in pixels, below which a panel is left out.
const leastArea = 12

// layout divides a canvas. points turns points into pixels.
func layout(n *network.Network, canvas image.Point, points func(float64) int) []Panel {
	middle := int(0.6 * float64(canvas.X))
	top, bottom := points(headerRoom), canvas.Y-points(axisRoom)
	column := func(left, right int, panels []Panel, shares []float64) []Panel {
		total := 0.0
		for _, share := range shares {
			total += share
		}
		room := float64(bottom-top) - float64(len(panels))*float64(points(captionGap)+points(panelGap))
		y := float64(top)
		for i := range panels {
			height := max(0, room*shares[i]/total)
			y += float64(points(captionGap))
			panels[i].Area = image.Rect(left, int(y), right, int(y+height))
			y += height + float64(points(panelGap))
		}
		return panels
	}

	steps := n.Steps
	left := []Panel{{Kind: Input, Rows: n.Inputs, Steps: steps}}
	for l := range n.Layers {
		left = append(left, Panel{Kind: Layer, Layer: l, Rows: n.Layers[l].Neurons, Steps: steps})
	}
	var shares []float64
	for _, p := range left {
		shares = append(shares, min(max(math.Sqrt(float64(p.Rows)), 6), 20))
	}
	if !n.Spiking() {
		left = append(left, Panel{Kind: Readout, Steps: steps})
		shares = append(shares, 12)
	}
	panels := column(points(margin+gutter), middle, left, shares)
	right := []Panel{{Kind: Loss}, {Kind: Weights}, {Kind: Membrane, Steps: steps}, {Kind: Trials, Rows: trials, Steps: steps}}
	shares = []float64{24, 34, 20, 22}
	if rows := len(planes(n)); rows > 0 {
		right = append([]Panel{{Kind: Frames}}, right...)
		shares = append([]float64{float64(10 + 12*rows)}, shares...)
	}
	// The loss and the weights have their own numbers below.
	panels = append(panels, column(middle+points(2*margin+gutter), canvas.X-points(margin), right, shares)...)
	whole := image.Rectangle{Max: canvas}
	kept := panels[:0]
	for _, p := range panels {
		if p.Kind == Loss || p.Kind == Weights {
			p.Area.Max.Y -= points(axisRoom - panelGap)
		}
		if p.Area.Dx() >= leastArea && p.Area.Dy() >= leastArea && p.Area.In(whole) {
			kept = append(kept, p)
		}
	}
	return kept
}

// row is the first of the raster rows that a pixel of its area shows.
func (p *Panel) row(y int) int {
	up := p.Area.Max.Y - 1 - y
	return min(up*p.Rows/p.Area.Dy(), p.Rows-1)
}
