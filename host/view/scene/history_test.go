package scene

import (
	"math"
	"testing"
)

// TestHistoryKeepsTheMean: however many updates there are, there are few points, which
// represent all updates and keep their mean loss.
func TestHistoryKeepsTheMean(t *testing.T) {
	h := &History{}
	sum := 0.0
	const updates = 5*mostPoints + 3
	for i := range updates {
		loss := math.Sin(float64(i)) + 2
		h.Add(loss, 1)
		sum += loss
	}
	training, _, first := h.curves()
	if len(training) > mostPoints || len(training) < mostPoints/2 {
		t.Errorf("%d points, want at most %d and no fewer than half of them", len(training), mostPoints)
	}
	if first != len(training) {
		t.Errorf("a validation loss from point %d on, though there is none", first)
	}
	if h.Updates() != updates {
		t.Errorf("the points stand for %d updates, want %d", h.Updates(), updates)
	}
	total := 0.0
	for i, value := range training {
		total += float64(value) * float64(h.counts[i])
	}
	if difference := math.Abs(total-sum) / sum; difference > 1e-6 {
		t.Errorf("the mean of all points is off by %g of it", difference)
	}
}

// TestHistoryValidation: the validation loss is interpolated linearly between two epochs,
// and there is none before the first.
func TestHistoryValidation(t *testing.T) {
	h := &History{}
	h.Begin(100)
	for range 8 {
		h.Add(1, 1)
	}
	h.Validate(102, 4)
	h.Validate(106, 2)
	_, validating, first := h.curves()
	if first != 1 {
		t.Fatalf("it begins at point %d, want 1", first)
	}
	for i, want := range []float32{4, 3.5, 3, 2.5, 2, 2, 2} {
		if got := validating[first+i]; got != want {
			t.Errorf("point %d: %g, want %g", first+i, got, want)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		parts     int
		want      []string
	}{
		{0, 100, 5, []string{"0", "20", "40", "60", "80", "100"}},
		{-0.3, 0.2, 5, []string{"−0.3", "−0.2", "−0.1", "0.0", "0.1", "0.2"}},
		{0, 0.004, 2, []string{"0.000", "0.002", "0.004"}},
		{1, 1, 5, nil},
	} {
		var got []string
		for _, mark := range ticks(c.low, c.high, c.parts) {
			got = append(got, mark.label)
		}
		if len(got) != len(c.want) {
			t.Errorf("%g to %g: %q, want %q", c.low, c.high, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%g to %g: %q, want %q", c.low, c.high, got, c.want)
			}
		}
	}
	for _, s := range []span{newSpan(math.Inf(1), math.Inf(-1)), newSpan(3, 3), newSpan(-1e30, 1e30), newSpan(0, 1e-9)} {
		if !(s.low < s.high) {
			t.Errorf("the range %+v is empty", s)
		}
	}
}
