package data

import (
	"math"
	"testing"
)

// 300 spikes of a channel at k·0.002 s: how many are left, and whether each is in step k.
func TestTimesOnTheGrid(t *testing.T) {
	for _, c := range []struct {
		file string
		kept map[string]int
	}{
		{"grid_f8.h5", map[string]int{binSnap: 300, binTruncate: 300}},
		{"grid_f4.h5", map[string]int{binSnap: 300, binTruncate: 225}},
		{"grid_f2.h5", map[string]int{binSnap: 300, binTruncate: 231}},
		{"grid_f2_in_f8.h5", map[string]int{binSnap: 300, binTruncate: 231}},
	} {
		for binning, want := range c.kept {
			options := defaults(t, "shd:testdata")
			if options.Events.Binning != binSnap {
				t.Errorf("%s by default", options.Events.Binning)
			}
			options.Events.Binning = binning
			s, notes, err := loadEvents("testdata/"+c.file, &options)
			if err != nil {
				t.Fatal(err)
			}
			rows, index := s.AppendEvents(nil, nil, 0, 0)
			if len(index) != want || s.recorded.Merged != 300-want {
				t.Errorf("%s, %s: %d spikes kept and %d merged, want %d of 300", c.file, binning, len(index), s.recorded.Merged, want)
			}
			if said := len(notes) == 1 && notes[0] == "testdata/"+c.file+": 75 spikes merged with another spike of the same channel in the same step"; said != (want == 225) {
				t.Errorf("%s, %s: notes %q", c.file, binning, notes)
			}
			for step, row := range rows {
				if binning == binSnap && (row[1]-row[0] == 1) != (step < 300) {
					t.Errorf("%s: %d spikes in step %d", c.file, row[1]-row[0], step)
				}
			}
		}
	}
}

// Times that programs compute on a grid fall in their step, whatever type stores them.
func TestSnap(t *testing.T) {
	options := defaults(t, "shd:x")
	dt := options.StepLength
	sum := 0.0
	for k := range 20_000 {
		short := float64(float32(k) * float32(dt)) // the step length rounded as well
		for name, time := range map[string]float64{
			"product": float64(k) * dt, "quotient": float64(k) / 500, "milliseconds": float64(2*k) * 1e-3, "sum": sum, "float32": short,
		} {
			for _, bytes := range []int{4, 8} {
				stored := time
				if bytes == 4 {
					stored = float64(float32(time))
				} else if name == "float32" {
					continue
				}
				if got := math.Floor(binning(&options, precisions[bytes])(stored)); got != float64(k) {
					t.Fatalf("%s in %d bytes: %v is in step %v, want %d", name, bytes, stored, got, k)
				}
			}
		}
		sum += dt
	}
}

// A time that rounding cannot have moved stays in its step.
func TestSnapStays(t *testing.T) {
	options := defaults(t, "shd:x")
	for _, c := range []struct {
		bytes      int
		stepLength float64
		time       float64
		want       float64
	}{
		{8, 0.002, 0, 0},
		{8, 0.002, 0.005999999, 2},
		{8, 0.002, 0.00599999999999999, 3},
		{4, 0.002, 0.005999, 2},
		{4, 0.002, float64(math.Nextafter32(math.Nextafter32(0.006, 0), 0)), 2},
		{4, 0.002, float64(math.Nextafter32(0.006, 0)), 3},
		{2, 0.002, 0.0059967041015625, 2}, // one spacing below the number nearest to 0.006
		{2, 0.002, 0.00600051879882812, 3},
		{2, 0.002, 0.998046875, 499}, // 0.998 is between this and
		{2, 0.002, 0.99755859375, 498},
		// Steps shorter than float16 resolves: the nearer start.
		{2, 0.0001, 0.5, 5000},
		{2, 0.0001, 0.50048828125, 5005},
	} {
		options.StepLength = c.stepLength
		if got := math.Floor(binning(&options, precisions[c.bytes])(c.time)); got != c.want {
			t.Errorf("%v of %d bytes in steps of %g is in step %v, want %v", c.time, c.bytes, c.stepLength, got, c.want)
		}
	}
}
