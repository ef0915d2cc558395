package figure

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// columnGap is the distance between columns of panels; overhang is room at the right edge
// for the half of the last tick label that sticks out.
const (
	columnGap = vg.Length(16)
	overhang  = vg.Length(12)
)

// orUsual returns the requested width, or the usual one if none was requested.
func orUsual(asked float64, usual vg.Length) vg.Length {
	if asked > 0 {
		return vg.Length(asked)
	}
	return usual
}

// layout arranges columns of panels under a title and a legend. All columns start at the
// same height, and the picture is as high as the highest column needs. The panels of a
// column share its left edge.
func layout(width vg.Length, title string, legend []entry, columns ...[]*panel) *Picture {
	picture := &Picture{width: width}
	share := (width - 2*outerMargin - columnGap*vg.Length(len(columns)-1)) / vg.Length(len(columns))
	left := outerMargin
	var tallest vg.Length
	for _, column := range columns {
		divideColumn(column, left, left+share-overhang)
		tallest = max(tallest, columnHeight(column))
		left += share + columnGap
	}

	start := columns[0][0].rect.Min.X
	rows := wrapEntries(legend, width-outerMargin-start)
	above := vg.Length(0)
	if title != "" {
		above += titleText().size + titleGap
	}
	if len(rows) > 0 {
		above += vg.Length(len(rows))*legendRow + headerGap
	}
	picture.height = tallest + above + 2*outerMargin

	top := picture.height - outerMargin - above
	for _, column := range columns {
		placeColumn(picture, column, top)
	}
	picture.overlays = append(picture.overlays, func(c draw.Canvas) {
		y := picture.height - outerMargin
		if title != "" {
			style := titleText()
			style.draw(c, vg.Point{X: start, Y: y - capHeight*style.size}, 0, style.shorten(title, width-outerMargin-start))
			y -= style.size + titleGap
		}
		for _, row := range rows {
			drawRow(c, vg.Point{X: start, Y: y - capHeight*smallText().size}, row)
			y -= legendRow
		}
	})
	return picture
}

// divideColumn sets the ticks of a column's panels and the left and right edges of their
// data areas; left and right are the ends of the space available to the column.
func divideColumn(column []*panel, left, right vg.Length) {
	var room vg.Length
	for _, p := range column {
		p.y.divide(p.height, 18)
		room = max(room, p.sideroom())
	}
	for _, p := range column {
		p.rect.Min.X, p.rect.Max.X = left+room, right-p.aside
		p.x.divideWidth(p.rect.Max.X-p.rect.Min.X, smallText())
	}
}

func columnHeight(column []*panel) vg.Length {
	var height vg.Length
	for i, p := range column {
		if i > 0 {
			height += panelGap
		}
		height += p.headroom() + p.height + p.footroom()
	}
	return height
}

// placeColumn stacks panels, with the header of the first one at top.
func placeColumn(picture *Picture, column []*panel, top vg.Length) {
	var room vg.Length
	for _, p := range column {
		room = max(room, p.tickroom())
	}
	for _, p := range column {
		p.rect.Max.Y = top - p.headroom()
		p.rect.Min.Y = p.rect.Max.Y - p.height
		top = p.rect.Min.Y - p.footroom() - panelGap
		picture.panels = append(picture.panels, p)
		picture.overlays = append(picture.overlays, func(c draw.Canvas) {
			p.drawYLabel(c, p.rect.Min.X-room)
		})
	}
}
