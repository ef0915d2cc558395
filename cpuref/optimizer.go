package cpuref

import "math"

// Optimizer is a rule that turns gradients into new weights.
type Optimizer uint32

// The optimizers of theory. States not named are unused.
const (
	OptimizerSGD     Optimizer = iota // State[0] the velocity
	OptimizerAdam                     // State[0], State[1] the moments (Kingma & Ba 2015)
	OptimizerAdamW                    // the same with decoupled weight decay (Loshchilov & Hutter 2019)
	OptimizerSMORMS3                  // State[0] g, State[1] g2, State[2] mem, from 1 (Funk 2015)
)

// tinyGradient is the magnitude below which an optimizer treats a gradient as zero, so that its
// square is a normal number.
const tinyGradient = 0x1p-50

// tinySquare is the same for moments of squares.
const tinySquare = 0x1p-100

// Optimizers that square gradients limit them to these magnitudes, so that the square stays in the
// domain of [Sqrt] or, for SMORMS3, of [Reciprocal].
const (
	largestAdam    = 0x1p62
	largestSMORMS3 = 0x1p49
)

// UpdateParameters are what an update needs besides the arrays; they may change
// from update to update.
type UpdateParameters[T Float] struct {
	InverseBatch  T // 1/samples
	LearningRate  T
	WeightDecay   T
	Momentum      T // share of velocity kept (SGD); β1 (Adam)
	Momentum1     T // 1 − β1
	SecondMoment  T // β2
	SecondMoment1 T // 1 − β2
	Correction    T // 1/(1 − β1ᵗ)
	Correction2   T // 1/(1 − β2ᵗ)
	Epsilon       T
}

// OptimizerArguments are the arrays of [OptimizerUpdate], all of one length.
type OptimizerArguments[T Float] struct {
	Weights  []T    // read and written
	State    [3][]T // read and written, as far as the optimizer uses them
	Gradient []T    // summed over the batch

	Kind       Optimizer
	Parameters UpdateParameters[T]
}

// OptimizerUpdate updates the weights first ≤ i < last. Twin: shaders/optimizer.comp.
func OptimizerUpdate[T Float](a *OptimizerArguments[T], first, last int) {
	p := &a.Parameters
	if v := vectors; v != nil && v.update != nil && !double[T]() {
		first = v.update(singles[OptimizerArguments[float32]](a), first, last)
	}
	for i := first; i < last; i++ {
		w := a.Weights[i]
		gradient := T(a.Gradient[i] * p.InverseBatch)
		if a.Kind != OptimizerAdamW {
			gradient += T(p.WeightDecay * w)
		}
		gradient = flushBelow(gradient, tinyGradient)
		var step T
		switch a.Kind {
		case OptimizerSGD:
			velocity := FlushState(T(p.Momentum*a.State[0][i]) + gradient)
			a.State[0][i] = velocity
			step = T(p.LearningRate * velocity)
		case OptimizerAdam, OptimizerAdamW:
			gradient = limitFinite(gradient, largestAdam)
			first := FlushState(T(p.Momentum*a.State[0][i]) + T(p.Momentum1*gradient))
			second := flushBelow(T(p.SecondMoment*a.State[1][i])+T(p.SecondMoment1*T(gradient*gradient)), tinySquare)
			a.State[0][i], a.State[1][i] = first, second
			scale := Reciprocal(Sqrt(T(second*p.Correction2)) + p.Epsilon)
			step = T(p.LearningRate * FlushState(T(T(first*p.Correction)*scale)))
			if a.Kind == OptimizerAdamW {
				step += T(T(p.LearningRate*p.WeightDecay) * w)
			}
		case OptimizerSMORMS3:
			gradient = limitFinite(gradient, largestSMORMS3)
			memory := a.State[2][i]
			rate := Reciprocal(memory + 1)
			first := flushBelow(T((1-rate)*a.State[0][i])+T(rate*gradient), tinyGradient)
			second := flushBelow(T((1-rate)*a.State[1][i])+T(rate*T(gradient*gradient)), tinySquare)
			ratio := T(T(first*first) * Reciprocal(second+p.Epsilon))
			a.State[0][i], a.State[1][i] = first, second
			a.State[2][i] = T(memory*(1-ratio)) + 1
			if ratio > p.LearningRate {
				ratio = p.LearningRate
			}
			step = T(FlushState(ratio) * T(gradient*Reciprocal(Sqrt(second)+p.Epsilon)))
		}
		a.Weights[i] = FlushWeight(w - step)
	}
}

// limitFinite limits the magnitude of a finite number. Others are kept, so that they do not pass
// for a gradient.
func limitFinite[T Float](x, magnitude T) T {
	switch {
	case x > magnitude && x <= math.MaxFloat32:
		return magnitude
	case x < -magnitude && x >= -math.MaxFloat32:
		return -magnitude
	}
	return x
}

// flushBelow sets x to +0 if its magnitude is below the given one.
func flushBelow[T Float](x, magnitude T) T {
	if x < magnitude && x > -magnitude {
		return 0
	}
	return x
}
