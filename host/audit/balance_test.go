package audit

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBalance: the kernel top − x·bottom, whose third cumulant comes from a polynomial in x,
// equals the kernel made directly from those values.
func TestBalance(t *testing.T) {
	const groups = 9
	draw := rand.New(rand.NewPCG(3, 4))
	values := func() [][]float64 {
		symmetric := squareOf(groups)
		for g := range symmetric {
			for h := range g {
				symmetric[g][h] = draw.ExpFloat64() - 0.7
				symmetric[h][g] = symmetric[g][h]
			}
		}
		return symmetric
	}
	top, bottom := values(), values()
	const noise = 0.01
	for _, x := range []float64{0, 0.3, 1, -2, 7} {
		direct, a, b := squareOf(groups), squareOf(groups), squareOf(groups)
		for g := range groups {
			for h := range groups {
				a[g][h], b[g][h], direct[g][h] = top[g][h], bottom[g][h], top[g][h]-x*bottom[g][h]
			}
		}
		k := newKernel(direct)
		want := k.estimate(triples(k.pairs, k.pairs, k.pairs))
		z, skewness := want.mean/math.Sqrt(want.variance+noise), want.third/math.Pow(want.variance+noise, 1.5)
		balanced := newBalance(a, b, func(float64) float64 { return noise })
		gotZ, gotSkewness := balanced.significance(x)
		if math.Abs(gotZ-z) > 1e-9*math.Abs(z) || math.Abs(gotSkewness-skewness) > 1e-9*math.Abs(skewness) {
			t.Errorf("x = %g: z %g and skewness %g, directly %g and %g", x, gotZ, gotSkewness, z, skewness)
		}
	}
}
