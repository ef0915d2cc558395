package estimate

import (
	"math"
	"slices"
	"testing"

	"spikegrad/cpuref"
)

// The mean-field model has an ordinary derivative: back-propagation through weights,
// resets, recurrence and delays is compared with differences of its loss.
func TestSmoothedGradient(t *testing.T) {
	problems := map[string]Problem{
		"perceptron":  perceptronProblem(t, 2, []int{3, 2, 1}, 2, Output{}),
		"linear head": perceptronProblem(t, 2, []int{3, 2}, 5, Linear{Neurons: 2}),
	}
	for _, c := range lifCases() {
		problems[c.name] = lifProblem(t, c)
	}
	for name, p := range problems {
		gradient := make([]float64, len(p.Parameters))
		Smoothed{}.Sample(NewWorker(p), 0, gradient)
		loss := func(i int, h float64) float64 {
			parameters := append([]float64(nil), p.Parameters...)
			parameters[i] += h
			trace, layout := p.Circuit.NewTrace(), p.Circuit.Layout()
			p.Circuit.Forward(trace, parameters, 0, layout.Units(), func(unit int, u float64) float64 {
				return layout.layerOf(unit).probability(u)
			})
			return p.Circuit.Loss(trace, parameters)
		}
		for i, found := range gradient {
			const h = 1e-5
			want := (loss(i, h) - loss(i, -h)) / (2 * h)
			if math.Abs(found-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("%s: %s: %.9g, by difference %.9g", name, p.Circuit.Parameters()[i], found, want)
			}
		}
	}
}

// A run that counts as merged with the original must end like it, and some runs must
// merge.
func TestMerged(t *testing.T) {
	problems := map[string]Problem{"perceptron": perceptronProblem(t, 2, []int{3, 2, 1}, 2, Output{})}
	for _, c := range lifCases() {
		p := lifProblem(t, c)
		problems[c.name] = p
		// Without recurrence a common spike makes two membranes equal again.
		silent := p
		silent.Parameters = append([]float64(nil), p.Parameters...)
		for i := range silent.Parameters {
			if _, what, _, _ := p.Circuit.(*LIF).parsed(t, i); what == "recurrent" {
				silent.Parameters[i] = 0
			}
		}
		problems[c.name+", without recurrence"] = silent
	}
	merged := 0
	for name, p := range problems {
		w := NewWorker(p)
		units := w.layout.Units()
		for trial := range uint32(200) {
			w.layout.drawNoise(w.trace, p.Seed, cpuref.StreamNoise, trial)
			w.run()
			for flipped := range units {
				w.flip(flipped)
				p.Circuit.Forward(w.other, p.Parameters, flipped+1, units, drawn(w.other))
				for unit := flipped + 1; unit < units; unit++ {
					if !p.Circuit.Merged(w.trace, w.other, unit) {
						continue
					}
					merged++
					if !slices.Equal(w.trace.Spike[unit:], w.other.Spike[unit:]) || w.loss(w.trace) != w.loss(w.other) {
						t.Fatalf("%s: trial %d, unit %d flipped: merged at unit %d, but the ends differ", name, trial, flipped, unit)
					}
				}
			}
		}
	}
	if merged < 100 {
		t.Errorf("%d merged runs: too few for a test", merged)
	}
}
