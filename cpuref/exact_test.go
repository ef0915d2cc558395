package cpuref

import (
	"math"
	"math/big"
	"os"
	"runtime"
	"sync"
	"testing"
)

// full is set by make full: run tests in their long form.
var full = os.Getenv("SPIKEGRAD_FULL") != ""

// TestExactFunctions measures the largest relative error of every exact function in float32 against
// the bound in its doc comment, over more than 2²² arguments. Most of them are taken where errors
// differ: one period of functions that scale with powers of two (see [TestExactScaling]), around 1
// for the logarithm, down to 2⁻²⁶ for the exponential, which is 1 or next to it below. Elsewhere,
// and in short runs everywhere, every 211th is taken; make full takes all.
func TestExactFunctions(t *testing.T) {
	const sparse = 211
	type span struct {
		first, last float32
		stride      uint64 // distance between arguments
	}
	functions := []struct {
		name       string
		function   func(float32) float32
		reference  func(float64) float64
		documented float64 // largest relative error, rounded up
		spans      []span
	}{
		{"Exp", Exp[float32], math.Exp, 8.2e-8, []span{
			{0, 0x1p-26, sparse}, {0x1p-26, 88, 89},
			{float32(math.Copysign(0, -1)), -0x1p-26, sparse}, {-0x1p-26, -87, 89},
		}},
		{"Log", Log[float32], math.Log, 8.2e-8, []span{
			{0x1p-126, 0x1p-6, sparse}, {0x1p-6, 0x1p6, 41}, {0x1p6, math.MaxFloat32, sparse},
		}},
		{"Reciprocal", Reciprocal[float32], func(x float64) float64 { return 1 / x }, 8.9e-8, []span{
			{0x1p-125, 1, sparse}, {1, 2, 7}, {2, 0x1p100, sparse},
		}},
		{"Sqrt", Sqrt[float32], math.Sqrt, 9e-8, []span{
			{0x1p-100, 1, sparse}, {1, 4, 13}, {4, 0x1p125, sparse},
		}},
	}
	for _, f := range functions {
		t.Run(f.name, func(t *testing.T) {
			most, where := 0.0, float32(0)
			for _, s := range f.spans {
				switch {
				case full:
					s.stride = 1
				case testing.Short():
					s.stride = sparse
				}
				worst, at := largestError(f.function, f.reference, s.first, s.last, s.stride)
				if !(worst <= most) {
					most, where = worst, at
				}
			}
			t.Logf("largest relative error %.4g at %g", most, where)
			if !(most <= f.documented) {
				t.Errorf("%s(%g) has a relative error of %.4g: at most %g is documented", f.name, where, most, f.documented)
			}
		})
	}
}

// TestExactScaling checks that a power of two in the argument of the reciprocal, and a power of
// four in that of the square root, come out as exact powers of two, so that one period stands for
// all.
func TestExactScaling(t *testing.T) {
	for bits := math.Float32bits(1); bits < math.Float32bits(4); bits += 9973 {
		x := math.Float32frombits(bits)
		for k := -125; k < 100; k += 5 {
			scaled := float32(math.Ldexp(float64(x), k))
			if x < 2 && Reciprocal(scaled) != float32(math.Ldexp(float64(Reciprocal(x)), -k)) {
				t.Fatalf("Reciprocal(%g·2^%d) is %g: not a power of two times Reciprocal(%g) = %g", x, k, Reciprocal(scaled), x, Reciprocal(x))
			}
		}
		for k := -50; k < 62; k++ {
			scaled := float32(math.Ldexp(float64(x), 2*k))
			if Sqrt(scaled) != float32(math.Ldexp(float64(Sqrt(x)), k)) {
				t.Fatalf("Sqrt(%g·4^%d) is %g: not a power of two times Sqrt(%g) = %g", x, k, Sqrt(scaled), x, Sqrt(x))
			}
		}
	}
}

// largestError returns the largest relative error of a function over the arguments from first to
// last, which have the same sign and ascend in magnitude, and the argument at which it occurs. NaN
// counts as infinite.
func largestError(function func(float32) float32, reference func(float64) float64, first, last float32, stride uint64) (worst float64, at float32) {
	begin, end := uint64(math.Float32bits(first)), uint64(math.Float32bits(last))
	var group sync.WaitGroup
	var lock sync.Mutex
	workers := uint64(runtime.GOMAXPROCS(0))
	for worker := range workers {
		group.Go(func() {
			most, where := 0.0, float32(0)
			for bits := begin + worker*stride; bits <= end; bits += workers * stride {
				x := math.Float32frombits(uint32(bits))
				want := reference(float64(x))
				// 0 is exact where the result should be 0, as for log(1).
				e := math.Abs(float64(function(x)) - want)
				if e > 0 {
					e /= math.Abs(want)
				}
				if !(e <= most) {
					most, where = e, x
				}
			}
			lock.Lock()
			defer lock.Unlock()
			if !(most <= worst) {
				worst, at = most, where
			}
		})
	}
	group.Wait()
	return worst, at
}

// TestExactLimits checks arguments on and beyond the bounds.
func TestExactLimits(t *testing.T) {
	equal := func(what string, got, want float32) {
		t.Helper()
		if math.Float32bits(got) != math.Float32bits(want) {
			t.Errorf("%s is %g: want %g", what, got, want)
		}
	}
	equal("Exp(-1000)", Exp[float32](-1000), Exp[float32](-87))
	equal("Exp(1000)", Exp[float32](1000), Exp[float32](88))
	equal("Exp(0)", Exp[float32](0), 1)
	equal("Log(1)", Log[float32](1), 0)
	equal("Sqrt(0)", Sqrt[float32](0), 0)
	for k := -60; k <= 60; k++ {
		power := float32(math.Ldexp(1, k))
		equal("Sqrt of a power of four", Sqrt(power*power), power)
	}
}

// TestExact64 compares the float64 functions with package math on many arguments
// and with math/big on a few.
func TestExact64(t *testing.T) {
	worst := func(name string, function, reference func(float64) float64, documented float64, argument func(i int) float64) {
		t.Helper()
		most, at := 0.0, 0.0
		for i := range 200_000 {
			x := argument(i)
			want := reference(x)
			if e := math.Abs(function(x)-want) / math.Max(math.Abs(want), 1e-300); !(e <= most) {
				most, at = e, x
			}
		}
		t.Logf("%s: largest relative difference from package math %.3g at %g", name, most, at)
		if !(most <= documented) {
			t.Errorf("%s(%g) differs by %.3g of the value: at most %g is expected", name, at, most, documented)
		}
	}
	// An irrational step covers an interval evenly.
	spread := func(i int) float64 { return math.Mod(float64(i)*math.Phi, 1) }
	worst("Exp64", Exp64, math.Exp, 5e-16, func(i int) float64 { return 1400*spread(i) - 700 })
	worst("Exp64 near 0", Exp64, math.Exp, 5e-16, func(i int) float64 { return 2*spread(i) - 1 })
	worst("Log64", Log64, math.Log, 5e-16, func(i int) float64 { return math.Exp2(2000*spread(i) - 1000) })
	worst("Log64 near 1", Log64, math.Log, 5e-16, func(i int) float64 { return 0.5 + spread(i) })

	// sin(2πx) of the exact x: the argument is reduced before 2π multiplies it.
	sine := func(x float64) float64 { return math.Sin(2 * math.Pi * x) }
	worst("SinTurns", SinTurns, sine, 4e-16, func(i int) float64 { return 0.25 * spread(i) })
	for i := range 1000 {
		x := spread(i)
		for _, y := range []float64{x + 1, x - 3} {
			if d := math.Abs(SinTurns(y) - sine(x)); !(d <= 1e-14) {
				t.Errorf("SinTurns(%v) is %v: sin of %v turns is %v", y, SinTurns(y), x, sine(x))
			}
		}
		if SinTurns(-x) != -SinTurns(x) {
			t.Errorf("SinTurns is not odd at %v", x)
		}
	}
	for turns, want := range map[float64]float64{0: 0, 0.25: 1, 0.5: 0, 0.75: -1, 1: 0, -0.25: -1} {
		if got := SinTurns(turns); !(math.Abs(got-want) <= 2e-16) {
			t.Errorf("SinTurns(%g) is %g: want %g", turns, got, want)
		}
	}

	for _, x := range []float64{-37.5, -1, -0.001, 0.3, 1, 2.5, 100, 600} {
		if d := relativeTo(Exp64(x), bigExp(x)); !(d <= 4e-16) {
			t.Errorf("Exp64(%g) differs from its value in 200 bits by %.3g of it", x, d)
		}
		// log is checked as the inverse of the accurate exponential: an error d of the logarithm is
		// a relative error d of its exponential.
		y := math.Exp(x)
		if d := relativeTo(y, bigExp(Log64(y))) / math.Abs(x); !(d <= 4e-16) {
			t.Errorf("Log64(%g) differs from its value in 200 bits by %.3g of it", y, d)
		}
	}
}

// bigExp is e to the power x to about 200 bits: the Taylor series of x/2¹⁶, squared 16 times.
func bigExp(x float64) *big.Float {
	const precision, halvings = 260, 16
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(v) }
	r := number(x)
	r.SetMantExp(r, -halvings)
	sum, term := number(1), number(1)
	for k := 1; k < 60; k++ {
		term.Mul(term, r).Quo(term, number(float64(k)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// relativeTo is |got − want|/|want|.
func relativeTo(got float64, want *big.Float) float64 {
	difference := new(big.Float).Sub(new(big.Float).SetPrec(want.Prec()).SetFloat64(got), want)
	ratio, _ := difference.Quo(difference, want).Float64()
	return math.Abs(ratio)
}

func TestFlush(t *testing.T) {
	checkFlush(t, "FlushWeight[float32]", FlushWeight[float32], 0x1p-40, math.Nextafter32(0x1p-40, 0))
	checkFlush(t, "FlushState[float32]", FlushState[float32], 0x1p-60, math.Nextafter32(0x1p-60, 0))
	checkFlush(t, "FlushWeight[float64]", FlushWeight[float64], 0x1p-40, math.Nextafter(0x1p-40, 0))
	checkFlush(t, "FlushState[float64]", FlushState[float64], 0x1p-60, math.Nextafter(0x1p-60, 0))
}

// checkFlush checks that the smallest magnitude is kept, that the number below it and both zeros
// become +0, and that everything else is unchanged.
func checkFlush[T Float](t *testing.T, name string, flush func(T) T, smallest, below T) {
	t.Helper()
	negativeZero := T(math.Copysign(0, -1))
	for _, x := range []T{0, negativeZero, below, -below, below / 1024, -below / 1024} {
		if got := float64(flush(x)); got != 0 || math.Signbit(got) {
			t.Errorf("%s(%g) is %g: want +0", name, float64(x), got)
		}
	}
	for _, x := range []T{smallest, smallest * 1.5, 1, 1e30} {
		for _, x := range []T{x, -x} {
			if got := flush(x); got != x {
				t.Errorf("%s(%g) is %g: want the same", name, float64(x), float64(got))
			}
		}
	}
}
