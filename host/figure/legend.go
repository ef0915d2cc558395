package figure

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// entry is a name in a legend with a sample of how its data are drawn.
type entry struct {
	name  string
	color color.NRGBA
	width vg.Length // of a line; 0: none
	dash  []vg.Length
	dot   bool
	box   bool
}

// Dimensions of a legend in points.
const (
	legendRow  = vg.Length(13)
	sampleSize = vg.Length(18)
	sampleGap  = vg.Length(4)
	entryGap   = vg.Length(14)
)

func (e entry) length() vg.Length { return e.sample() + sampleGap + smallText().width(e.name) }

// sample is the width of the sample: lines need more than dots and boxes.
func (e entry) sample() vg.Length {
	if e.width > 0 {
		return sampleSize
	}
	return sampleSize / 2
}

// rowWidth is the width of entries side by side.
func rowWidth(row []entry) vg.Length {
	var width vg.Length
	for i, e := range row {
		if i > 0 {
			width += entryGap
		}
		width += e.length()
	}
	return width
}

// wrapEntries breaks a legend into rows that fit into a width; a name that is wider on its
// own is shortened.
func wrapEntries(entries []entry, width vg.Length) [][]entry {
	var rows [][]entry
	for _, e := range entries {
		e.name = smallText().shorten(e.name, width-e.sample()-sampleGap)
		last := len(rows) - 1
		if last >= 0 && rowWidth(rows[last])+entryGap+e.length() <= width {
			rows[last] = append(rows[last], e)
			continue
		}
		rows = append(rows, []entry{e})
	}
	return rows
}

// drawRow draws entries side by side from a point on their baseline.
func drawRow(c draw.Canvas, at vg.Point, row []entry) {
	style := smallText()
	for _, e := range row {
		middle := vg.Point{X: at.X + e.sample()/2, Y: at.Y + capHeight/2*style.size}
		if e.box {
			half := vg.Length(3.5)
			c.FillPolygon(e.color, corners(vg.Rectangle{
				Min: vg.Point{X: middle.X - half, Y: middle.Y - half},
				Max: vg.Point{X: middle.X + half, Y: middle.Y + half},
			}))
		}
		if e.width > 0 {
			c.StrokeLine2(draw.LineStyle{Color: e.color, Width: e.width, Dashes: e.dash}, at.X, middle.Y, at.X+e.sample(), middle.Y)
		}
		if e.dot {
			drawDot(c, e.color, dotRadius, middle)
		}
		style.draw(c, vg.Point{X: at.X + e.sample() + sampleGap, Y: at.Y}, 0, e.name)
		at.X += e.length() + entryGap
	}
}
