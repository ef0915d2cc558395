package figure

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Maps shows functions of two variables side by side: their values as shades, light for the
// lowest, overlaid with curves, arrows and a point.
type Maps struct {
	Title          string
	XLabel, YLabel string
	Panels         []Map
}

// Map is one panel of [Maps].
type Map struct {
	Name                   string
	MinX, MaxX, MinY, MaxY float64     // ends of the axes
	Values                 [][]float64 // [row][column]: cells of equal size, the lowest row first
	Curve                  [][2]float64
	// Arrows start at points of the map; their lengths are fractions of its width.
	Arrows []Arrow
	// Point is marked if it is not nil, with an arrow if its length is not zero.
	Point *Arrow
}

// Arrow starts at a point of a map. DX and DY are fractions of the map's width.
type Arrow struct{ X, Y, DX, DY float64 }

// shadeLimit keeps arrows visible over the darkest shade.
const shadeLimit = 0.5

// Picture implements [Drawing].
func (f Maps) Picture() (*Picture, error) {
	if len(f.Panels) == 0 || len(f.Panels) > 4 {
		return nil, fmt.Errorf("figure: %d maps: give 1 to 4", len(f.Panels))
	}
	side := (defaultWidth-2*outerMargin)/vg.Length(len(f.Panels)) - columnGap - overhang - 30
	var columns [][]*panel
	for i, m := range f.Panels {
		if err := m.check(); err != nil {
			return nil, err
		}
		p := &panel{
			name: m.Name, header: m.Name, height: side,
			x:     axis{label: f.XLabel, min: m.MinX, max: m.MaxX},
			y:     axis{min: m.MinY, max: m.MaxY},
			marks: []mark{m.shades(), m.lines()},
		}
		if i == 0 {
			p.y.label = f.YLabel
		}
		columns = append(columns, []*panel{p})
	}
	return layout(defaultWidth, f.Title, nil, columns...), nil
}

func (m Map) check() error {
	if !(m.MinX < m.MaxX) || !(m.MinY < m.MaxY) {
		return fmt.Errorf("figure: map %q goes from %g to %g and from %g to %g: give ascending ends", m.Name, m.MinX, m.MaxX, m.MinY, m.MaxY)
	}
	if len(m.Values) == 0 || len(m.Values[0]) == 0 {
		return fmt.Errorf("figure: map %q has no values", m.Name)
	}
	for i, row := range m.Values {
		what := fmt.Sprintf("map %q: row %d", m.Name, i)
		if err := checkLength(what, len(row), len(m.Values[0]), "the first row has"); err != nil {
			return err
		}
		if err := checkFinite(what, row); err != nil {
			return err
		}
	}
	return nil
}

// shades fills the cells. Each extends slightly over its neighbours to the right and above,
// which are drawn later, so that there are no gaps.
func (m Map) shades() mark {
	return func(c draw.Canvas, p *panel) {
		var values extent
		for _, row := range m.Values {
			values.add(row...)
		}
		at := func(column, row int) vg.Point {
			return p.at(m.MinX+(m.MaxX-m.MinX)*float64(column)/float64(len(m.Values[0])), m.MinY+(m.MaxY-m.MinY)*float64(row)/float64(len(m.Values)))
		}
		for i, row := range m.Values {
			for k, v := range row {
				fraction := 0.0
				if values.hi > values.lo {
					fraction = (v - values.lo) / (values.hi - values.lo)
				}
				upper := at(k+1, i+1)
				upper.X, upper.Y = min(upper.X+0.5, c.Max.X), min(upper.Y+0.5, c.Max.Y)
				c.FillPolygon(sequential(shadeLimit*fraction), corners(vg.Rectangle{Min: at(k, i), Max: upper}))
			}
		}
	}
}

// lines draws everything that lies over the shades.
func (m Map) lines() mark {
	return func(c draw.Canvas, p *panel) {
		var x, y []float64
		for _, point := range m.Curve {
			x, y = append(x, point[0]), append(y, point[1])
		}
		if len(x) > 0 {
			lineMark(draw.LineStyle{Color: vermillion, Width: dataLine}, x, y)(c, p)
		}
		width := float64(p.rect.Max.X - p.rect.Min.X)
		arrow := func(a Arrow, stroke color.Color, thickness vg.Length) {
			if a.DX != 0 || a.DY != 0 {
				drawArrow(c, draw.LineStyle{Color: stroke, Width: thickness}, p.at(a.X, a.Y), vg.Length(a.DX*width), vg.Length(a.DY*width))
			}
		}
		for _, a := range m.Arrows {
			arrow(a, ink, thinLine)
		}
		if m.Point != nil {
			drawDot(c, vermillion, 3.2, p.at(m.Point.X, m.Point.Y))
			arrow(*m.Point, vermillion, strongLine)
		}
	}
}

// drawArrow draws an arrow whose head is 0.3 times its length.
func drawArrow(c draw.Canvas, style draw.LineStyle, from vg.Point, x, y vg.Length) {
	to := vg.Point{X: from.X + x, Y: from.Y + y}
	barb := func(sign vg.Length) vg.Point {
		return vg.Point{X: to.X - 0.3*(x-sign*0.6*y), Y: to.Y - 0.3*(y+sign*0.6*x)}
	}
	c.StrokeLines(style, c.ClipLinesXY([]vg.Point{from, to}, []vg.Point{barb(1), to, barb(-1)})...)
}

// Sampled fills the values of a map with a function evaluated at the cell centres.
func (m *Map) Sampled(columns, rows int, f func(x, y float64) float64) {
	m.Values = make([][]float64, rows)
	for i := range m.Values {
		for k := range columns {
			x := m.MinX + (m.MaxX-m.MinX)*(float64(k)+0.5)/float64(columns)
			y := m.MinY + (m.MaxY-m.MinY)*(float64(i)+0.5)/float64(rows)
			m.Values[i] = append(m.Values[i], f(x, y))
		}
	}
}
