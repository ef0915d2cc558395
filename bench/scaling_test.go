package bench

import (
	"math"
	"slices"
	"testing"

	"spikegrad/host/figure"
)

// TestMeasureScaling measures every series at two small values.
func TestMeasureScaling(t *testing.T) {
	options := Options{Device: "cpu", Workers: 2, Repeats: 2}
	list := scalingOf(&options)
	var names []string
	for i := range list {
		names = append(names, list[i].name)
		if list[i].name != "scaling-workers" {
			list[i].values = []float64{list[i].values[0] / 8, 16}
		}
	}
	if want := []string{"scaling-steps", "scaling-batch", "scaling-spikes", "scaling-memory", "scaling-workers"}; !slices.Equal(names, want) {
		t.Fatalf("series %v, want %v", names, want)
	}
	base := tiny()[0]
	steps := base.Network.Steps
	var found []*Scaling
	if err := measureSeries(t.Context(), &base, list, options, func(s *Scaling) { found = append(found, s) }); err != nil {
		t.Fatal(err)
	}
	if base.Network.Steps != steps {
		t.Errorf("the shape has %d steps now", base.Network.Steps)
	}
	folder := t.TempDir()
	for i, s := range found {
		points := 2
		if s.Name == "scaling-memory" {
			points = 4 // with segments too
		}
		if len(s.Points) != points {
			t.Errorf("%s: %d points, want %d", s.Name, len(s.Points), points)
		}
		if powers := s.Exponent != 0; powers != (i < 2) {
			t.Errorf("%s: exponent %g", s.Name, s.Exponent)
		}
		if workers := s.Speedup != 0; workers != (s.Name == "scaling-workers") {
			t.Errorf("%s: speed-up %g", s.Name, s.Speedup)
		}
		for _, p := range s.Points {
			if !(p.StepMS > 0) || p.SpreadMS[0] > p.StepMS || p.SpreadMS[1] < p.StepMS {
				t.Errorf("%s: %+v", s.Name, p)
			}
		}
		if err := figure.SaveBoth(folder, s.Name, found[i].Picture()); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

func TestScalingExponent(t *testing.T) {
	s := &Scaling{Points: []ScalingPoint{{Value: 1, StepMS: 3}, {Value: 2, StepMS: 12}, {Value: 4, StepMS: 48}}}
	if e := s.exponent(); math.Abs(e-2) > 1e-12 {
		t.Errorf("exponent %g of times that grow with the square", e)
	}
}
