package network

import "spikegrad/cpuref"

// farthest is a potential, relative to the threshold, that no membrane reaches.
const farthest = 0x1p100

// support is where a surrogate derivative is not below SkipBelow. It is found with float64
// instances of the kernels' own functions, the same on every processor.
func support[T cpuref.Float](s Surrogate, kind cpuref.Surrogate, stepLength float64) cpuref.Support[T] {
	const flushed = 0x1p-40 // what the kernels take for 0
	if s.SkipBelow <= flushed {
		return cpuref.Support[T]{}
	}
	if kind == cpuref.SurrogateMultilayerSpiker && s.SkipBelow <= 1 {
		return cpuref.Support[T]{}
	}
	parameters := surrogateParameters[float64](s, kind, stepLength)
	enough := func(u float64) bool {
		return cpuref.SurrogateDerivative(kind, parameters, u, false) >= s.SkipBelow
	}
	top := mostSteep(s, kind, stepLength)
	if !enough(top) {
		return cpuref.Support[T]{Limited: true, From: farthest, To: farthest}
	}
	return cpuref.Support[T]{Limited: true, From: T(edge(enough, top, -1)), To: T(edge(enough, top, 1))}
}

// mostSteep is a potential at which a surrogate derivative is largest, or about so where
// it jumps; from there it falls to both sides.
func mostSteep(s Surrogate, kind cpuref.Surrogate, stepLength float64) float64 {
	switch kind {
	case cpuref.SurrogateExponential:
		return 80 * s.DeltaU // where the kernels limit the exponent, it grows no more
	case cpuref.SurrogateLimitedExponential:
		return -s.DeltaU * (cpuref.Log64(s.P0) + 0x1p-16) // just before it jumps to 0
	case cpuref.SurrogateHazard:
		return -s.DeltaU * cpuref.Log64(stepLength*s.Rate) // where the hazard is 1
	}
	return 0
}

// edge is the last potential to one side of a top at which a condition holds that from
// some point on does not.
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
