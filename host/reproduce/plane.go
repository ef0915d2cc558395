package reproduce

import (
	"fmt"
	"math"

	"spikegrad/host/figure"
)

// planeLimit is half the width of the drawn part of the (v1, v2) plane.
const planeLimit = 2.0

// descent is the field of descent directions in the plane. Lengths are cube roots of the
// gradient's relative to the largest, so that small ones can be seen.
type descent struct{ beta, betaSG, largest float64 }

// descentGrid are the coordinates of the arrows: the centres of the given number of cells.
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

// at is the arrow at a point, of length at most one on the grid; there is no arrow where
// the gradient is practically zero.
func (d descent) at(v1, v2 float64) (x, y float64) {
	x, y = d.gradient(v1, v2)
	length := math.Hypot(x, y)
	if length <= noDerivative {
		return 0, 0
	}
	scale := -math.Cbrt(length/d.largest) / length
	return x * scale, y * scale
}

// planeMap is an empty map of the plane.
func planeMap(betaSG, beta float64) figure.Map {
	kind := "surrogate"
	if betaSG == beta {
		kind = "true gradient"
	}
	return figure.Map{
		Name: fmt.Sprintf("%s, β_SG = %g", kind, betaSG),
		MinX: -planeLimit, MaxX: planeLimit, MinY: -planeLimit, MaxY: planeLimit,
	}
}

// descentPicture draws the (v1, v2) plane: the output in shades of colour, and for each
// β_SG where gradient descent goes.
func descentPicture(numbers *BiasNumbers) figure.Maps {
	const cells, arrows = 64, 15
	drawing := figure.Maps{
		Title:  fmt.Sprintf("Where gradient descent goes: arrows over the output at β = %g; flat at the dot", numbers.PlaneBeta),
		XLabel: "v1", YLabel: "v2",
	}
	for _, b := range planeBetaSG() {
		m := planeMap(b, numbers.PlaneBeta)
		m.Sampled(cells, cells, func(v1, v2 float64) float64 { return planeAt(v1, v2).Run(1, numbers.PlaneBeta).Output })
		field := newDescent(numbers.PlaneBeta, b, arrows)
		for _, v2 := range descentGrid(arrows) {
			for _, v1 := range descentGrid(arrows) {
				x, y := field.at(v1, v2)
				m.Arrows = append(m.Arrows, figure.Arrow{X: v1, Y: v2, DX: 0.9 / arrows * x, DY: 0.9 / arrows * y})
			}
		}
		v1, v2 := numbers.PlaneV[0], numbers.PlaneV[1]
		m.Point = &figure.Arrow{X: v1, Y: v2}
		if x, y := field.at(v1, v2); x != 0 || y != 0 {
			m.Point.DX, m.Point.DY = 0.13*x/math.Hypot(x, y), 0.13*y/math.Hypot(x, y)
		}
		drawing.Panels = append(drawing.Panels, m)
	}
	return drawing
}

// planeSurface integrates a gradient over the plane from its corner (−2, −2) in two ways:
// first along v1, then along v2, and the other way round. Both surfaces are [v2][v1] at
// evenly spaced points from −2 to 2, by the trapezoidal rule.
type planeSurface struct{ first1, first2 [][]float64 }

const planePoints = 501

func integratePlane(beta, betaSG float64) planeSurface {
	field := descent{beta: beta, betaSG: betaSG}
	at := spaced(-planeLimit, planeLimit, planePoints)
	distance := 2 * planeLimit / (planePoints - 1)
	x, y := make([][]float64, planePoints), make([][]float64, planePoints)
	s := planeSurface{make([][]float64, planePoints), make([][]float64, planePoints)}
	for i, v2 := range at {
		x[i], y[i] = make([]float64, planePoints), make([]float64, planePoints)
		s.first1[i], s.first2[i] = make([]float64, planePoints), make([]float64, planePoints)
		for k, v1 := range at {
			x[i][k], y[i][k] = field.gradient(v1, v2)
		}
	}
	for k := 1; k < planePoints; k++ {
		s.first1[0][k] = s.first1[0][k-1] + float64(distance*(x[0][k-1]+x[0][k])/2)
		s.first2[k][0] = s.first2[k-1][0] + float64(distance*(y[k-1][0]+y[k][0])/2)
	}
	for i := range planePoints {
		for k := range planePoints {
			if i > 0 {
				s.first1[i][k] = s.first1[i-1][k] + float64(distance*(y[i-1][k]+y[i][k])/2)
			}
			if k > 0 {
				s.first2[i][k] = s.first2[i][k-1] + float64(distance*(x[i][k-1]+x[i][k])/2)
			}
		}
	}
	return s
}

// difference is the largest distance between the two surfaces, relative to the range of the
// first.
func (s planeSurface) difference() float64 {
	low, high, largest := math.Inf(1), math.Inf(-1), 0.0
	for i, row := range s.first1 {
		for k, v := range row {
			low, high = math.Min(low, v), math.Max(high, v)
			largest = math.Max(largest, math.Abs(v-s.first2[i][k]))
		}
	}
	return largest / (high - low)
}

// surfacePictures draws the integrated surfaces, one picture for each order.
func surfacePictures(numbers *BiasNumbers) []picture {
	first1 := figure.Maps{Title: "The gradient integrated from the corner (−2, −2): first along v1, then along v2", XLabel: "v1", YLabel: "v2"}
	first2 := figure.Maps{Title: "The gradient integrated from the corner (−2, −2): first along v2, then along v1", XLabel: "v1", YLabel: "v2"}
	for _, b := range planeBetaSG() {
		s := integratePlane(numbers.PlaneBeta, b)
		for _, one := range []struct {
			into    *figure.Maps
			surface [][]float64
		}{{&first1, s.first1}, {&first2, s.first2}} {
			m := planeMap(b, numbers.PlaneBeta)
			for i := 0; i < planePoints; i += 10 {
				var row []float64
				for k := 0; k < planePoints; k += 10 {
					row = append(row, one.surface[i][k])
				}
				m.Values = append(m.Values, row)
			}
			one.into.Panels = append(one.into.Panels, m)
		}
	}
	return []picture{{"bias_surface_v1_first", first1}, {"bias_surface_v2_first", first2}}
}
