package network

import "spikegrad/cpuref"

// farthest is a potential, relative to the threshold, that no membrane reaches.
const farthest = 0x1p100

// support returns the interval where a surrogate derivative is not below SkipBelow. It is
// found with float64 instances of the kernels' own functions, identically on every
// processor.
func support[T cpuref.Float](s Surrogate, kind *Kind[cpuref.Surrogate, Surrogate], stepLength float64) cpuref.Support[T] {
	const flushed = 0x1p-40 // what the kernels treat as 0
	if s.SkipBelow <= flushed {
		return cpuref.Support[T]{}
	}
	var parameters [3]float64
	if kind.Prepare != nil {
		parameters = kind.Prepare(s, stepLength)
	}
	enough := func(u float64) bool {
		return cpuref.SurrogateDerivative(kind.Number, parameters, u, false) >= s.SkipBelow
	}
	top := kind.Peak(s, stepLength)
	if enough(top) {
		return cpuref.Support[T]{Limited: true, From: T(edge(enough, top, -1)), To: T(edge(enough, top, 1))}
	}
	if cpuref.SurrogateDerivative(kind.Number, parameters, top, true) >= s.SkipBelow {
		return cpuref.Support[T]{} // not limited: it is large enough wherever there are spikes
	}
	return cpuref.Support[T]{Limited: true, From: farthest, To: farthest}
}

// edge returns the last potential to one side of top at which a condition holds, which
// fails beyond it.
func edge(holds func(u float64) bool, top, side float64) float64 {
	inside, step := top, side*0x1p-20
	for holds(inside + step) {
		inside += step
		step *= 2
		if inside > farthest || inside < -farthest {
			return side * farthest
		}
	}
	for outside := inside + step; ; {
		middle := (inside + outside) / 2
		if middle == inside || middle == outside {
			return inside
		}
		if holds(middle) {
			inside = middle
		} else {
			outside = middle
		}
	}
}
