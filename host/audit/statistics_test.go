package audit

import (
	"math"
	"testing"

	"spikegrad/host/unbiased/exact"
)

// normalTable returns values with the given spreads of samples and noise about a mean.
func normalTable(r *exact.Random, mean, samples, noise float64, units, draws int, share float64) table {
	t := table{weights: make([]float64, units), share: share, values: make([][]float64, draws)}
	for u := range units {
		t.weights[u] = 1 / float64(units)
		own := mean + samples*r.Normal()
		for d := range draws {
			t.values[d] = append(t.values[d], own+noise*r.Normal())
		}
	}
	return t
}

// The two variances of a mean are that of noise and, in a data set of which a share was
// drawn, that of noise and of the choice of samples together.
func TestSpread(t *testing.T) {
	r := &exact.Random{}
	var noise, data, half float64
	const trials = 300
	for range trials {
		a := normalTable(r, 1, 2, 3, 40, 2, 0)
		s := a.spread()
		noise, data = noise+s.noise/trials, data+s.data/trials
		a.share = 0.5
		half += a.spread().data / trials
	}
	for _, c := range []struct {
		name        string
		found, want float64
	}{{"noise", noise, 9. / 80}, {"data set", data, 9./80 + 4./40}, {"half of the data set", half, 9./80 + 0.5*4/40}} {
		if math.Abs(c.found/c.want-1) > 0.05 {
			t.Errorf("variance of %s %.4f, not %.4f", c.name, c.found, c.want)
		}
	}
}

// Intervals of means and of paired ratios cover the truth, and blocks keep the mean.
func TestMeasured(t *testing.T) {
	r := &exact.Random{}
	var means, ratios tally
	for range 400 {
		a := normalTable(r, 1, 1, 2, 30, 3, 0)
		b := combined([]table{a, normalTable(r, 1, 0.5, 1, 30, 3, 0)}, []float64{1, 1})
		m := a.measured()
		means.add(m.DataLow, 1, m.DataHigh)
		if q := ratio(a, b); q != nil {
			ratios.add(q.DataLow, 0.5, q.DataHigh)
		}
		if blocks := a.blocks([]int{10, 15, 5}).spread().mean; math.Abs(blocks-m.Value) > 1e-12 {
			t.Fatalf("mean %g over blocks, %g over samples", blocks, m.Value)
		}
	}
	for name, c := range map[string]tally{"means": means, "ratios": ratios} {
		if share := float64(c.held) / float64(c.of); share < 0.92 || share > 0.98 || c.of < 350 {
			t.Errorf("%s: %d of %d intervals hold the truth", name, c.held, c.of)
		}
	}
	if q := ratio(normalTable(r, 1, 1, 1, 30, 2, 0), normalTable(r, 0, 1, 1, 30, 2, 0)); q != nil {
		t.Errorf("a ratio to nothing: %+v", q)
	}
}

// The projection of a gradient on the span of directions has the correct length, bounds
// hold, and a direction that adds nothing new is left out.
func TestSpan(t *testing.T) {
	r := &exact.Random{}
	gradient := []float64{3, 4, 0, 12}
	units := [][]float64{{1, 0, 0, 0}, {0.6, 0.8, 0, 0}, {0.6, 0.8, 0.001, 0}, {0, 0, 1, 0}}
	var slopes []table
	for _, unit := range units {
		slopes = append(slopes, normalTable(r, dot(gradient, unit), 0.5, 0.5, 400, 2, 0))
	}
	span := spanOf([]string{"a", "b", "c", "d"}, units, slopes, 1)
	if len(span.Surrogates) != 3 || span.Surrogates[0] != "b" || math.Abs(span.Length-5) > 0.15 {
		t.Errorf("length %.3f of the projection on %v, not 5", span.Length, span.Surrogates)
	}
	if !(span.LengthLow > 4.5 && span.LengthLow < 5) {
		t.Errorf("lower bound %.3f of the length", span.LengthLow)
	}
	for v, unit := range units {
		if cosine := dot(gradient, unit) / 13; span.CosineHigh[v] < cosine || span.CosineHigh[v] > 1 {
			t.Errorf("cosine of %d at most %.3f, it is %.3f", v, span.CosineHigh[v], cosine)
		}
	}
	basis, _, _ := orthonormal(units, 0)
	for i := range basis {
		for j := range basis {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(dot(basis[i], basis[j])-want) > 1e-12 {
				t.Errorf("<e%d, e%d> = %g", i, j, dot(basis[i], basis[j]))
			}
		}
	}
}
