package data

import (
	"math"
	"testing"
)

// oneSample is a table of one sample with the given values.
func oneSample(values ...float32) *table {
	return &table{columns: len(values), values: values, labels: []uint32{0}}
}

// The frequency of spikes is value · rate · dt, within 4 standard
// errors.
func TestPoissonFrequency(t *testing.T) {
	const steps, presentations, rate, dt = 100, 2000, 400, 0.002
	values := []float32{0, 0.001, 0.0625, 0.5, 0.9375, 1, 0.25}
	about := description{name: "test", channels: len(values), steps: steps, stepLength: dt, classNames: numberedClasses(1)}
	source := encodePoisson(about, oneSample(values...), rate, 12345)
	counts := make([]float64, len(values))
	var rows [][2]uint32
	var index []uint32
	for number := range uint32(presentations) {
		rows, index = source.AppendEvents(rows[:0], index[:0], 0, number)
		for _, channel := range index {
			counts[channel]++
		}
	}
	for channel, value := range values {
		const draws = steps * presentations
		p := float64(value) * rate * dt
		frequency := counts[channel] / draws
		if limit := 4 * math.Sqrt(p*(1-p)/draws); math.Abs(frequency-p) > limit {
			t.Errorf("value %g: frequency %g, probability %g ± %g", value, frequency, p, limit)
		}
	}
}

func TestPoissonCertain(t *testing.T) {
	about := description{name: "test", channels: 2, steps: 1000, stepLength: 0.002, classNames: numberedClasses(1)}
	source := encodePoisson(about, oneSample(1, 0x1p-33), 500, 1)
	rows, index := source.AppendEvents(nil, nil, 0, 3)
	if len(index) != 1000 {
		t.Errorf("%d spikes in 1000 steps at probability one, and none at 2⁻³³", len(index))
	}
	for step, row := range rows {
		if row[1]-row[0] != 1 || index[row[0]] != 0 {
			t.Fatalf("step %d: %v", step, index[row[0]:row[1]])
		}
	}
}

// Different seeds, presentations, steps and channels have different
// spikes.
func TestPoissonIndependence(t *testing.T) {
	about := description{name: "test", channels: 8, steps: 64, stepLength: 0.002, classNames: numberedClasses(1)}
	values := oneSample(1, 1, 1, 1, 1, 1, 1, 1)
	seen := map[string]string{}
	for seed := range uint32(3) {
		source := encodePoisson(about, values, 250, seed)
		for number := range uint32(3) {
			rows, index := source.AppendEvents(nil, nil, 0, number)
			for channel := range uint32(8) {
				train := make([]byte, len(rows))
				for step, row := range rows {
					for _, c := range index[row[0]:row[1]] {
						if c == channel {
							train[step] = 1
						}
					}
				}
				key := string(train)
				if seen[key] != "" {
					t.Errorf("channel %d, presentation %d, seed %d has the spikes of %s", channel, number, seed, seen[key])
				}
				seen[key] = "an earlier one"
			}
		}
	}
}
