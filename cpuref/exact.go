package cpuref

import (
	"math"
	"unsafe"
)

// Magnitudes below which numbers are set to zero; see the package comment.
const (
	tinyWeight = 0x1p-40
	tinyState  = 0x1p-60
)

// FlushWeight sets a weight or a factor below 2⁻⁴⁰ in magnitude to +0.
func FlushWeight[T Float](x T) T {
	if x < tinyWeight && x > -tinyWeight {
		return 0
	}
	return x
}

// FlushState sets a state or an adjoint below 2⁻⁶⁰ in magnitude to +0.
func FlushState[T Float](x T) T {
	if x < tinyState && x > -tinyState {
		return 0
	}
	return x
}

// double reports at compile time whether T is float64.
func double[T Float]() bool {
	var x T
	return unsafe.Sizeof(x) == 8
}

// Exp is e to the power x. In float32 the argument is clamped to [−87, 88], and the largest
// relative error over all arguments in that range is 8.2·10⁻⁸.
func Exp[T Float](x T) T {
	if double[T]() {
		return T(exp64(float64(x)))
	}
	return T(exp32(float32(x)))
}

// Log is the natural logarithm of a positive, normal x. In float32 the largest
// error over all of them is 8.2·10⁻⁸ relative to the result.
func Log[T Float](x T) T {
	if double[T]() {
		return T(log64(float64(x)))
	}
	return T(log32(float32(x)))
}

// Reciprocal is 1/x for x in [2⁻¹²⁵, 2¹⁰⁰]. In float32 the largest relative error over all of them
// is 8.9·10⁻⁸; above that range, its corrections are subnormal.
func Reciprocal[T Float](x T) T {
	if double[T]() {
		return 1 / x
	}
	return T(reciprocal32(float32(x)))
}

// Sqrt is the square root of x, which is 0 or in [2⁻¹⁰⁰, 2¹²⁵]. In float32 the
// largest relative error over all of them is 9·10⁻⁸.
func Sqrt[T Float](x T) T {
	if double[T]() {
		return T(math.Sqrt(float64(x)))
	}
	return T(sqrt32(float32(x)))
}

// exp32 reduces x to r = x − n·ln 2, |r| ≤ ½ ln 2, with ln 2 in two parts, the first of which times
// n is exact, then evaluates a polynomial (coefficients: Moshier, Cephes, expf) and scales by 2ⁿ
// through the exponent bits.
func exp32(x float32) float32 {
	if x < -87 {
		x = -87
	}
	if x > 88 {
		x = 88
	}
	n := floor32(float32(x*1.44269504088896341) + 0.5)
	r := x - float32(n*0.693359375)
	r -= float32(n * -2.12194440e-4)
	p := float32(1.9875691500e-4)
	p = float32(p*r) + 1.3981999507e-3
	p = float32(p*r) + 8.3334519073e-3
	p = float32(p*r) + 4.1665795894e-2
	p = float32(p*r) + 1.6666665459e-1
	p = float32(p*r) + 5.0000001201e-1
	square := float32(r * r)
	p = float32(p*square) + r
	p += 1
	return float32(p * math.Float32frombits(uint32(int32(n)+127)<<23))
}

// log32 splits x = m·2ᵉ with m in [√½, √2) and evaluates a polynomial in m − 1 (coefficients:
// Moshier, Cephes, logf).
func log32(x float32) float32 {
	bits := int32(math.Float32bits(x))
	e := (bits - 0x3f3504f3) >> 23
	f := math.Float32frombits(uint32(bits-e<<23)) - 1
	n := float32(e)
	p := float32(7.0376836292e-2)
	p = float32(p*f) - 1.1514610310e-1
	p = float32(p*f) + 1.1676998740e-1
	p = float32(p*f) - 1.2420140846e-1
	p = float32(p*f) + 1.4249322787e-1
	p = float32(p*f) - 1.6668057665e-1
	p = float32(p*f) + 2.0000714765e-1
	p = float32(p*f) - 2.4999993993e-1
	p = float32(p*f) + 3.3333331174e-1
	square := float32(f * f)
	y := float32(float32(p*f) * square)
	y += float32(n * -2.12194440e-4)
	y -= float32(0.5 * square)
	y += f
	return y + float32(n*0.693359375)
}

// reciprocal32 refines a seed made from the bits of x by three Newton steps.
func reciprocal32(x float32) float32 {
	y := math.Float32frombits(0x7ef311c7 - math.Float32bits(x))
	for range 3 {
		y += float32(y * (1 - float32(x*y)))
	}
	return y
}

// sqrt32 refines a seed of 1/√x made from the bits of x by three Newton steps and corrects x·(1/√x)
// once.
func sqrt32(x float32) float32 {
	if x == 0 {
		return 0
	}
	half := float32(0.5 * x)
	y := math.Float32frombits(0x5f3759df - math.Float32bits(x)>>1)
	for range 3 {
		y = float32(y * (1.5 - float32(float32(half*y)*y)))
	}
	s := float32(x * y)
	return s + float32(float32(0.5*y)*(x-float32(s*s)))
}

// floor32 is floor for |x| < 2³¹, without a call into package math.
func floor32(x float32) float32 {
	n := float32(int32(x))
	if n > x {
		n--
	}
	return n
}
