package estimate

import (
	"math"
	"testing"
)

func TestToyGradient(t *testing.T) {
	for _, beta := range []float64{1, 5, 20} {
		for array := range uint32(20) {
			p := Toy(values(5, 100+array))
			const x, h = 0.7, 1e-6
			gradient := p.Gradient(p.Run(x, beta), beta)
			for i, g := range gradient {
				above, below := p, p
				above[i] += h
				below[i] -= h
				want := (above.Run(x, beta).Output - below.Run(x, beta).Output) / (2 * h)
				if math.Abs(g-want) > 1e-7*beta*beta {
					t.Errorf("β=%g, parameter %d: %.10g, by difference %.10g", beta, i, g, want)
				}
			}
		}
	}
}

// With weights so small that σ′ is β_SG/4 everywhere, the surrogate gradient is
// a simple product.
func TestToySurrogateGradient(t *testing.T) {
	p := Toy{1e-9, 1e-9, 2e-9, 3e-9, -1e-9}
	const x, betaSurrogate = 2, 8
	r := p.Run(x, 1)
	const slope = betaSurrogate / 4.0
	want := [5]float64{slope * slope * slope * x * (3e-18 - 2e-18), slope * slope * 3e-9 / 2, slope * slope * -1e-9 / 2, slope / 2, slope / 2}
	for i, g := range p.Gradient(r, betaSurrogate) {
		if math.Abs(g-want[i]) > 1e-7*math.Abs(want[i]) {
			t.Errorf("parameter %d: %g, want %g", i, g, want[i])
		}
	}
}

// A steepness of 10⁴ leads to exponents far beyond the range of exp.
func TestToyExtremes(t *testing.T) {
	for _, w := range []float64{-1e3, -1, -1e-12, 0, 1e-12, 1, 1e3} {
		p := Toy{w, -1.8, 1.8, 1.8, -1.8}
		r := p.Run(1, 1e4)
		if !(r.Output >= 0 && r.Output <= 1) || !(r.G >= 0 && r.G <= 1) {
			t.Errorf("w=%g: %+v", w, r)
		}
		for _, betaSurrogate := range []float64{1, 1e4} {
			for i, g := range p.Gradient(r, betaSurrogate) {
				if math.IsNaN(g) || math.IsInf(g, 0) {
					t.Errorf("w=%g, β_SG=%g: derivative %d is %g", w, betaSurrogate, i, g)
				}
			}
		}
	}
}
