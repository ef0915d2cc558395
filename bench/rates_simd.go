//go:build goexperiment.simd && amd64

package bench

import (
	"simd/archsimd"

	"spikegrad/cpuref"
)

// multiplyAdd multiplies and adds independent vectors of the width in use.
func multiplyAdd(rounds int) float32 {
	switch cpuref.UsedInstructions() {
	case cpuref.AVX512Instructions:
		return multiplyAdd16(rounds)
	case cpuref.AVX2Instructions:
		return multiplyAdd8(rounds)
	}
	return multiplyAddPlain(rounds)
}

// multiplyAddOperations is the number of operations in a round.
func multiplyAddOperations() float64 {
	switch cpuref.UsedInstructions() {
	case cpuref.AVX512Instructions:
		return 2 * 8 * 16
	case cpuref.AVX2Instructions:
		return 2 * 8 * 8
	}
	return 2 * chainsPlain
}

// Eight chains keep two units busy through the four cycles of latency of each operation.

func multiplyAdd16(rounds int) float32 {
	factor, term := archsimd.BroadcastFloat32x16(0.999), archsimd.BroadcastFloat32x16(0.001)
	a, b, c, d := term, factor, term.Add(term), factor.Add(factor)
	e, f, g, h := a.Add(b), a.Add(c), a.Add(d), b.Add(c)
	for range rounds {
		a = a.Mul(factor).Add(term)
		b = b.Mul(factor).Add(term)
		c = c.Mul(factor).Add(term)
		d = d.Mul(factor).Add(term)
		e = e.Mul(factor).Add(term)
		f = f.Mul(factor).Add(term)
		g = g.Mul(factor).Add(term)
		h = h.Mul(factor).Add(term)
	}
	var lanes [16]float32
	a.Add(b).Add(c.Add(d)).Add(e.Add(f).Add(g.Add(h))).Store(&lanes)
	return lanes[0]
}

func multiplyAdd8(rounds int) float32 {
	factor, term := archsimd.BroadcastFloat32x8(0.999), archsimd.BroadcastFloat32x8(0.001)
	a, b, c, d := term, factor, term.Add(term), factor.Add(factor)
	e, f, g, h := a.Add(b), a.Add(c), a.Add(d), b.Add(c)
	for range rounds {
		a = a.Mul(factor).Add(term)
		b = b.Mul(factor).Add(term)
		c = c.Mul(factor).Add(term)
		d = d.Mul(factor).Add(term)
		e = e.Mul(factor).Add(term)
		f = f.Mul(factor).Add(term)
		g = g.Mul(factor).Add(term)
		h = h.Mul(factor).Add(term)
	}
	var lanes [8]float32
	a.Add(b).Add(c.Add(d)).Add(e.Add(f).Add(g.Add(h))).Store(&lanes)
	return lanes[0]
}
