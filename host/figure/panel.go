package figure

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is a data area with an axis on its left and one below.
type panel struct {
	name   string    // for Panels
	header string    // written above, if not empty
	note   []entry   // legend on the header's line
	height vg.Length // of the data area
	x, y   axis
	grid   grid
	// quietX leaves out the labels of the x axis, which the panel below shows.
	quietX bool
	marks  []mark
	aside  vg.Length    // room on the right that the marks use, for a colour scale
	rect   vg.Rectangle // the data area, once laid out
}

// grid says at which ticks lines cross the data area.
type grid struct{ vertical, horizontal bool }

// mark draws data into a panel that has been laid out; the canvas is clipped to its data
// area.
type mark func(c draw.Canvas, p *panel)

// at returns the position of a point with the given values.
func (p *panel) at(x, y float64) vg.Point { return vg.Point{X: p.atX(x), Y: p.atY(y)} }

func (p *panel) atX(x float64) vg.Length {
	return p.rect.Min.X + vg.Length(p.x.fraction(x))*(p.rect.Max.X-p.rect.Min.X)
}

func (p *panel) atY(y float64) vg.Length {
	return p.rect.Min.Y + vg.Length(p.y.fraction(y))*(p.rect.Max.Y-p.rect.Min.Y)
}

// headroom is the height that the header takes above the data area.
func (p *panel) headroom() vg.Length {
	if p.header == "" && len(p.note) == 0 {
		return 0
	}
	return headerText().size + headerGap
}

// footroom is the height that the labels of the x axis take below it.
func (p *panel) footroom() vg.Length {
	if p.x.bare || p.quietX {
		return 0
	}
	room := tickLength + tickGap + smallText().size
	if p.x.upright {
		room += p.x.widest() - smallText().size
	}
	if p.x.label != "" {
		room += labelGap + labelText().size
	}
	return room
}

// sideroom is the width that the labels of the y axis take on its left; its ticks must
// already be set.
func (p *panel) sideroom() vg.Length {
	room := p.tickroom()
	if p.y.label != "" {
		room += labelGap + labelText().size
	}
	return room
}

// tickroom is the part of sideroom up to the axis label.
func (p *panel) tickroom() vg.Length {
	if p.y.bare {
		return 0
	}
	return tickLength + tickGap + p.y.widest()
}

func (p *panel) draw(c draw.Canvas) {
	p.drawGrid(c)
	inside := draw.Canvas{Canvas: c.Canvas, Rectangle: p.rect}
	for _, m := range p.marks {
		m(inside, p)
	}
	p.drawX(c)
	p.drawY(c)
	p.drawHeader(c)
}

func (p *panel) drawGrid(c draw.Canvas) {
	style := draw.LineStyle{Color: gridGrey, Width: hairline}
	if p.grid.vertical {
		for _, t := range p.x.ticks {
			if x := p.atX(t.value); t.label != "" && x > p.rect.Min.X+1 {
				c.StrokeLine2(style, x, p.rect.Min.Y, x, p.rect.Max.Y)
			}
		}
	}
	if p.grid.horizontal {
		for _, t := range p.y.ticks {
			if y := p.atY(t.value); t.label != "" && y > p.rect.Min.Y+1 {
				c.StrokeLine2(style, p.rect.Min.X, y, p.rect.Max.X, y)
			}
		}
	}
}

func (p *panel) drawX(c draw.Canvas) {
	if p.x.bare {
		return
	}
	line := draw.LineStyle{Color: axisGrey, Width: thinLine}
	floor := p.rect.Min.Y
	c.StrokeLine2(line, p.rect.Min.X, floor, p.rect.Max.X, floor)
	if p.quietX {
		return
	}
	style := smallText()
	baseline := floor - tickLength - tickGap - capHeight*style.size
	for _, t := range p.x.ticks {
		x, length := p.atX(t.value), tickLength
		if t.label == "" {
			length /= 2
		}
		if !p.x.named {
			c.StrokeLine2(line, x, floor, x, floor-length)
		}
		if p.x.upright {
			style.drawUpwards(c, vg.Point{X: x + capHeight/2*style.size, Y: floor - tickLength - tickGap}, 1, t.label)
			continue
		}
		t.draw(c, style, vg.Point{X: x, Y: baseline}, 0.5)
	}
	if p.x.label != "" {
		width := p.rect.Max.X - p.rect.Min.X
		middle := p.rect.Min.X + width/2
		y := floor - p.footroom() + (1-capHeight)*labelText().size
		labelText().draw(c, vg.Point{X: middle, Y: y}, 0.5, labelText().shorten(p.x.label, width))
	}
}

func (p *panel) drawY(c draw.Canvas) {
	if p.y.bare {
		return
	}
	line := draw.LineStyle{Color: axisGrey, Width: thinLine}
	left := p.rect.Min.X
	c.StrokeLine2(line, left, p.rect.Min.Y, left, p.rect.Max.Y)
	style := smallText()
	for _, t := range p.y.ticks {
		y, length := p.atY(t.value), tickLength
		if t.label == "" {
			length /= 2
		}
		if !p.y.named {
			c.StrokeLine2(line, left, y, left-length, y)
		}
		t.draw(c, style, vg.Point{X: left - tickLength - tickGap, Y: style.middle(y)}, 1)
	}
}

// drawYLabel writes the label of the y axis upwards; right is where the widest
// tick label of the column begins, so that the labels of stacked panels line up.
func (p *panel) drawYLabel(c draw.Canvas, right vg.Length) {
	style := labelText()
	at := vg.Point{X: right - labelGap - (1-capHeight)*style.size/2, Y: (p.rect.Min.Y + p.rect.Max.Y) / 2}
	style.drawUpwards(c, at, 0.5, style.shorten(p.y.label, p.rect.Max.Y-p.rect.Min.Y+panelGap))
}

func (p *panel) drawHeader(c draw.Canvas) {
	style := headerText()
	baseline := p.rect.Max.Y + headerGap + (1-capHeight)*style.size/2
	width := p.rect.Max.X - p.rect.Min.X
	taken := rowWidth(p.note)
	style.draw(c, vg.Point{X: p.rect.Min.X, Y: baseline}, 0, style.shorten(p.header, width-taken))
	drawRow(c, vg.Point{X: p.rect.Max.X - taken, Y: baseline}, p.note)
}
