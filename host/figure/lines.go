package figure

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Spread selects how the ends Low and High of a [Series] are drawn.
type Spread int

const (
	// Shaded fills the area between the ends.
	Shaded Spread = iota
	// ErrorBars draws a bar at each point.
	ErrorBars
)

// Series is a named sequence of points. Low and High, the ends of a band or of error bars,
// are both empty or as long as X and Y.
type Series struct {
	Name      string
	X, Y      []float64
	Low, High []float64
	Spread    Spread
	// Points draws a dot at each point; Scattered leaves out the line between them
	// (and draws the dots).
	Points, Scattered bool
}

// Level is a line across the picture at one value, such as chance or the true value of an
// estimate.
type Level struct {
	Name  string
	Value float64
}

// Lines draws one or more series on two axes.
type Lines struct {
	Title          string
	XLabel, YLabel string // with units: "time (ms)"
	Series         []Series
	Levels         []Level // values on the y axis
	LogX, LogY     bool
	// WholeX labels the x axis at whole numbers only: updates, layers, neurons.
	WholeX bool
	// Width of the picture in points; 0 stands for the usual one. Pages for phones need
	// about 260.
	Width float64
}

// Picture implements [Drawing].
func (f Lines) Picture() (*Picture, error) {
	if len(f.Series) == 0 {
		return nil, fmt.Errorf("figure: lines without a series: give at least one")
	}
	var xs, ys extent
	for i, s := range f.Series {
		if err := s.check(named("series", s.Name, i), f.LogX, f.LogY); err != nil {
			return nil, err
		}
		xs.add(s.X...)
		for _, list := range [][]float64{s.Y, s.Low, s.High} {
			ys.add(list...)
		}
	}
	for i, l := range f.Levels {
		if err := checkValues(named("level", l.Name, i), []float64{l.Value}, f.LogY); err != nil {
			return nil, err
		}
		ys.add(l.Value)
	}
	p := &panel{name: "lines", height: 190, grid: grid{vertical: true, horizontal: true}}
	p.x, p.y = f.axes(xs, ys)

	var legend []entry
	for i, s := range f.Series {
		if len(s.Low) > 0 && s.Spread == Shaded {
			p.marks = append(p.marks, bandMark(SeriesColor(i), s.X, s.Low, s.High))
		}
	}
	for i, s := range f.Series {
		p.marks = append(p.marks, s.marks(i)...)
		if s.Name != "" {
			legend = append(legend, s.entry(i))
		}
	}
	levels, keys := levelMarks(f.Levels, false)
	p.marks = append(levels, p.marks...)
	return layout(orUsual(f.Width, 0.8*defaultWidth), f.Title, append(legend, keys...), []*panel{p}), nil
}

func (s Series) check(what string, logX, logY bool) error {
	if len(s.X) == 0 {
		return fmt.Errorf("figure: %s has no points: give at least one", what)
	}
	if err := checkLength(what+": y", len(s.Y), len(s.X), "x has"); err != nil {
		return err
	}
	if err := checkValues(what+": x", s.X, logX); err != nil {
		return err
	}
	if err := checkValues(what+": y", s.Y, logY); err != nil {
		return err
	}
	if err := checkBand(what, s.Low, s.High, len(s.X)); err != nil {
		return err
	}
	if !logY {
		return nil
	}
	return checkPositive(what+": low end", s.Low)
}

// axes covers the data; lines without dots fill the whole width.
func (f Lines) axes(xs, ys extent) (x, y axis) {
	if f.LogX {
		x = logAxis(f.XLabel, xs)
	} else {
		x = linearAxis(f.XLabel, xs)
		if !f.dotted() && xs.lo < xs.hi {
			x.max = xs.hi
			if x.min != 0 {
				x.min = xs.lo
			}
		}
	}
	x.whole = f.WholeX
	if f.LogY {
		return x, logAxis(f.YLabel, ys)
	}
	return x, linearAxis(f.YLabel, ys)
}

func (s Series) marks(i int) []mark {
	var marks []mark
	if len(s.Low) > 0 && s.Spread == ErrorBars {
		marks = append(marks, errorBarsMark(SeriesColor(i), s.X, s.Low, s.High))
	}
	if !s.Scattered {
		marks = append(marks, lineMark(draw.LineStyle{Color: SeriesColor(i), Width: dataLine, Dashes: seriesDashes(i)}, s.X, s.Y))
	}
	if s.dotted() {
		fill := SeriesColor(i)
		if s.Scattered && len(s.X) > 30 {
			fill = withAlpha(fill, 0.6) // so that a crowd does not hide the series below
		}
		marks = append(marks, dotsMark(fill, dotRadius, s.X, s.Y))
	}
	return marks
}

// dotted reports whether points get dots, including a single point that would otherwise be
// invisible.
func (s Series) dotted() bool { return s.Points || s.Scattered || len(s.X) == 1 }

func (f Lines) dotted() bool {
	return slices.ContainsFunc(f.Series, func(s Series) bool { return s.dotted() || s.Spread == ErrorBars })
}

func (s Series) entry(i int) entry {
	e := entry{name: s.Name, color: SeriesColor(i), width: dataLine, dash: seriesDashes(i), dot: s.dotted()}
	if s.Scattered {
		e.width = 0
	}
	return e
}

// levelMarks draws levels as thin dark lines, each with its own dashes.
func levelMarks(levels []Level, upright bool) (marks []mark, legend []entry) {
	for i, l := range levels {
		dash := [][]vg.Length{dashed, dotted, solid}[i%3]
		marks = append(marks, levelMark(draw.LineStyle{Color: axisGrey, Width: thinLine, Dashes: dash}, upright, l.Value))
		if l.Name != "" {
			legend = append(legend, entry{name: l.Name, color: axisGrey, width: thinLine, dash: dash})
		}
	}
	return marks, legend
}

func checkValues(what string, values []float64, log bool) error {
	if err := checkFinite(what, values); err != nil || !log {
		return err
	}
	return checkPositive(what, values)
}
