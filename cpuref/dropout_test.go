package cpuref

import (
	"math"
	"slices"
	"testing"
)

// TestDropout: the fraction dropped is the rate, each number on its own or together with all of its
// neuron's in the sample; the same ones' errors become 0, and scaling the others keeps the mean.
func TestDropout(t *testing.T) {
	const samples, steps, neurons = 5, 40, 67
	all := make([]uint32, samples*steps*Words(neurons))
	for i := range all {
		all[i] = 1<<31 | 1<<2 // neurons 2, 31, 34, 63 and 66: rows have gaps
	}
	mask := uint32(1<<(neurons%32) - 1)
	for r := range samples * steps {
		all[r*Words(neurons)+2] &= mask
	}
	for _, together := range []bool{false, true} {
		for _, rate := range []float64{0.2, 0.5, 0.9} {
			d := Dropout[float32]{Rate: float32(rate), Scale: float32(1 / (1 - rate)), Together: together, Seed: 3, Layer: 1}
			numbers := []uint32{7, 8, 1000, 5, 9}
			events := Events{Rows: make([][2]uint32, samples*steps), Index: make([]uint32, samples*steps*neurons)}
			BuildEvents(events, all, Words(neurons), neurons, 0, samples*steps)
			work := &Workspace[float32]{}
			errors := slices.Repeat([]float32{1}, samples*steps*Stride(neurons))
			DropErrors(&DropErrorsArguments[float32]{Error: errors, Numbers: numbers, Steps: steps, Neurons: neurons, Dropout: d}, work, 0, samples)
			before := slices.Clone(events.Rows)
			DropEvents(&DropEventsArguments[float32]{Events: events, Numbers: numbers, Steps: steps, Neurons: neurons, Dropout: d}, work, 0, samples)
			kept, sum := 0, 0.0
			for r, row := range before {
				left := events.Row(r)
				for _, n := range []uint32{2, 31, 34, 63, 66} {
					is, e := slices.Contains(left, n), errors[r*Stride(neurons)+int(n)]
					if is && e != d.Scale || !is && e != 0 {
						t.Fatalf("row %d, neuron %d: kept %t, error %g", r, n, is, e)
					}
					if together && r%steps > 0 && is != slices.Contains(events.Row(r-1), n) {
						t.Fatalf("row %d, neuron %d: left out in some steps", r, n)
					}
				}
				if !slices.IsSorted(left) || row[0] != events.Rows[r][0] {
					t.Fatalf("row %d: %v", r, left)
				}
				for n := range neurons {
					e := errors[r*Stride(neurons)+n]
					if e != 0 {
						kept++
					}
					sum += float64(e)
				}
			}
			trials, groups := float64(samples*steps*neurons), 1.0
			if together {
				groups = steps
			}
			deviation := math.Sqrt(rate * (1 - rate) * groups / trials)
			if share := float64(kept) / trials; math.Abs(share-(1-rate)) > 4*deviation {
				t.Errorf("rate %g, together %t: %g are kept", rate, together, share)
			}
			if mean := sum / trials; math.Abs(mean-1) > 4*deviation/(1-rate) {
				t.Errorf("rate %g, together %t: the mean is %g", rate, together, mean)
			}
		}
	}
}
