package unbiased

import (
	"math"
	"slices"
	"sort"

	"spikegrad/cpuref"
)

// unit is a neuron of a layer at a step, drawn with a probability.
type unit struct {
	step, neuron int
	chance       float64   // q
	traces       []float64 // [learned]: ∂u/∂ρ of learned constants
}

// drawer draws units of a layer; it is used by one goroutine.
type drawer struct {
	tracer
	until  []float64                     // [step·neuron]: weights up to and including the unit
	sums   []cpuref.NeuronState[float64] // [neuron]: Σ_i ∂state/∂W[i] over all weights into the neuron
	counts []float64                     // [position]
	chosen []float64
}

// draw draws the given number of units of a layer in one presentation, each with probability
//
//	q ∝ p′(u)·(Σ_i ∂u/∂W[i] + Σ_c |∂u/∂ρ_c|),
//
// where the sum is the unit's largest effect on its weights and learned constants: all terms
// are nonnegative, so no unit that matters has q = 0, and p′/q times an eligibility is
// bounded by the sum over units, which keeps rare units from dominating the variance. It
// draws none if nothing can move any unit.
func (d *drawer) draw(l *layer, h *history, count int, uniform func(i int) float64) []unit {
	steps := len(h.rows)
	d.until = resize(d.until, steps*l.neurons)
	d.sums, d.counts = resize(d.sums, l.neurons), resize(d.counts, l.positions)
	clear(d.sums)
	total, traces := 0.0, d.trace(l, h)
	for step := range steps {
		clear(d.counts)
		for i := range l.connections {
			if c := &l.connections[i]; step >= c.delay {
				c.count(d.counts, h, step-c.delay)
			}
		}
		for n := range l.neurons {
			sum := d.sums[n][0]
			for _, trace := range l.tracesOf(traces, step, n) {
				sum += math.Abs(trace)
			}
			if sum > 0 {
				total += float64(l.slope(h, step, n) * sum)
			}
			d.until[step*l.neurons+n] = total
			held := l.of(n).Held()
			held.Advance(&d.sums[n], d.counts[n%l.positions], h.gate(l.number, step, n))
		}
	}
	if !(total > 0) {
		return nil
	}
	d.chosen = d.chosen[:0]
	for i := range count {
		d.chosen = append(d.chosen, float64(uniform(i)*total))
	}
	units := make([]unit, 0, count)
	for _, at := range d.chosen {
		k := sort.Search(len(d.until), func(k int) bool { return d.until[k] > at })
		k = min(k, len(d.until)-1)
		for k > 0 && d.weight(k) == 0 {
			k-- // rounding put it after the last unit that can be drawn
		}
		drawn := unit{step: k / l.neurons, neuron: k % l.neurons, chance: d.weight(k) / total}
		drawn.traces = slices.Clone(l.tracesOf(traces, drawn.step, drawn.neuron))
		units = append(units, drawn)
	}
	return units
}

// weight returns what q of a unit is proportional to.
func (d *drawer) weight(k int) float64 {
	if k == 0 {
		return d.until[0]
	}
	return d.until[k] - d.until[k-1]
}

// slope returns p′(u) of a unit: 0 if it is refractory.
func (l *layer) slope(h *history, step, neuron int) float64 {
	for before := max(0, step-l.neuron.Refractory); before < step; before++ {
		if h.spiked(l.number, before, neuron) {
			return 0
		}
	}
	slope := cpuref.SurrogateDerivative(l.neuron.Surrogate, l.neuron.SurrogateParameter, l.potential(h, step, neuron), false)
	if own := l.of(neuron); own.Learn.Has(cpuref.ConstantNoiseBeta) {
		slope *= own.Steepness
	}
	return slope
}

// resize returns a slice with the given length, the old one if its capacity suffices.
func resize[T any](slice []T, length int) []T {
	if cap(slice) < length {
		return make([]T, length)
	}
	return slice[:length]
}
