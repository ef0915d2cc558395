package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Dimensions of a colour scale in points.
const (
	scaleWidth = vg.Length(9)
	scaleGap   = vg.Length(12)
	scaleRoom  = vg.Length(50) // with its labels
	scaleSteps = 64
)

// sequential returns the colour for a fraction from 0 to 1: white through sky blue and blue
// to almost black, so that lightness decreases throughout and the order survives in grey.
// It decreases faster at the beginning, where a confusion matrix has its errors.
func sequential(fraction float64) color.NRGBA {
	stops := [...]color.NRGBA{white, {R: 0xA9, G: 0xD3, B: 0xEE, A: 255}, blue, {R: 0x08, G: 0x2A, B: 0x4D, A: 255}}
	place := math.Pow(min(max(fraction, 0), 1), 0.6) * float64(len(stops)-1)
	i := min(int(place), len(stops)-2)
	mix := func(a, b uint8) uint8 {
		return uint8(float64(a) + (place-float64(i))*(float64(b)-float64(a)) + 0.5)
	}
	a, b := stops[i], stops[i+1]
	return color.NRGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 255}
}

// scaleMark draws the key of colours for values from lo to hi on the right of a panel,
// which needs room for it in aside.
func scaleMark(label string, lo, hi float64) mark {
	return func(c draw.Canvas, p *panel) {
		height := min(p.height, 160)
		bar := vg.Rectangle{
			Min: vg.Point{X: p.rect.Max.X + scaleGap, Y: p.rect.Max.Y - height},
			Max: vg.Point{X: p.rect.Max.X + scaleGap + scaleWidth, Y: p.rect.Max.Y},
		}
		step := height / scaleSteps
		for i := range scaleSteps {
			// From the top down, each over the rest of the bar, so that there are no gaps
			// between neighbours.
			rest := bar
			rest.Max.Y -= step * vg.Length(i)
			c.FillPolygon(sequential(1-(float64(i)+0.5)/scaleSteps), corners(rest))
		}
		outline := append(corners(bar), bar.Min)
		c.StrokeLines(draw.LineStyle{Color: axisGrey, Width: hairline}, outline)

		scale := axis{min: lo, max: hi}
		scale.divide(height, 36)
		style := smallText()
		for _, t := range scale.ticks {
			y := bar.Min.Y + vg.Length(scale.fraction(t.value))*height
			t.draw(c, style, vg.Point{X: bar.Max.X + tickGap, Y: style.middle(y)}, 0)
		}
		right := vg.Point{X: bar.Max.X + tickGap + scale.widest() + labelGap + style.size, Y: bar.Max.Y - height/2}
		style.drawUpwards(c, right, 0.5, style.shorten(label, height))
	}
}
