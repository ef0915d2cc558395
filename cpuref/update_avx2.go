// Code generated from update_avx512.go by generate_avx2.sh; DO NOT EDIT.

//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// Optimizer rules for vectors of 8 neurons, here weights.

// updateAVX2 is OptimizerUpdate in whole vectors; it returns the first weight not updated.
func updateAVX2(a *OptimizerArguments[float32], first, last int) int {
	end := first + (last-first)/lanesAVX2*lanesAVX2
	if first >= end {
		return first
	}
	p := &a.Parameters
	weights, gradients := &a.Weights[:end][0], &a.Gradient[:end][0]
	scale, decay, rate := allAVX2(p.InverseBatch), allAVX2(p.WeightDecay), allAVX2(p.LearningRate)
	decoupled := allAVX2(float32(p.LearningRate * p.WeightDecay))
	for i := first; i < end; i += lanesAVX2 {
		w := loadAVX2(weights, i)
		gradient := loadAVX2(gradients, i).Mul(scale)
		if a.Kind != OptimizerAdamW {
			gradient = gradient.Add(decay.Mul(w))
		}
		gradient = flushAVX2(gradient, &splats.tinyGradient)
		var step archsimd.Float32x8
		switch a.Kind {
		case OptimizerSGD:
			velocity := flushAVX2(allAVX2(p.Momentum).Mul(loadAVX2(&a.State[0][i], 0)).Add(gradient), &splats.tinyState)
			storeAVX2(&a.State[0][i], 0, velocity)
			step = rate.Mul(velocity)
		case OptimizerAdam, OptimizerAdamW:
			step = rate.Mul(adamAVX2(a, i, gradient))
			if a.Kind == OptimizerAdamW {
				step = step.Add(decoupled.Mul(w))
			}
		case OptimizerSMORMS3:
			step = smorms3AVX2(a, i, gradient)
		}
		storeAVX2(weights, i, flushAVX2(w.Sub(step), &splats.tinyWeight))
	}
	archsimd.ClearAVXUpperBits()
	return end
}

// limitFiniteAVX2 is limitFinite.
func limitFiniteAVX2(x archsimd.Float32x8, magnitude *splat) archsimd.Float32x8 {
	limit := constantAVX2(magnitude)
	limited := x.Min(limit).Max(negateAVX2(limit))
	return limited.Merge(x, magnitudeAVX2(x).LessEqual(constantAVX2(&splats.largest)))
}

// adamAVX2 updates the moments and returns the step at a learning rate of 1.
func adamAVX2(a *OptimizerArguments[float32], i int, gradient archsimd.Float32x8) archsimd.Float32x8 {
	p := &a.Parameters
	m, v := &a.State[0][i], &a.State[1][i]
	gradient = limitFiniteAVX2(gradient, &splats.largestAdam)
	first := flushAVX2(allAVX2(p.Momentum).Mul(loadAVX2(m, 0)).Add(allAVX2(p.Momentum1).Mul(gradient)), &splats.tinyState)
	square := gradient.Mul(gradient)
	second := flushAVX2(allAVX2(p.SecondMoment).Mul(loadAVX2(v, 0)).Add(allAVX2(p.SecondMoment1).Mul(square)), &splats.tinySquare)
	storeAVX2(m, 0, first)
	storeAVX2(v, 0, second)
	scale := reciprocalAVX2(rootAVX2(second.Mul(allAVX2(p.Correction2))).Add(allAVX2(p.Epsilon)))
	return flushAVX2(first.Mul(allAVX2(p.Correction)).Mul(scale), &splats.tinyState)
}

// smorms3AVX2 updates the moments and the memory and returns the step.
func smorms3AVX2(a *OptimizerArguments[float32], i int, gradient archsimd.Float32x8) archsimd.Float32x8 {
	p, one := &a.Parameters, constantAVX2(&splats.one)
	gradient = limitFiniteAVX2(gradient, &splats.largestSMORMS3)
	memory := loadAVX2(&a.State[2][i], 0)
	rate := reciprocalAVX2(memory.Add(one))
	kept := one.Sub(rate)
	first := flushAVX2(kept.Mul(loadAVX2(&a.State[0][i], 0)).Add(rate.Mul(gradient)), &splats.tinyGradient)
	square := gradient.Mul(gradient)
	second := flushAVX2(kept.Mul(loadAVX2(&a.State[1][i], 0)).Add(rate.Mul(square)), &splats.tinySquare)
	epsilon := allAVX2(p.Epsilon)
	ratio := first.Mul(first).Mul(reciprocalAVX2(second.Add(epsilon)))
	storeAVX2(&a.State[0][i], 0, first)
	storeAVX2(&a.State[1][i], 0, second)
	storeAVX2(&a.State[2][i], 0, memory.Mul(one.Sub(ratio)).Add(one))
	limit := allAVX2(p.LearningRate)
	ratio = limit.Merge(ratio, ratio.Greater(limit))
	return flushAVX2(ratio, &splats.tinyState).Mul(gradient.Mul(reciprocalAVX2(rootAVX2(second).Add(epsilon))))
}

// rootAVX2 is sqrt32; it gives 0 for 0 without a special case.
func rootAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	half, oneAndHalf := constantAVX2(&splats.half), constantAVX2(&splats.oneAndHalf)
	halved := half.Mul(x)
	bits := x.AsUint32x8().ShiftRight(integersAVX2(&splats.single))
	y := integersAVX2(&splats.rootSeed).Sub(bits).AsFloat32x8()
	y = y.Mul(oneAndHalf.Sub(halved.Mul(y).Mul(y)))
	y = y.Mul(oneAndHalf.Sub(halved.Mul(y).Mul(y)))
	y = y.Mul(oneAndHalf.Sub(halved.Mul(y).Mul(y)))
	s := x.Mul(y)
	return s.Add(half.Mul(y).Mul(x.Sub(s.Mul(s))))
}
