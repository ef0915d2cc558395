package bench

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestMeasureSkips uses thresholds that leave out nothing, something and everything: the
// largest derivative of the shape's surrogate is 2.5.
func TestMeasureSkips(t *testing.T) {
	var results []*SkipResult
	options := Options{Device: "cpu", Workers: 2, Repeats: 2, Samples: 5}
	err := MeasureSkips(t.Context(), tiny()[:1], []float64{3, 0.5, 0}, options, func(r *SkipResult) { results = append(results, r) })
	if err != nil {
		t.Fatal(err)
	}
	var thresholds []float64
	for _, r := range results {
		thresholds = append(thresholds, r.SkipBelow)
		if !(r.StepMS > 0) || r.ComparedValues == 0 || r.Samples != 5 || r.LeastCosine > r.Cosine {
			t.Errorf("skip_below %g: %+v", r.SkipBelow, r)
		}
	}
	if !slices.Equal(thresholds, []float64{0, 0.5, 3}) {
		t.Fatalf("measured with %v, want 0, 0.5 and 3", thresholds)
	}
	if r := results[0]; r.Speedup != 1 || math.Abs(r.Cosine-1) > 1e-12 || math.Abs(r.LeastCosine-1) > 1e-12 {
		t.Errorf("threshold 0 has speed-up %g and cosines %g and %g, want 1", r.Speedup, r.Cosine, r.LeastCosine)
	}
	if r := results[1]; !(r.Cosine > 0.1 && r.Cosine < 0.999) || r.Speedup != results[0].StepMS/r.StepMS {
		t.Errorf("threshold 0.5 has cosine %g and speed-up %g", r.Cosine, r.Speedup)
	}
	// The readout has no surrogate, so its gradient stays whole.
	if r := results[2]; r.LeastCosine != 0 || !(r.Cosine > 0) {
		t.Errorf("threshold 3 has cosines %g and %g, want nothing of the layer's gradient and all of the readout's", r.Cosine, r.LeastCosine)
	}
}

func TestMeasureSkipsRefusesNeuronsAlone(t *testing.T) {
	err := MeasureSkips(t.Context(), tiny()[1:], nil, Options{}, func(*SkipResult) {})
	if err == nil || !strings.Contains(err.Error(), "shapes B to H") {
		t.Errorf("neurons alone: %v", err)
	}
}

func TestCosines(t *testing.T) {
	all, least := cosines([][]float32{{3, 0}, {4}}, [][]float32{{3, 4}, {0}})
	// 9/(5·5) overall; per array 9/(3·5) and, with nothing left, 0.
	if math.Abs(all-9.0/25) > 1e-15 || least != 0 {
		t.Errorf("cosines are %g and %g, want 0.36 and 0", all, least)
	}
}
