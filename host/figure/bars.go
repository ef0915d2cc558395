package figure

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Group is one value per category, such as test accuracies in one mode. Low and High are
// the ends of error bars, both empty or as long as Values. Samples are the individual
// measurements behind each value (category, measurement), one per seed, or empty; they are
// drawn only beside dots.
type Group struct {
	Name      string
	Values    []float64
	Low, High []float64
	Samples   [][]float64
}

// Bars draws a small table of numbers: a row per category that holds a bar or a dot for each group,
// with the value on the right. Rows run down the picture so that names of any length are readable.
type Bars struct {
	Title      string
	ValueLabel string // with its unit
	Categories []string
	Groups     []Group
	Levels     []Level // for comparison: chance, a Poisson process
	// Dots draws dots instead of bars. Bars show amounts and start at 0; where only
	// differences matter, dots let the axis start elsewhere.
	Dots bool
	// Width of the picture in points; 0 stands for the usual one. Pages for phones need
	// about 260.
	Width float64
}

// Dimensions of a row in points.
const (
	barHeight = vg.Length(9)
	rowPad    = vg.Length(8)
	mostRows  = 200
)

// Picture implements [Drawing].
func (f Bars) Picture() (*Picture, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	var values extent
	for _, g := range f.Groups {
		for _, list := range append([][]float64{g.Values, g.Low, g.High}, g.Samples...) {
			values.add(list...)
		}
	}
	for _, l := range f.Levels {
		values.add(l.Value)
	}
	if !f.Dots {
		values.add(0)
	}

	row := barHeight*vg.Length(len(f.Groups)) + rowPad
	p := &panel{
		name:   "bars",
		height: row * vg.Length(len(f.Categories)),
		x:      linearAxis(f.ValueLabel, values),
		y:      axis{min: float64(len(f.Categories)), max: 0, named: true}, // downwards
		grid:   grid{vertical: true},
		aside:  f.valueRoom(),
	}
	for i, name := range f.Categories {
		p.y.ticks = append(p.y.ticks, tick{value: float64(i) + 0.5, label: smallText().shorten(name, longestName*1.5)})
	}
	levels, keys := levelMarks(f.Levels, true)
	if f.Dots {
		p.marks = levels
	}
	var legend []entry
	for i, g := range f.Groups {
		p.marks = append(p.marks, f.groupMark(i))
		if g.Name != "" {
			legend = append(legend, entry{name: g.Name, color: SeriesColor(i), dot: f.Dots, box: !f.Dots})
		}
	}
	if !f.Dots { // over the bars, which would hide them
		p.marks = append(p.marks, levels...)
	}
	return layout(orUsual(f.Width, 0.8*defaultWidth), f.Title, append(legend, keys...), []*panel{p}), nil
}

func (f Bars) check() error {
	if len(f.Categories) == 0 || len(f.Groups) == 0 {
		return fmt.Errorf("figure: bars with %d categories and %d groups: give at least one of each", len(f.Categories), len(f.Groups))
	}
	if rows := len(f.Categories) * len(f.Groups); rows > mostRows {
		return fmt.Errorf("figure: %d bars: at most %d fit one above the other, choose some", rows, mostRows)
	}
	for i, g := range f.Groups {
		what := named("group", g.Name, i)
		if err := checkLength(what, len(g.Values), len(f.Categories), "the categories are"); err != nil {
			return err
		}
		if err := checkFinite(what, g.Values); err != nil {
			return err
		}
		if err := checkBand(what, g.Low, g.High, len(g.Values)); err != nil {
			return err
		}
		if len(g.Samples) == 0 {
			continue
		}
		if err := checkLength(what+": samples", len(g.Samples), len(f.Categories), "the categories are"); err != nil {
			return err
		}
		for k, samples := range g.Samples {
			if err := checkFinite(fmt.Sprintf("%s: samples of category %q", what, f.Categories[k]), samples); err != nil {
				return err
			}
		}
	}
	for i, l := range f.Levels {
		if err := checkFinite(named("level", l.Name, i), []float64{l.Value}); err != nil {
			return err
		}
	}
	return nil
}

// groupMark draws the bars or dots of the i-th group in all categories.
func (f Bars) groupMark(i int) mark {
	g, fill := f.Groups[i], SeriesColor(i)
	return func(c draw.Canvas, p *panel) {
		first := -barHeight * vg.Length(len(f.Groups)-1) / 2
		for k, value := range g.Values {
			// Groups are stacked from top to bottom around the middle of the row.
			y := p.atY(float64(k)+0.5) - first - barHeight*vg.Length(i)
			end := p.atX(value)
			if !f.Dots {
				half := 0.42 * barHeight
				c.FillPolygon(fill, corners(vg.Rectangle{Min: vg.Point{X: p.atX(0), Y: y - half}, Max: vg.Point{X: end, Y: y + half}}))
			}
			if f.Dots && len(g.Samples) > 0 {
				for _, sample := range g.Samples[k] {
					drawDot(c, withAlpha(fill, 0.35), smallDot, vg.Point{X: p.atX(sample), Y: y})
				}
			}
			if len(g.Low) > 0 {
				stroke := ink
				if f.Dots {
					stroke = fill
				}
				drawErrorBar(c, stroke, p.atX(g.Low[k]), p.atX(g.High[k]), y)
			}
			if f.Dots {
				drawDot(c, fill, 1.2*dotRadius, vg.Point{X: end, Y: y})
			}
			style := smallText()
			right := vg.Point{X: p.rect.Max.X + f.valueRoom(), Y: style.middle(y)}
			style.draw(c, right, 1, f.written(value))
		}
	}
}

// valueRoom is the width of the widest value as text, with a gap.
func (f Bars) valueRoom() vg.Length {
	var room vg.Length
	for _, g := range f.Groups {
		for _, value := range g.Values {
			room = max(room, smallText().width(f.written(value)))
		}
	}
	return room + entryGap
}

// written formats a value with enough decimals to give the largest value of the table three
// significant digits.
func (f Bars) written(value float64) string {
	var largest float64
	for _, g := range f.Groups {
		for _, v := range g.Values {
			largest = max(largest, math.Abs(v))
		}
	}
	if largest == 0 {
		return "0"
	}
	decimals := 2 - int(math.Floor(math.Log10(largest)))
	if decimals < -3 || decimals > 7 {
		return minus(fmt.Sprintf("%.2e", value))
	}
	return minus(strconv.FormatFloat(value, 'f', max(decimals, 0), 64))
}

func drawErrorBar(c draw.Canvas, stroke color.NRGBA, low, high, y vg.Length) {
	style := draw.LineStyle{Color: stroke, Width: thinLine}
	c.StrokeLines(style,
		[]vg.Point{{X: low, Y: y}, {X: high, Y: y}},
		[]vg.Point{{X: low, Y: y - capHalf}, {X: low, Y: y + capHalf}},
		[]vg.Point{{X: high, Y: y - capHalf}, {X: high, Y: y + capHalf}})
}
