package reproduce

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"os"
	"strings"

	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"spikegrad/host/figure"
)

// planeLimit is how far the (v1, v2) plane is drawn.
const planeLimit = 2.0

// descent is the field of directions of descent in the plane. Lengths are cube roots of
// the gradient's relative to the largest, so that small ones can be seen.
type descent struct{ beta, betaSG, largest float64 }

// descentGrid are the coordinates of the arrows: the middles of so many cells.
func descentGrid(cells int) []float64 {
	half := planeLimit / float64(cells)
	return spaced(half-planeLimit, planeLimit-half, cells)
}

func newDescent(beta, betaSG float64, cells int) descent {
	d := descent{beta: beta, betaSG: betaSG}
	for _, v1 := range descentGrid(cells) {
		for _, v2 := range descentGrid(cells) {
			x, y := d.gradient(v1, v2)
			d.largest = math.Max(d.largest, math.Hypot(x, y))
		}
	}
	return d
}

func (d descent) gradient(v1, v2 float64) (x, y float64) {
	p := planeAt(v1, v2)
	gradient := p.Gradient(p.Run(1, d.beta), d.betaSG)
	return gradient[1], gradient[2]
}

// at is the arrow at a point, of length one at most on the grid; no arrow where the
// gradient is as good as zero.
func (d descent) at(v1, v2 float64) (x, y float64) {
	x, y = d.gradient(v1, v2)
	length := math.Hypot(x, y)
	if length <= noDerivative {
		return 0, 0
	}
	scale := -math.Cbrt(length/d.largest) / length
	return x * scale, y * scale
}

// Measures of the picture.
const (
	planeSide vg.Length = 165 // of a panel
	planeLeft vg.Length = 44  // room for the labels of the first panel
	planeGap  vg.Length = 14  // between panels
	planeFoot vg.Length = 34  // room for the labels below
	planeHead vg.Length = 44  // room for titles
)

// savePlane writes the picture of the (v1, v2) plane: the output in colour, and for
// each β_SG where gradient descent goes.
func savePlane(path string, numbers *BiasNumbers) error {
	betaSG := planeBetaSG()
	panels := vg.Length(len(betaSG))
	canvas := vgimg.NewWith(
		vgimg.UseWH(planeLeft+panels*(planeSide+planeGap), planeHead+planeSide+planeFoot),
		vgimg.UseDPI(figure.Resolution), vgimg.UseBackgroundColor(color.White))
	c := draw.New(canvas)
	write(c, 10.5, vg.Point{X: planeLeft, Y: planeFoot + planeSide + 28}, 0,
		fmt.Sprintf("Where gradient descent goes: arrows over the output at β = %g (dark: 1); at the dot the output is flat", numbers.PlaneBeta))
	for i, b := range betaSG {
		left := planeLeft + vg.Length(i)*(planeSide+planeGap)
		area := vg.Rectangle{Min: vg.Point{X: left, Y: planeFoot}, Max: vg.Point{X: left + planeSide, Y: planeFoot + planeSide}}
		drawPlane(draw.Canvas{Canvas: c.Canvas, Rectangle: area}, numbers, b, i == 0)
	}
	var png bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(&png); err != nil {
		return err
	}
	if err := os.WriteFile(path, png.Bytes(), 0o644); err != nil {
		return fmt.Errorf("cannot write %s: %w: choose another folder, or free some space", path, err)
	}
	return nil
}

// drawPlane fills the canvas with one panel.
func drawPlane(c draw.Canvas, numbers *BiasNumbers, betaSG float64, first bool) {
	const cells, arrows = 96, 15
	place := func(v1, v2 float64) vg.Point {
		return vg.Point{X: c.X(v1/(2*planeLimit) + 0.5), Y: c.Y(v2/(2*planeLimit) + 0.5)}
	}
	// From the lower left, each cell over all that is right of and above it, so that no
	// gap shows between neighbours.
	for row, v2 := range spaced(-planeLimit, planeLimit, cells) {
		for column, v1 := range spaced(-planeLimit, planeLimit, cells) {
			rest := c.Rectangle
			rest.Min.X, rest.Min.Y = c.X(float64(column)/cells), c.Y(float64(row)/cells)
			c.FillPolygon(shade(planeAt(v1, v2).Run(1, numbers.PlaneBeta).Output), []vg.Point{
				rest.Min, {X: rest.Max.X, Y: rest.Min.Y}, rest.Max, {X: rest.Min.X, Y: rest.Max.Y},
			})
		}
	}
	field := newDescent(numbers.PlaneBeta, betaSG, arrows)
	length := 0.9 * planeSide / arrows
	for _, v2 := range descentGrid(arrows) {
		for _, v1 := range descentGrid(arrows) {
			if x, y := field.at(v1, v2); x != 0 || y != 0 {
				drawArrow(c, draw.LineStyle{Color: color.Gray{Y: 40}, Width: 0.7}, place(v1, v2), length*vg.Length(x), length*vg.Length(y))
			}
		}
	}
	mark := figure.SeriesColor(1)
	at := place(numbers.PlaneV[0], numbers.PlaneV[1])
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: mark, Radius: 3.2, Shape: draw.CircleGlyph{}}, at)
	if x, y := field.at(numbers.PlaneV[0], numbers.PlaneV[1]); x != 0 || y != 0 {
		size := 22 / vg.Length(math.Hypot(x, y))
		drawArrow(c, draw.LineStyle{Color: mark, Width: 1.8}, at, size*vg.Length(x), size*vg.Length(y))
	}
	frame := draw.LineStyle{Color: color.Gray{Y: 0x50}, Width: 0.8}
	c.StrokeLines(frame, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}, c.Min})
	for tick := -planeLimit; tick <= planeLimit; tick++ {
		x, y := place(tick, -planeLimit), place(-planeLimit, tick)
		c.StrokeLine2(frame, x.X, x.Y, x.X, x.Y-3)
		write(c, 8, vg.Point{X: x.X, Y: x.Y - 12}, 0.5, strings.Replace(fmt.Sprint(tick), "-", "−", 1))
		c.StrokeLine2(frame, y.X, y.Y, y.X-3, y.Y)
		if first {
			write(c, 8, vg.Point{X: y.X - 6, Y: y.Y - 3}, 1, strings.Replace(fmt.Sprint(tick), "-", "−", 1))
		}
	}
	write(c, 9, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: c.Min.Y - 25}, 0.5, "v1")
	if first {
		write(c, 9, vg.Point{X: c.Min.X - 24, Y: (c.Min.Y+c.Max.Y)/2 - 3}, 1, "v2")
	}
	title := fmt.Sprintf("surrogate gradient, β_SG = %g", betaSG)
	if betaSG == numbers.PlaneBeta {
		title = fmt.Sprintf("true gradient, β_SG = β = %g", betaSG)
	}
	write(c, 9, vg.Point{X: c.Min.X, Y: c.Max.Y + 7}, 0, title)
}

// drawArrow draws an arrow that begins at a point.
func drawArrow(c draw.Canvas, style draw.LineStyle, from vg.Point, x, y vg.Length) {
	to := vg.Point{X: from.X + x, Y: from.Y + y}
	head := 0.3 // of the length, to both sides and back
	side := vg.Point{X: -y, Y: x}
	barb := func(sign float64) vg.Point {
		return vg.Point{X: to.X - vg.Length(head)*(x+vg.Length(sign)*0.6*side.X), Y: to.Y - vg.Length(head)*(y+vg.Length(sign)*0.6*side.Y)}
	}
	c.StrokeLines(style, c.ClipLinesXY([]vg.Point{from, to}, []vg.Point{barb(1), to, barb(-1)})...)
}

// shade is the colour of an output from 0 to 1: white to a light blue.
func shade(output float64) color.NRGBA {
	end := figure.SeriesColor(0)
	mix := func(to uint8) uint8 { return uint8(255 - float64(255-to)*0.6*output) }
	return color.NRGBA{R: mix(end.R), G: mix(end.G), B: mix(end.B), A: 255}
}

// write sets a line of text; anchor 0 puts its left end at a point, 0.5 its middle, 1
// its right end.
func write(c draw.Canvas, size vg.Length, at vg.Point, anchor vg.Length, text string) {
	for _, face := range liberation.Collection() {
		if face.Font.Variant == "Sans" && face.Font.Style == 0 && face.Font.Weight == 0 {
			face.Font.Size = size
			at.X -= anchor * face.Width(text)
			c.SetColor(color.Gray{Y: 0x20})
			c.FillString(face, at, text)
			return
		}
	}
}
