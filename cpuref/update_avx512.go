//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// Optimizer rules for vectors of 16 neurons, here weights. The AVX2 version is generated from this file.

// updateAVX512 is OptimizerUpdate in whole vectors; it returns the first weight not updated.
func updateAVX512(a *OptimizerArguments[float32], first, last int) int {
	end := first + (last-first)/lanesAVX512*lanesAVX512
	if first >= end {
		return first
	}
	p := &a.Parameters
	weights, gradients := &a.Weights[:end][0], &a.Gradient[:end][0]
	scale, decay, rate := allAVX512(p.InverseBatch), allAVX512(p.WeightDecay), allAVX512(p.LearningRate)
	decoupled := allAVX512(float32(p.LearningRate * p.WeightDecay))
	for i := first; i < end; i += lanesAVX512 {
		w := loadAVX512(weights, i)
		gradient := loadAVX512(gradients, i).Mul(scale)
		if a.Kind != OptimizerAdamW {
			gradient = gradient.Add(decay.Mul(w))
		}
		gradient = flushAVX512(gradient, &splats.tinyGradient)
		var step archsimd.Float32x16
		switch a.Kind {
		case OptimizerSGD:
			velocity := flushAVX512(allAVX512(p.Momentum).Mul(loadAVX512(&a.State[0][i], 0)).Add(gradient), &splats.tinyState)
			storeAVX512(&a.State[0][i], 0, velocity)
			step = rate.Mul(velocity)
		case OptimizerAdam, OptimizerAdamW:
			step = rate.Mul(adamAVX512(a, i, gradient))
			if a.Kind == OptimizerAdamW {
				step = step.Add(decoupled.Mul(w))
			}
		case OptimizerSMORMS3:
			step = smorms3AVX512(a, i, gradient)
		}
		storeAVX512(weights, i, flushAVX512(w.Sub(step), &splats.tinyWeight))
	}
	archsimd.ClearAVXUpperBits()
	return end
}

// limitFiniteAVX512 is limitFinite.
func limitFiniteAVX512(x archsimd.Float32x16, magnitude *splat) archsimd.Float32x16 {
	limit := constantAVX512(magnitude)
	limited := x.Min(limit).Max(negateAVX512(limit))
	return limited.Merge(x, magnitudeAVX512(x).LessEqual(constantAVX512(&splats.largest)))
}

// adamAVX512 updates the moments and returns the step at a learning rate of 1.
func adamAVX512(a *OptimizerArguments[float32], i int, gradient archsimd.Float32x16) archsimd.Float32x16 {
	p := &a.Parameters
	m, v := &a.State[0][i], &a.State[1][i]
	gradient = limitFiniteAVX512(gradient, &splats.largestAdam)
	first := flushAVX512(allAVX512(p.Momentum).Mul(loadAVX512(m, 0)).Add(allAVX512(p.Momentum1).Mul(gradient)), &splats.tinyState)
	square := gradient.Mul(gradient)
	second := flushAVX512(allAVX512(p.SecondMoment).Mul(loadAVX512(v, 0)).Add(allAVX512(p.SecondMoment1).Mul(square)), &splats.tinySquare)
	storeAVX512(m, 0, first)
	storeAVX512(v, 0, second)
	scale := reciprocalAVX512(rootAVX512(second.Mul(allAVX512(p.Correction2))).Add(allAVX512(p.Epsilon)))
	return flushAVX512(first.Mul(allAVX512(p.Correction)).Mul(scale), &splats.tinyState)
}

// smorms3AVX512 updates the moments and the memory and returns the step.
func smorms3AVX512(a *OptimizerArguments[float32], i int, gradient archsimd.Float32x16) archsimd.Float32x16 {
	p, one := &a.Parameters, constantAVX512(&splats.one)
	gradient = limitFiniteAVX512(gradient, &splats.largestSMORMS3)
	memory := loadAVX512(&a.State[2][i], 0)
	rate := reciprocalAVX512(memory.Add(one))
	kept := one.Sub(rate)
	first := flushAVX512(kept.Mul(loadAVX512(&a.State[0][i], 0)).Add(rate.Mul(gradient)), &splats.tinyGradient)
	square := gradient.Mul(gradient)
	second := flushAVX512(kept.Mul(loadAVX512(&a.State[1][i], 0)).Add(rate.Mul(square)), &splats.tinySquare)
	epsilon := allAVX512(p.Epsilon)
	ratio := first.Mul(first).Mul(reciprocalAVX512(second.Add(epsilon)))
	storeAVX512(&a.State[0][i], 0, first)
	storeAVX512(&a.State[1][i], 0, second)
	storeAVX512(&a.State[2][i], 0, memory.Mul(one.Sub(ratio)).Add(one))
	limit := allAVX512(p.LearningRate)
	ratio = limit.Merge(ratio, ratio.Greater(limit))
	return flushAVX512(ratio, &splats.tinyState).Mul(gradient.Mul(reciprocalAVX512(rootAVX512(second).Add(epsilon))))
}

// rootAVX512 is sqrt32; it gives 0 for 0 without a special case.
func rootAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	half, oneAndHalf := constantAVX512(&splats.half), constantAVX512(&splats.oneAndHalf)
	halved := half.Mul(x)
	bits := x.AsUint32x16().ShiftRight(integersAVX512(&splats.single))
	y := integersAVX512(&splats.rootSeed).Sub(bits).AsFloat32x16()
	y = y.Mul(oneAndHalf.Sub(halved.Mul(y).Mul(y)))
	y = y.Mul(oneAndHalf.Sub(halved.Mul(y).Mul(y)))
	y = y.Mul(oneAndHalf.Sub(halved.Mul(y).Mul(y)))
	s := x.Mul(y)
	return s.Add(half.Mul(y).Mul(x.Sub(s.Mul(s))))
}
