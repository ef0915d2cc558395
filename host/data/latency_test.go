package data

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLatency(t *testing.T) {
	// tau = 10 steps, θ = 0.2: 10·ln(1/0.8) = 2.23, 10·ln(0.5/0.3) = 5.11,
	// 10·ln(0.25/0.05) = 16.09, 10·ln(0.21/0.01) = 30.4 (dropped: there are 20
	// steps).
	about := description{name: "test", channels: 7, steps: 20, stepLength: 0.001, classNames: numberedClasses(1)}
	source, _ := encodeLatency(about, oneSample(1, 0.5, 0.25, 0.21, 0.2-0x1p-20, 0, 1), 0.2, 0.01)
	rows, index := source.AppendEvents(nil, nil, 0, 0)
	got := map[int][]uint32{}
	for step, row := range rows {
		if row[1] > row[0] {
			got[step] = index[row[0]:row[1]]
		}
	}
	if diff := cmp.Diff(map[int][]uint32{2: {0, 6}, 5: {1}, 16: {2}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLatencyStep(t *testing.T) {
	last := math.MaxInt
	for x := 0.21; x <= 1; x += 0.01 {
		step, ok := latencyStep(x, 0.2, 1000)
		if want := int(1000 * math.Log(x/(x-0.2))); !ok || step != want {
			t.Errorf("x = %g: step %d, %v; %d expected", x, step, ok, want)
		}
		if step > last {
			t.Errorf("x = %g: step %d, later than a darker one at %d", x, step, last)
		}
		last = step
	}
	if _, ok := latencyStep(math.Nextafter(0.2, 1), 0.2, 1e300); ok {
		t.Error("a spike after the largest number of steps")
	}
}
