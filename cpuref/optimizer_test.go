package cpuref

import (
	"math"
	"testing"
)

// TestLargeGradients: optimizers that square a gradient limit one whose square overflows, under
// every instruction set, but not one that is not finite.
func TestLargeGradients(t *testing.T) {
	defer UseInstructions(UsedInstructions())
	const count, rate = 2*Lane + 3, 0.01
	update := func(kind Optimizer, gradient float32) []float32 {
		a := OptimizerArguments[float32]{
			Weights: make([]float32, count), Gradient: make([]float32, count), Kind: kind,
			Parameters: UpdateParameters[float32]{
				InverseBatch: 1, LearningRate: rate, Momentum: 0.9, Momentum1: 0.1,
				SecondMoment: 0.999, SecondMoment1: 0.001, Correction: 10, Correction2: 1000, Epsilon: 1e-8,
			},
		}
		for i := range a.Gradient {
			a.Gradient[i] = gradient
		}
		for s := range a.State {
			a.State[s] = make([]float32, count)
		}
		if kind == OptimizerSMORMS3 {
			for i := range a.State[2] {
				a.State[2][i] = 1
			}
		}
		OptimizerUpdate(&a, 0, count)
		return a.Weights
	}
	for _, set := range []Instructions{PlainInstructions, AVX2Instructions, AVX512Instructions} {
		if !UseInstructions(set) {
			t.Logf("%s is not in this build or processor", set)
			continue
		}
		for _, kind := range []Optimizer{OptimizerAdam, OptimizerAdamW, OptimizerSMORMS3} {
			usual := update(kind, 3)[0]
			for _, gradient := range []float32{1e15, 1e20, 3e38} {
				up, down := update(kind, gradient), update(kind, -gradient)
				for i := range up {
					if math.Abs(float64(up[i]/usual-1)) > 1e-6 || down[i] != -up[i] {
						t.Errorf("%s, optimizer %d, gradients of ±%g: weight %d moves by %g and %g, want ∓%g", set, kind, gradient, i, up[i], down[i], -usual)
					}
				}
			}
			for _, gradient := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
				for i, w := range update(kind, float32(gradient)) {
					if !math.IsNaN(float64(w)) && !math.IsInf(float64(w), 0) {
						t.Errorf("%s, optimizer %d, gradient %g: weight %d becomes %g", set, kind, gradient, i, w)
					}
				}
			}
		}
	}
}
