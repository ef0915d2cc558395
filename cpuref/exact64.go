package cpuref

import "math"

// The float64 functions below serve parameters (decay constants, initial weights, generated data).
// Package math uses assembly on some processors and fused operations on others, so its results may
// differ in the last bit between machines; these do not.

// exp64 is e to the power x for |x| ≤ 700 (clamped to that), to about 4·10⁻¹⁶.
func exp64(x float64) float64 {
	x = math.Max(-700, math.Min(700, x))
	n := math.Floor(float64(x*math.Log2E) + 0.5)
	r := x - float64(n*6.93147180369123816490e-01)
	r -= float64(n * 1.90821492927058770002e-10)
	// Taylor: the first omitted term is below r¹⁵/15! = 10⁻¹⁹.
	p := 1.0
	for k := 14.0; k >= 1; k-- {
		p = float64(float64(p*r)/k) + 1
	}
	return float64(p * math.Float64frombits(uint64(int64(n)+1023)<<52))
}

// log64 is the natural logarithm of a positive normal x, to about 4·10⁻¹⁶:
// log m = 2·artanh((m−1)/(m+1)) by its series.
func log64(x float64) float64 {
	bits := int64(math.Float64bits(x))
	e := (bits - 0x3fe6a09e667f3bcd) >> 52
	m := math.Float64frombits(uint64(bits - e<<52))
	s := (m - 1) / (m + 1)
	square := float64(s * s)
	sum := 0.0
	for k := 27.0; k >= 1; k -= 2 {
		sum = float64(sum*square) + 1/k
	}
	y := float64(float64(2*s) * sum)
	y += float64(float64(e) * 1.90821492927058770002e-10)
	return y + float64(float64(e)*6.93147180369123816490e-01)
}

// Exp64 is e to the power x for |x| ≤ 700, with the same bits on every processor.
func Exp64(x float64) float64 { return exp64(x) }

// Log64 is the natural logarithm of a positive x, with the same bits on every processor.
func Log64(x float64) float64 { return log64(x) }

// SinTurns is sin(2πx), with the same bits on every processor, to about 3·10⁻¹⁶.
func SinTurns(x float64) float64 {
	x -= math.Floor(x + 0.5) // [−½, ½)
	// The half turn beyond a quarter mirrors the one before it. No branch, because which half it is
	// cannot be predicted.
	size := math.Abs(x)
	a := float64(2 * math.Pi * min(size, 0.5-size))
	square := float64(a * a)
	// Taylor: the first omitted term is below (π/2)²³/23! = 10⁻¹⁸.
	p := 1.0 / (2 * 3 * 4 * 5 * 6 * 7 * 8 * 9 * 10 * 11 * 12 * 13 * 14 * 15 * 16 * 17 * 18 * 19 * 20 * 21)
	p = float64(p*square) - 1.0/(2*3*4*5*6*7*8*9*10*11*12*13*14*15*16*17*18*19)
	p = float64(p*square) + 1.0/(2*3*4*5*6*7*8*9*10*11*12*13*14*15*16*17)
	p = float64(p*square) - 1.0/(2*3*4*5*6*7*8*9*10*11*12*13*14*15)
	p = float64(p*square) + 1.0/(2*3*4*5*6*7*8*9*10*11*12*13)
	p = float64(p*square) - 1.0/(2*3*4*5*6*7*8*9*10*11)
	p = float64(p*square) + 1.0/(2*3*4*5*6*7*8*9)
	p = float64(p*square) - 1.0/(2*3*4*5*6*7)
	p = float64(p*square) + 1.0/(2*3*4*5)
	p = float64(p*square) - 1.0/(2*3)
	return math.Copysign(a+float64(float64(a*square)*p), x)
}
