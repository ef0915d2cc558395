package figure

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of marks in points.
const (
	dotRadius   = vg.Length(2.4)
	smallDot    = vg.Length(1.5)
	capHalf     = vg.Length(2.5) // half the bar at the end of an error bar
	bandOpacity = 0.2
)

// lineMark connects the points (x[i], y[i]).
func lineMark(style draw.LineStyle, x, y []float64) mark {
	return func(c draw.Canvas, p *panel) {
		points := make([]vg.Point, len(x))
		for i := range x {
			points[i] = p.at(x[i], y[i])
		}
		c.StrokeLines(style, c.ClipLinesXY(points)...)
	}
}

// dotsMark draws a dot at each point; dots on the edge are not clipped.
func dotsMark(fill color.NRGBA, radius vg.Length, x, y []float64) mark {
	return func(c draw.Canvas, p *panel) {
		for i := range x {
			if at := p.at(x[i], y[i]); c.Contains(at) {
				drawDot(c, fill, radius, at)
			}
		}
	}
}

func drawDot(c draw.Canvas, fill color.NRGBA, radius vg.Length, at vg.Point) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: fill, Radius: radius, Shape: draw.CircleGlyph{}}, at)
}

// bandMark fills the area between low and high.
func bandMark(fill color.NRGBA, x, low, high []float64) mark {
	return func(c draw.Canvas, p *panel) {
		outline := make([]vg.Point, 0, 2*len(x))
		for i := range x {
			outline = append(outline, p.at(x[i], low[i]))
		}
		for i := len(x) - 1; i >= 0; i-- {
			outline = append(outline, p.at(x[i], high[i]))
		}
		c.FillPolygon(withAlpha(fill, bandOpacity), c.ClipPolygonXY(outline))
	}
}

// errorBarsMark draws a vertical bar from low to high at each x.
func errorBarsMark(stroke color.NRGBA, x, low, high []float64) mark {
	return func(c draw.Canvas, p *panel) {
		style := draw.LineStyle{Color: stroke, Width: thinLine}
		for i := range x {
			bottom, top := p.at(x[i], low[i]), p.at(x[i], high[i])
			c.StrokeLines(style, c.ClipLinesXY(
				[]vg.Point{bottom, top},
				[]vg.Point{{X: bottom.X - capHalf, Y: bottom.Y}, {X: bottom.X + capHalf, Y: bottom.Y}},
				[]vg.Point{{X: top.X - capHalf, Y: top.Y}, {X: top.X + capHalf, Y: top.Y}})...)
		}
	}
}

// spikesMark draws each spike as an upright tick: as high as its row and as wide as its
// step, but never so small that a lone spike would be lost. Columns and rows count from 0;
// rows lie at whole numbers of the y axis.
func spikesMark(stroke color.NRGBA, stepMS float64, spikes []Spike) mark {
	return func(c draw.Canvas, p *panel) {
		row := p.atY(1) - p.atY(0)
		if row < 0 {
			row = -row
		}
		step := p.atX(stepMS) - p.atX(0)
		half := min(max(0.42*row, 0.6), 4)
		path := make(vg.Path, 0, 2*len(spikes))
		for _, s := range spikes {
			x, y := p.atX((float64(s.Step)+0.5)*stepMS), p.atY(float64(s.Neuron))
			// One path for all: a separate one for each would make an SVG ten times as large.
			path.Move(vg.Point{X: x, Y: y - half})
			path.Line(vg.Point{X: x, Y: y + half})
		}
		if len(path) == 0 {
			return
		}
		c.SetLineStyle(draw.LineStyle{Color: stroke, Width: min(max(0.8*step, 0.5), 1.1)})
		c.Stroke(path)
	}
}

// stepsMark fills the columns of a histogram from zero; column i spans
// edges[i] to edges[i+1].
func stepsMark(fill color.NRGBA, edges, heights []float64) mark {
	return func(c draw.Canvas, p *panel) {
		outline := []vg.Point{p.at(edges[0], 0)}
		for i, h := range heights {
			outline = append(outline, p.at(edges[i], h), p.at(edges[i+1], h))
		}
		outline = append(outline, p.at(edges[len(heights)], 0))
		c.FillPolygon(withAlpha(fill, 0.35), outline)
		c.StrokeLines(draw.LineStyle{Color: fill, Width: thinLine}, outline)
	}
}

// levelMark draws a line at one value, across the panel.
func levelMark(style draw.LineStyle, upright bool, value float64) mark {
	return func(c draw.Canvas, p *panel) {
		if upright {
			x := p.atX(value)
			c.StrokeLine2(style, x, p.rect.Min.Y, x, p.rect.Max.Y)
			return
		}
		y := p.atY(value)
		c.StrokeLine2(style, p.rect.Min.X, y, p.rect.Max.X, y)
	}
}
