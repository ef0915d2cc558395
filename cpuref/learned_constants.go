package cpuref

import "math/bits"

// Constant is a neuron constant that can be learned. Its value is the configured one times exp(ρ);
// ρ, the learned number, lies within ±[LearnedBound].
type Constant uint32

// The constants.
const (
	ConstantTauMembrane   Constant = iota // τ_mem, of a_m = exp(−dt/τ_mem)
	ConstantTauSynapse                    // τ_syn, of a_s = exp(−dt/τ_syn)
	ConstantThreshold                     // θ
	ConstantTauAdaptation                 // τ_a, of a_a = exp(−dt/τ_a)
	ConstantAdaptation                    // κ
	ConstantNoiseBeta                     // β of escape noise that is a function of β·(U − θ)
	learnable                             // how many there are
)

// LearnedBound is the largest magnitude of ρ: values range from 1/54.6 to 54.6 times the configured
// one.
const LearnedBound = 4

// LearnedSet is a set of constants, one bit each.
type LearnedSet uint32

// With returns the set with a constant added.
func (s LearnedSet) With(c Constant) LearnedSet { return s | 1<<c }

// Has reports whether a constant is in the set.
func (s LearnedSet) Has(c Constant) bool { return s>>c&1 != 0 }

// Count is how many constants are in the set.
func (s LearnedSet) Count() int { return bits.OnesCount32(uint32(s)) }

// Place is the index of a constant within the set.
func (s LearnedSet) Place(c Constant) int { return (s & (1<<c - 1)).Count() }

// Rows of the array that [LearnedConstants] writes: the values that neurons use for their
// constants, followed by the derivatives of these with respect to ρ, one row per [Constant].
const (
	RowDecayMembrane = iota
	RowDriveMembrane
	RowDecaySynapse
	RowThreshold
	RowRaised
	RowDecayAdaptation
	RowAdaptation
	RowSteepness
	RowSlopes
	LearnedRows = RowSlopes + int(learnable)
)

// FillConstants fills all rows of an array for [LearnedConstants], [LearnedRows][stride], with the
// layer's configured constants.
func FillConstants[T Float](rows []T, p *Neuron[T]) {
	stride := len(rows) / LearnedRows
	for row, value := range [RowSlopes]T{
		p.DecayMembrane, p.DriveMembrane, p.DecaySynapse, p.Threshold, p.Raised, p.DecayAdaptation, p.Adaptation, 1,
	} {
		for n := range stride {
			rows[row*stride+n] = value
		}
	}
}

// LearnedConstantsArguments are the arrays and sizes of [LearnedConstants].
type LearnedConstantsArguments[T Float] struct {
	Rows    []T // [LearnedRows][stride]; written: those that depend on the constant
	Learned []T // read and written; [stride of a position], or one for all neurons: ρ

	Neurons, Filters int // number of neurons; neurons per position, 0 in a dense layer
	Units            int // learned numbers: one per neuron of a position, or 1
	Constant         Constant
	Factor           T // dt/τ of a configured time constant, the configured θ or κ; unused for β
}

// LearnedConstants clamps what is learned of a constant to its bounds, and computes from it the
// values that neurons first ≤ n < last of the padded row use:
//
//	a = exp(−x), x = dt/τ·exp(−ρ), ∂a/∂ρ = a·x;    θ·exp(ρ), κ·exp(ρ), their own derivatives;
//	β'/β = exp(ρ), the [Neuron.Steepness]; its derivatives are entirely in [Neuron.AddConstants]
//
// Twin: shaders/learned_constants.comp.
func LearnedConstants[T Float](a *LearnedConstantsArguments[T], first, last int) {
	stride, unit := Stride(a.Neurons), Stride(filtersOf(a.Filters, a.Neurons))
	put := func(row, n int, value T) { a.Rows[row*stride+n] = value }
	for n := first; n < last; n++ {
		i := n % unit
		if a.Units == 1 {
			i = 0
		}
		rho := a.Learned[i]
		if rho > LearnedBound {
			rho = LearnedBound
		}
		if rho < -LearnedBound {
			rho = -LearnedBound
		}
		if n == i {
			a.Learned[i] = rho // the other neurons sharing a learned number clamp it for themselves
		}
		slope := RowSlopes + int(a.Constant)
		switch a.Constant {
		case ConstantThreshold:
			theta := FlushWeight(T(a.Factor * Exp(rho)))
			put(RowThreshold, n, theta)
			put(RowRaised, n, FlushState(theta-1))
			put(slope, n, theta)
		case ConstantAdaptation:
			kappa := FlushWeight(T(a.Factor * Exp(rho)))
			put(RowAdaptation, n, kappa)
			put(slope, n, kappa)
		case ConstantNoiseBeta:
			put(RowSteepness, n, FlushWeight(Exp(rho)))
			put(slope, n, 1)
		default:
			x := T(a.Factor * Exp(-rho))
			if x > exponentLimit {
				x = exponentLimit
			}
			decay := FlushWeight(Exp(-x))
			put(slope, n, FlushWeight(T(decay*x)))
			switch a.Constant {
			case ConstantTauMembrane:
				put(RowDecayMembrane, n, decay)
				put(RowDriveMembrane, n, FlushWeight(1-decay))
			case ConstantTauSynapse:
				put(RowDecaySynapse, n, decay)
			case ConstantTauAdaptation:
				put(RowDecayAdaptation, n, decay)
			}
		}
	}
}

// Own returns neuron n of a layer whose constants are in rows, as [LearnedConstants] writes them.
func (p *Neuron[T]) Own(rows []T, n int) Neuron[T] {
	q, stride := *p, len(rows)/LearnedRows
	q.DecayMembrane, q.DriveMembrane = rows[RowDecayMembrane*stride+n], rows[RowDriveMembrane*stride+n]
	q.DecaySynapse, q.DecayAdaptation = rows[RowDecaySynapse*stride+n], rows[RowDecayAdaptation*stride+n]
	q.Threshold, q.Raised, q.Adaptation = rows[RowThreshold*stride+n], rows[RowRaised*stride+n], rows[RowAdaptation*stride+n]
	q.Steepness = rows[RowSteepness*stride+n]
	return q
}

// AddConstants adds to sums, one number per [Constant], a step's contribution to the derivatives of
// the loss with respect to a_m, a_s, θ, a_a, κ and the ρ of β. Held are the states at t, adjoint
// the adjoints at t+1, sloped what ∂L/∂S[t] passes to the potential, gate 1 − S[t]. Products that a
// device might flush count as 0.
func (p *Neuron[T]) AddConstants(sums *[learnable]T, held, adjoint *NeuronState[T], sloped, gate T) {
	leak, drive := p.passed(adjoint[0], gate)
	sums[ConstantTauMembrane] += FlushState(T(leak * held[0]))
	if p.Model.HasCurrent() { // 1 − a_m scales the drive
		sums[ConstantTauMembrane] -= FlushState(T(drive * held[1]))
		sums[ConstantTauSynapse] += FlushState(T(adjoint[1] * held[1]))
	}
	sums[ConstantThreshold] -= FlushState(sloped)
	if p.Reset == ResetSubtractive {
		sums[ConstantThreshold] -= T(adjoint[0] * (1 - gate))
	}
	if p.Model.Adapts() {
		sums[ConstantTauAdaptation] += FlushState(T(adjoint[2] * held[2]))
		sums[ConstantAdaptation] += T(adjoint[2] * (1 - gate))
	}
	sums[ConstantNoiseBeta] += FlushState(T(sloped * (p.above(held) - 1)))
}
