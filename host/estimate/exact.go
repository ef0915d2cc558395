package estimate

import (
	"context"
	"fmt"
	"slices"
)

// MaximumUnits is the largest number of units that are enumerated: a million spike
// patterns.
const MaximumUnits = 20

// Exact is the gradient of the expected loss by enumeration of all spike patterns
// (estimator 1), the oracle for the others.
type Exact struct {
	Loss     float64 // E[L]
	Gradient []float64
}

// Enumerate computes
//
//	E[L] = Σ_s Π_k P_k(s)·L(s),  P_k = p_k^{s_k}·(1−p_k)^{1−s_k}
//
// and its gradient by the product rule. It fails if the circuit has more units than
// [MaximumUnits].
func Enumerate(ctx context.Context, p Problem, workers int) (Exact, error) {
	return enumerateOver(ctx, alone{}, p, workers)
}

// enumerateOver is Enumerate shared by all processes of a team.
func enumerateOver(ctx context.Context, team Team, p Problem, workers int) (Exact, error) {
	units := p.Circuit.Layout().Units()
	if units > MaximumUnits {
		return Exact{}, fmt.Errorf("%d binary units: up to %d can be enumerated", units, MaximumUnits)
	}
	leading := min(units, 6) // patterns of the first units are tasks
	all, err := team.Divide(ctx, 1<<leading, func(ctx context.Context, first, last int) ([]byte, error) {
		parts := make([][]byte, last-first)
		err := Parallel(ctx, workers, len(parts), func() func(int) {
			worker := NewWorker(p)
			return func(part int) {
				sum := worker.enumerate(leading, first+part)
				parts[part] = packed(append([]float64{sum.Loss}, sum.Gradient...)...)
			}
		})
		return slices.Concat(parts...), err
	})
	if err != nil {
		return Exact{}, err
	}
	total := Exact{Gradient: make([]float64, len(p.Parameters))}
	record := 1 + len(total.Gradient)
	parts, err := unpacked(slices.Concat(all...), 0, record)
	if err != nil {
		return Exact{}, err
	}
	for ; len(parts) > 0; parts = parts[record:] {
		total.Loss += parts[0]
		for i, g := range parts[1:record] {
			total.Gradient[i] += g
		}
	}
	return total, nil
}

// enumerate sums over the patterns whose first units are the bits of start, the first
// unit being the highest bit.
func (w *Worker) enumerate(leading, start int) Exact {
	units := w.layout.Units()
	sum := Exact{Gradient: make([]float64, len(w.problem.Parameters))}
	term := make([]float64, len(sum.Gradient))
	chance := make([]float64, units) // P_k
	free := units - leading
	first := 0
	for low := range 1 << free {
		pattern := start<<free | low
		// Counting up changes only the last units: the others need not be rerun.
		w.problem.Circuit.Forward(w.trace, w.problem.Parameters, first, units, func(unit int, u float64) float64 {
			p := w.layout.layerOf(unit).probability(u)
			if pattern>>(units-1-unit)&1 != 0 {
				chance[unit] = p
				return 1
			}
			chance[unit] = 1 - p
			return 0
		})
		first = units - 1 - trailingOnes(pattern)
		weight := 1.0
		for _, c := range chance {
			weight = float64(weight * c)
		}
		if weight == 0 {
			continue // below the smallest float64, and so are its derivatives
		}
		loss := w.loss(w.trace)
		sum.Loss += float64(weight * loss)
		for unit, spike := range w.trace.Spike {
			slope := float64((2*spike - 1) * w.slope(w.trace, unit))
			w.factor[unit] = float64(float64(weight*loss) * (slope / chance[unit]))
		}
		clear(term)
		w.held(term)
		own := w.problem.Circuit.UnitParameters()
		for i, g := range term {
			if i >= own { // the head's, not yet weighted
				g = float64(weight * g)
			}
			sum.Gradient[i] += g
		}
	}
	return sum
}

// trailingOnes returns how many of the lowest bits are set: counting up by one
// changes those and the next.
func trailingOnes(x int) int {
	n := 0
	for ; x&1 != 0; x >>= 1 {
		n++
	}
	return n
}
