package cpuref

import (
	"math"
	"testing"
)

// TestMatchedSurrogates: the surrogate that matches a noise is the numerical derivative of its
// spike probability, at all potentials that a membrane may have.
func TestMatchedSurrogates(t *testing.T) {
	const h = 1e-5
	for _, c := range escapeNoiseCases() {
		scale := 0.0
		for u := -2.0; u <= 2; u += 0.01 {
			scale = math.Max(scale, SurrogateDerivative(c.surrogate, c.matched, u, false))
		}
		for u := -8.0; u <= 12; u += 0.0107 {
			below, above := SpikeProbability(c.noise, c.parameters, u-h), SpikeProbability(c.noise, c.parameters, u+h)
			if c.noise == NoiseExponential && below < 1 && above == 1 {
				continue // the kink at p = 1
			}
			want := (above - below) / (2 * h)
			if got := SurrogateDerivative(c.surrogate, c.matched, u, false); !(math.Abs(got-want) <= 1e-6*scale) {
				t.Fatalf("%s %v: the surrogate at u = %g is %g, the derivative of p %g", c.name, c.parameters, u, got, want)
			}
		}
	}
}

// TestScaledSurrogates: surrogates that are densities integrate to one.
func TestScaledSurrogates(t *testing.T) {
	const beta, width = 3.0, 0.4
	cases := []struct {
		name       string
		surrogate  Surrogate
		parameters [3]float64
		want       float64
	}{
		{"superspike", SurrogateSuperSpike, [3]float64{beta}, 2 / beta},
		{"scaled superspike", SurrogateScaledSuperSpike, [3]float64{beta, beta / 2}, 1},
		{"sigmoid", SurrogateSigmoid, [3]float64{beta}, 1},
		{"gaussian", SurrogateGaussian, [3]float64{1 / (2 * width * width), 1 / (width * math.Sqrt(2*math.Pi))}, 1},
		{"arctangent", SurrogateArctangent, [3]float64{math.Pi * beta / 2, beta / 2}, 1},
		{"triangular", SurrogateTriangular, [3]float64{1 / width, 1 / width}, 1},
		{"rectangular", SurrogateRectangular, [3]float64{width, 1 / (2 * width)}, 1},
		{"limited exponential", SurrogateLimitedExponential, [3]float64{0.01 / width, 1 / width, 0.01}, 1},
		{"hazard", SurrogateHazard, [3]float64{0.02 / width, 1 / width, 0.02}, 1},
	}
	for _, c := range cases {
		// u = x/(1−|x|) maps (−1, 1) to all potentials.
		const points = 400_000
		sum := 0.0
		for i := range points {
			x := (2*float64(i)+1)/points - 1
			rest := 1 - math.Abs(x)
			sum += SurrogateDerivative(c.surrogate, c.parameters, x/rest, false) / (rest * rest) * 2 / points
		}
		if !(math.Abs(sum-c.want) <= 1e-4) {
			t.Errorf("%s integrates to %.7f: want %.7f", c.name, sum, c.want)
		}
	}
}

// TestPlainSurrogates covers those that do not depend on the potential alone, or are not a density.
func TestPlainSurrogates(t *testing.T) {
	for u := -3.0; u <= 3; u += 0.125 {
		for _, spike := range []bool{false, true} {
			if got := SurrogateDerivative(SurrogateStraightThrough, [3]float64{}, u, spike); got != 1 {
				t.Errorf("straight-through at u = %g is %g: want 1", u, got)
			}
			if got := SurrogateDerivative(SurrogateMultilayerSpiker, [3]float64{}, u, spike); (got == 1) != spike || got*got != got {
				t.Errorf("MultilayerSpiker at u = %g with spike %v is %g: want the spike", u, spike, got)
			}
		}
		got, want := SurrogateDerivative(SurrogateExponential, [3]float64{0.01 / 0.4, 1 / 0.4}, u, false), 0.01/0.4*math.Exp(u/0.4)
		if !(math.Abs(got-want) <= 1e-13*want) {
			t.Errorf("exponential at u = %g is %g: want %g", u, got, want)
		}
		// Even functions of the potential.
		for _, surrogate := range []Surrogate{SurrogateSuperSpike, SurrogateGaussian, SurrogateArctangent, SurrogateTriangular} {
			p := [3]float64{0.7, 1.1}
			if SurrogateDerivative(surrogate, p, u, false) != SurrogateDerivative(surrogate, p, -u, false) {
				t.Errorf("surrogate %d is not even at u = %g", surrogate, u)
			}
		}
	}
	// Bounded supports end where they should.
	for _, surrogate := range []Surrogate{SurrogateTriangular, SurrogateRectangular} {
		p := [3]float64{0.5, 1}
		edge := 0.5
		if surrogate == SurrogateTriangular {
			edge = 2 // parameters are 1/width and height
		}
		if SurrogateDerivative(surrogate, p, edge, false) != 0 || SurrogateDerivative(surrogate, p, edge-0.01, false) == 0 {
			t.Errorf("surrogate %d does not end at |u| = %g", surrogate, edge)
		}
	}
}
