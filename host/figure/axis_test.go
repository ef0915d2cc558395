package figure

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

func labels(ticks []tick) string {
	var list []string
	for _, t := range ticks {
		if t.label == "" {
			continue
		}
		label := t.label
		if t.power != "" {
			label += "^" + t.power
		}
		list = append(list, label)
	}
	return strings.Join(list, " ")
}

func TestLinearTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		count  int
		whole  bool
		want   string
	}{
		{0, 1, 5, false, "0 0.2 0.4 0.6 0.8 1.0"},
		{0, 1, 4, false, "0 0.25 0.50 0.75 1.00"},
		{-0.35, 0.6, 4, false, "−0.25 0 0.25 0.50"},
		{0, 700, 8, false, "0 100 200 300 400 500 600 700"},
		{-0.5, 2.5, 10, true, "0 1 2"},
		{0.98, 30, 4, true, "10 20 30"},
		{0.85, 0.97, 6, false, "0.86 0.88 0.90 0.92 0.94 0.96"},
		{0, 2.5e6, 3, false, "0 1×10^6 2×10^6"},
		{0, 3e-5, 3, false, "0 1×10^−5 2×10^−5 3×10^−5"},
		{999_999_990, 1_000_000_010, 2, false, "9.9999999×10^8 1×10^9 1.00000001×10^9"},
	} {
		if got := labels(linearTicks(c.lo, c.hi, c.count, c.whole)); got != c.want {
			t.Errorf("from %v to %v: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
}

func TestLogTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		count  int
		want   string
	}{
		{0.005, 2, 6, "0.01 0.1 1"},
		{0.04, 3, 6, "0.05 0.1 0.2 0.5 1 2"},
		{1, 1e6, 10, "10^0 10^1 10^2 10^3 10^4 10^5 10^6"},
		{1e-12, 1, 4, "10^−12 10^−8 10^−4 10^0"},
		{1.5, 4, 4, "2 3 4"},
	} {
		if got := labels(logTicks(c.lo, c.hi, c.count)); got != c.want {
			t.Errorf("from %v to %v: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
}

// TestAxesHoldTheirData tries ranges of every size: the axis includes the data and has at
// least two labels, none of which overlap.
func TestAxesHoldTheirData(t *testing.T) {
	random := noise(1)
	for range 2000 {
		middle := random.NormFloat64() * math.Pow(10, random.Float64()*20-10)
		half := math.Abs(random.NormFloat64()) * math.Pow(10, random.Float64()*20-10)
		var values extent
		values.add(middle-half, middle+half)
		var positive extent
		positive.add(math.Exp(middle/1e9), math.Exp(middle/1e9)*(1+half))
		for _, a := range []axis{linearAxis("", values), logAxis("", positive)} {
			data := values
			if a.log {
				data = positive
			}
			for _, v := range []float64{data.lo, data.hi} {
				if f := a.fraction(v); !(f >= 0 && f <= 1) {
					t.Fatalf("%+v: %v lies at %v of the axis", a, v, f)
				}
			}
			length := vg.Length(300)
			a.divideWidth(length, smallText())
			if n := len(strings.Fields(labels(a.ticks))); n < 2 {
				t.Fatalf("axis from %v to %v (log %v) has %d labels", a.min, a.max, a.log, n)
			}
			if !a.clear(length, smallText()) {
				t.Fatalf("axis from %v to %v: labels %q overlap", a.min, a.max, labels(a.ticks))
			}
		}
	}
}

func TestShortenFits(t *testing.T) {
	style := smallText()
	for _, width := range []vg.Length{0, 3, 20, 60, 1000} {
		short := style.shorten("Größe eines Netzes", width)
		if style.width(short) > width {
			t.Errorf("%q is %v wide, want at most %v", short, style.width(short), width)
		}
	}
	if got := style.shorten("Größe", 1000); got != "Größe" {
		t.Errorf("text that fits became %q", got)
	}
}

func TestSeriesLookDifferent(t *testing.T) {
	type look struct{ color, dash any }
	seen := map[look]int{}
	for i := range 21 {
		l := look{SeriesColor(i), len(seriesDashes(i))*100 + int(10*append(seriesDashes(i), 0)[0])}
		if j, taken := seen[l]; taken {
			t.Errorf("series %d looks like series %d", i, j)
		}
		seen[l] = i
	}
}
