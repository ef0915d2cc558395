package audit

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"spikegrad/host/unbiased/exact"
)

// noisy makes groups of estimates of a gradient, with noise much longer than the gradient.
func noisy(r *exact.Random, gradient []float64, groups int, deviation float64) [][]float64 {
	list := make([][]float64, groups)
	for g := range list {
		list[g] = make([]float64, len(gradient))
		for i, x := range gradient {
			list[g][i] = x + deviation*r.Normal()
		}
	}
	return list
}

// planted returns two gradients with known cosine 0.8 and lengths 2 and 3.
func planted(weights int) (u, s []float64) {
	u, s = make([]float64, weights), make([]float64, weights)
	for i := range weights / 2 {
		u[2*i] = 2 / math.Sqrt(float64(weights)/2)
		s[2*i], s[2*i+1] = 3*0.8/math.Sqrt(float64(weights)/2), 3*0.6/math.Sqrt(float64(weights)/2)
	}
	return u, s
}

// Without noise everything is exact.
func TestCompareExactly(t *testing.T) {
	u, s := planted(10)
	r := &exact.Random{}
	c := compare(noisy(r, u, 5, 0), noisy(r, s, 4, 0))
	bias := math.Sqrt(4+9-2*0.8*2*3) / 2
	for _, q := range []struct {
		name  string
		of    func(products) float64
		value float64
	}{
		{"scale", products.scale, 0.8 * 2 / 3},
	} {
		found := c.estimate(q.of)
		if math.Abs(found.Value-q.value) > 1e-12 || found.half() > 1e-6 {
			t.Errorf("%s: %.12g from %.12g to %.12g, not %.12g", q.name, found.Value, found.Low, found.High, q.value)
		}
	}
	if found := biasOf(noisy(r, u, 5, 0), noisy(r, s, 4, 0)); math.Abs(found.Value-bias) > 1e-12 || found.half() > 1e-6 {
		t.Errorf("relative bias %+v, not %.12g", *found, bias)
	}
	if found := cosineOf(noisy(r, u, 5, 0), noisy(r, s, 4, 0)); math.Abs(found.Value-0.8) > 1e-12 || found.half() > 1e-6 {
		t.Errorf("cosine %+v, not 0.8", *found)
	}
}

// The noise of a mean does not bias the cosine, and intervals cover the truth as often as
// they claim. The noise is such that the cosine of the means would be near 0.6.
func TestCompareNoise(t *testing.T) {
	const trials = 400
	u, s := planted(400)
	r := &exact.Random{}
	total, covered := 0.0, 0
	for range trials {
		list := noisy(r, u, 24, 0.6)
		found := cosineOf(list, noisy(r, s, 8, 0.1))
		if found == nil {
			t.Fatal("no cosine")
		}
		total += found.Value
		if found.Low <= 0.8 && 0.8 <= found.High {
			covered++
		}
		average := mean(list)
		if naive := dot(average, s) / math.Sqrt(dot(average, average)*dot(s, s)); naive > 0.7 {
			t.Fatalf("the cosine of means is %.3f: the test has too little noise", naive)
		}
	}
	if found := total / trials; math.Abs(found-0.8) > 0.01 {
		t.Errorf("cosine %.4f on average, not 0.8", found)
	}
	if share := float64(covered) / trials; share < 0.92 || share > 0.99 {
		t.Errorf("%.3f of the intervals hold the truth, not about %.2f", share, Confidence)
	}
}

// Intervals of lengths cover the truth as often as they claim, whether noise hides it or
// not.
func TestLengths(t *testing.T) {
	const trials = 400
	u, _ := planted(100)
	r := &exact.Random{}
	for _, noise := range []float64{0.1, 1, 3} {
		held := tally{}
		for range trials {
			found := lengthOf(noisy(r, u, 16, noise))
			held.add(found.Low, 2, found.High)
		}
		held.check(t, fmt.Sprintf("lengths under noise of %g", noise), trials)
	}
	if found := lengthOf(noisy(r, u, 5, 0)); math.Abs(found.Value-2) > 1e-12 || found.half() > 1e-6 {
		t.Errorf("length %+v without noise, not 2", *found)
	}
	if found := lengthOf(noisy(r, make([]float64, 100), 16, 1)); found.Low != 0 || found.High == 0 {
		t.Errorf("length %+v of a gradient that is only noise", *found)
	}
}

// Intervals of relative biases cover the truth whether the bias is long, short or zero.
func TestRelativeBias(t *testing.T) {
	const trials = 150
	r := &exact.Random{}
	u, _ := planted(60)
	for _, bias := range []float64{0, 0.1, 0.5, 3} {
		s, held := slices.Clone(u), tally{}
		for i := range s {
			s[i] += 2 * bias / math.Sqrt(float64(len(s))) * float64(1-i%2*2)
		}
		for range trials {
			if found := biasOf(noisy(r, u, 16, 0.05), noisy(r, s, 16, 0.15)); found != nil {
				held.add(found.Low, bias, found.High)
			}
		}
		held.check(t, fmt.Sprintf("relative biases of %g", bias), trials)
		if held.of < trials {
			t.Errorf("bias %g: %d of %d are not known", bias, trials-held.of, trials)
		}
	}
}

// Intervals of cosines cover the truth with few weights, if the surrogate's length is
// noisy, and if its direction is.
func TestCosineOfFewWeights(t *testing.T) {
	const trials = 300
	r := &exact.Random{}
	for _, c := range []struct{ truth, noise, length, direction float64 }{{0.9975, 0.2, 1, 0.05}, {0.38, 0.1, 0, 1.5}} {
		held, known := tally{}, 0
		u, s := []float64{1, 0, 0}, []float64{c.truth, math.Sqrt(1 - c.truth*c.truth), 0}
		for range trials {
			surrogates := noisy(r, s, 32, c.direction)
			for _, g := range surrogates {
				long := c.length * r.Normal()
				for i := range g {
					g[i] += long * s[i]
				}
			}
			found := cosineOf(noisy(r, u, 16, c.noise), surrogates)
			if found == nil {
				held.add(-1, c.truth, 1)
				continue
			}
			known++
			held.add(found.Low, c.truth, found.High)
		}
		if share := float64(held.held) / trials; share < 0.94 || known < trials/2 {
			t.Errorf("cosine %g: %.3f of the intervals hold it, %d of %d say anything", c.truth, share, known, trials)
		}
	}
}

// If noise hides a gradient, there is no cosine.
func TestCompareHidden(t *testing.T) {
	u, s := [][]float64{{1, 0}, {-1, 0}, {0, 1}, {0, -1}}, [][]float64{{1, 1}, {1, 1}, {1, 1}}
	if found := cosineOf(u, s); found != nil {
		t.Errorf("cosine %+v of a gradient that is noise", found)
	}
}

// Signs count only weights whose sign is known.
func TestCompareSigns(t *testing.T) {
	r := &exact.Random{}
	u := noisy(r, []float64{1, -1, 0, 1, 1e-3}, 32, 0.1)
	s := noisy(r, []float64{2, 2, 2, -2, -2}, 4, 0)
	if found, want := compareSigns(u, s), (Signs{Weights: 5, Significant: 3, ByChance: 0.005, Different: 2}); found != want {
		t.Errorf("%+v, not %+v", found, want)
	}
}

// Groups are merged in pairs and keep the mean.
func TestGroups(t *testing.T) {
	g := newGroups(4)
	for pass := range 11 {
		g.add([]float64{float64(pass)})
		if g.passes() != pass+1 {
			t.Fatalf("%d passes after %d", g.passes(), pass+1)
		}
		if size := len(g.complete()); size > 4 || pass >= 3 && size < 2 {
			t.Errorf("%d groups after %d passes", size, pass+1)
		}
	}
	// 8 passes in groups of two, then one of four: {0…3} {4…7} and {8, 9, 10} incomplete
	if c := g.complete(); g.size != 4 || len(c) != 2 || c[0][0] != 1.5 || c[1][0] != 5.5 || g.means[2][0] != 9 {
		t.Errorf("size %d, groups %v", g.size, g.means)
	}
}
