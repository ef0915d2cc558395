package data

import (
	"math"

	"github.com/x448/float16"
)

// Ways of turning times into steps: [Events].Binning.
const (
	binSnap     = "snap"
	binTruncate = "truncate"
	binFloat16  = "float16"
)

// binning returns the function from seconds to steps, for times that were rounded to
// some precision. Its values may have a fraction, to be truncated.
//
//	snap      trunc(t/dt), but a time that rounding may have brought below the start
//	          of the next step belongs to that step
//	truncate  trunc(t/dt)
//	float16   for comparison with programs that do this: the product of t and 1/dt,
//	          rounded to 16-bit floating point, truncated
func binning(o *Options, p precision) func(time float64) float64 {
	dt := o.StepLength
	switch o.Events.Binning {
	case binSnap:
		return func(time float64) float64 {
			steps := time / dt
			next := math.Floor(steps) + 1
			// The nearer of two starts: both are in reach where steps are shorter than
			// the rounding error.
			if next-steps <= 0.5 && float64(next*dt)-time <= p.rounding(time) {
				return next
			}
			return steps
		}
	case binFloat16:
		perSecond := float16.Fromfloat32(float32(1 / dt)).Float32()
		return func(time float64) float64 {
			half := float16.Fromfloat32(float32(time)).Float32()
			// Exact in float32, so it is rounded once.
			return float64(float16.Fromfloat32(half * perSecond).Float32())
		}
	}
	return func(time float64) float64 { return time / dt }
}

// precision is the precision of a floating-point type.
type precision struct {
	bits     int     // of the fraction
	smallest int     // exponent of the smallest normal number
	spacings float64 // how far rounding moves a number, in spacings of the type at that number
}

// precisions are those of the types of 2, 4 and 8 bytes. A number in float16 was rounded
// once, by at most half a spacing. Programs that compute in float32 round the step
// length before multiplying by it, which costs up to another spacing. Those that compute
// in float64 often accumulate steps: 10⁻¹² is the relative error of 100,000 of them.
var precisions = map[int]precision{
	2: {10, -14, 0.5},
	4: {23, -126, 1.5},
	8: {52, -1022, 1 << 13},
}

// rounding returns how far rounding may have moved a time.
func (p precision) rounding(time float64) float64 {
	_, exponent := math.Frexp(time) // time is at least 2^(exponent-1)
	return math.Ldexp(p.spacings, max(exponent-1, p.smallest)-p.bits)
}

// timePrecision returns the precision of the narrowest type that holds all times of a
// file: saving them in a wider type makes them no more precise.
func (f *eventFile) timePrecision() (precision, error) {
	kind, bytes := f.times.Type(), 2
	for sample := range f.labels {
		if bytes == kind.Size {
			break
		}
		times, err := f.times.Row(sample)
		if err != nil {
			return precision{}, err
		}
		for i := range len(times) / kind.Size {
			for time := kind.Float(times, i); bytes < kind.Size && !holds(bytes, time); {
				bytes *= 2
			}
		}
	}
	return precisions[bytes], nil
}

// holds reports whether the floating-point type with this many bytes holds x exactly, or
// x is not finite.
func holds(bytes int, x float64) bool {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return true
	case bytes == 2:
		return float64(float16.Fromfloat32(float32(x)).Float32()) == x
	case bytes == 4:
		return float64(float32(x)) == x
	}
	return true
}
