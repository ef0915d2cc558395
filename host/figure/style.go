package figure

import (
	"image/color"
	"sort"
	"strings"
	"unicode"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The colours of Okabe & Ito (2008), chosen to differ for every common form of colour
// blindness. Their yellow is left out: it is too faint on white.
var (
	white      = color.NRGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 255}
	black      = color.NRGBA{A: 255}
	blue       = color.NRGBA{R: 0x00, G: 0x72, B: 0xB2, A: 255}
	vermillion = color.NRGBA{R: 0xD5, G: 0x5E, B: 0x00, A: 255}
	green      = color.NRGBA{R: 0x00, G: 0x9E, B: 0x73, A: 255}
	orange     = color.NRGBA{R: 0xE6, G: 0x9F, B: 0x00, A: 255}
	purple     = color.NRGBA{R: 0xCC, G: 0x79, B: 0xA7, A: 255}
	sky        = color.NRGBA{R: 0x56, G: 0xB4, B: 0xE9, A: 255}
)

// Greys for everything that carries no data.
var (
	ink      = color.NRGBA{R: 0x22, G: 0x22, B: 0x22, A: 255} // text
	axisGrey = color.NRGBA{R: 0x55, G: 0x55, B: 0x55, A: 255} // axis lines and ticks
	gridGrey = color.NRGBA{R: 0xE4, G: 0xE4, B: 0xE4, A: 255}
	paleGrey = color.NRGBA{R: 0xB4, G: 0xB4, B: 0xB4, A: 255} // data in the background
)

// SeriesColor returns the colour of the i-th series (i ≥ 0), the same in every picture; after
// seven, colours repeat.
func SeriesColor(i int) color.NRGBA {
	order := [...]color.NRGBA{blue, vermillion, green, orange, purple, sky, black}
	return order[i%len(order)]
}

// seriesDashes distinguishes series of the same colour: solid for the first round of
// colours, dashed for the next, then dotted.
func seriesDashes(i int) []vg.Length {
	rounds := [...][]vg.Length{solid, dashed, dotted}
	return rounds[i/7%len(rounds)]
}

var (
	solid  []vg.Length
	dashed = []vg.Length{5, 2.5}
	dotted = []vg.Length{1.2, 2}
)

// Line widths in points.
const (
	hairline   = vg.Length(0.5)
	thinLine   = vg.Length(0.8)
	lightLine  = vg.Length(1.1)
	dataLine   = vg.Length(1.5)
	strongLine = vg.Length(2.2)
)

// Distances in points.
const (
	outerMargin  = vg.Length(8)  // around the whole picture
	panelGap     = vg.Length(10) // between stacked panels
	tickLength   = vg.Length(3)
	tickGap      = vg.Length(2.5) // between tick and its label
	labelGap     = vg.Length(5)   // between tick labels and axis label
	headerGap    = vg.Length(4)   // between a header and the panel below
	titleGap     = vg.Length(7)
	defaultWidth = 7 * vg.Inch
)

// withAlpha returns the colour at a given opacity, 0 to 1.
func withAlpha(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(opacity*255 + 0.5)
	return c
}

// typeface is text of one size, weight and colour. Text is positioned by its baseline.
type typeface struct {
	size  vg.Length
	bold  bool
	color color.Color
}

// The three sizes of text.
func titleText() typeface { return typeface{size: 10.5, bold: true, color: ink} }
func labelText() typeface { return typeface{size: 9, color: ink} }
func smallText() typeface { return typeface{size: 8, color: ink} }

// headerText is the text style of panel names.
func headerText() typeface { return typeface{size: 9, bold: true, color: ink} }

// capHeight is the height of capitals and digits of Liberation Sans in units of the size;
// it is used to centre text on a line.
const capHeight = 0.72

func (t typeface) face() font.Face {
	weight := stdfont.WeightNormal
	if t.bold {
		weight = stdfont.WeightBold
	}
	faces := liberation.Collection()
	for _, face := range faces {
		if face.Font.Variant == "Sans" && face.Font.Weight == weight && face.Font.Style == stdfont.StyleNormal {
			face.Font.Size = t.size
			return face
		}
	}
	faces[0].Font.Size = t.size
	return faces[0]
}

// width returns the length of a line of text.
func (t typeface) width(s string) vg.Length {
	face := t.face()
	return face.Width(clean(s))
}

// draw writes a line of text with its baseline at the height of at; anchor 0 puts its left
// end there, 0.5 its middle, 1 its right end.
func (t typeface) draw(c draw.Canvas, at vg.Point, anchor vg.Length, s string) {
	s = clean(s)
	if s == "" {
		return
	}
	face := t.face()
	c.SetColor(t.color)
	c.FillString(face, vg.Point{X: at.X - anchor*face.Width(s), Y: at.Y}, s)
}

// drawUpwards is draw for text that is read from bottom to top.
func (t typeface) drawUpwards(c draw.Canvas, at vg.Point, anchor vg.Length, s string) {
	c.Push()
	c.Translate(at)
	c.Rotate(quarterTurn)
	t.draw(c, vg.Point{}, anchor, s)
	c.Pop()
}

const quarterTurn = 1.5707963267948966 // π/2

// middle returns the baseline on which text looks centred at height y.
func (t typeface) middle(y vg.Length) vg.Length { return y - capHeight/2*t.size }

// shorten cuts text to a width, ending it with an ellipsis.
func (t typeface) shorten(s string, width vg.Length) string {
	s = clean(s)
	if t.width(s) <= width {
		return s
	}
	letters := []rune(s)
	first := func(n int) string { return strings.TrimRight(string(letters[:n]), " ") + "…" }
	tooLong := sort.Search(len(letters), func(n int) bool { return t.width(first(n)) > width })
	if tooLong == 0 {
		return ""
	}
	return first(tooLong - 1)
}

// clean makes text fit for one line of a picture: line breaks and other control characters,
// which XML forbids, become spaces (and strings.Map replaces invalid UTF-8).
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' {
			return ' '
		}
		return r
	}, s)
}
