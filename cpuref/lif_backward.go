package cpuref

// LIFBackwardArguments are the arrays and sizes of [LIFBackward].
type LIFBackwardArguments[T Float] struct {
	Error []T // [sample][step][stride]; read: ∂L/∂S[t] from above, written: ∂L/∂h[t]

	Spikes              []uint32 // [sample][step][word]
	Membrane            []T      // [sample][step][stride]: U[t+1]
	Current             []T      // [sample][step][stride]: I[t+1]; only to differentiate the reset
	SpikeError          []T      // [sample][stride]: error that every spike of a neuron gets, whenever
	RecurrentTransposed []T      // [neuron][stride]: Vᵀ, nil without recurrence

	Steps, Neurons int
	RecurrentDelay int // steps
	Neuron         Neuron[T]
}

// LIFBackward is the reverse of [LIFForward], in place and backwards in time.
// With λ the adjoints, g the surrogate derivative and r = 1 − S:
//
//	∂L/∂h[t] = λI[t+1]
//	λS[t] = ∂L/∂S[t] from above + Σ Vᵀ·∂L/∂h[t+d_rec] + SpikeError
//	λI[t] = a_s·λI[t+1] + (1−a_m)·r·λU[t+1]
//	λU[t] = a_m·r·λU[t+1] + g(U[t] − θ)·λS[t]
//
// (multiplicative reset; the membrane-only reset has no r in λI, the subtractive
// one none at all). With DifferentiateReset λS[t] gets the derivative of U[t+1]
// with respect to S[t] times λU[t+1] as well; otherwise the gate is a constant.
// Samples first ≤ sample < last are done. Twin: shaders/lif_backward.comp.
func LIFBackward[T Float](a *LIFBackwardArguments[T], work *Workspace[T], first, last int) {
	stride, words := Stride(a.Neurons), Words(a.Neurons)
	work.grow(4, stride)
	current, membrane, recurrent, zero := work.rows[0], work.rows[1], work.rows[2], work.rows[3]
	clear(zero)
	for b := first; b < last; b++ {
		clear(current)
		clear(membrane)
		for t := a.Steps - 1; t >= 0; t-- {
			row := b*a.Steps + t
			errors := a.Error[row*stride:][:stride]
			clear(recurrent)
			if a.RecurrentTransposed != nil && t+a.RecurrentDelay < a.Steps {
				from := current // λI[t+1] is ∂L/∂h[t]
				if a.RecurrentDelay > 0 {
					from = a.Error[(row+a.RecurrentDelay)*stride:][:stride]
				}
				addProduct(recurrent, from[:a.Neurons], a.RecurrentTransposed)
			}
			before, currentBefore := zero, zero // U[t], I[t]
			if t > 0 {
				before = a.Membrane[(row-1)*stride:][:stride]
				if a.Current != nil {
					currentBefore = a.Current[(row-1)*stride:][:stride]
				}
			}
			spikes := a.Spikes[row*words : (row+1)*words]
			spikeError := a.SpikeError[b*stride:][:stride]
			for n := range a.Neurons {
				spike := spikes[n/32]>>(n%32)&1 != 0
				spikeAdjoint := (errors[n] + recurrent[n]) + spikeError[n]
				errors[n] = current[n]
				adjoint := adjointStep(&a.Neuron, current[n], membrane[n], spikeAdjoint, before[n], currentBefore[n], spike)
				current[n], membrane[n] = adjoint[0], adjoint[1]
			}
		}
	}
}

// adjointStep returns λI[t] and λU[t] of one neuron from λI[t+1], λU[t+1], λS[t]
// without the reset's share, U[t], I[t] and S[t].
func adjointStep[T Float](p *Neuron[T], current, membrane, spikeAdjoint, before, currentBefore T, spike bool) [2]T {
	gate := T(1)
	if spike {
		gate = 0
	}
	leak, drive := membrane, membrane // what λU[t+1] passes to λU[t] and λI[t]
	switch p.Reset {
	case ResetMultiplicative:
		leak = T(gate * membrane)
		drive = leak
	case ResetMembraneOnly:
		leak = T(gate * membrane)
	}
	if p.DifferentiateReset {
		lost := p.Threshold
		switch p.Reset {
		case ResetMultiplicative:
			lost = FlushState(T(p.DecayMembrane*before) + T(p.DriveMembrane*currentBefore))
		case ResetMembraneOnly:
			lost = FlushState(T(p.DecayMembrane * before))
		}
		spikeAdjoint -= T(lost * membrane)
	}
	g := SurrogateDerivative(p.Surrogate, p.SurrogateParameter, before-p.Threshold, spike)
	return [2]T{
		FlushState(T(p.DecaySynapse*current) + T(p.DriveMembrane*drive)),
		FlushState(T(p.DecayMembrane*leak) + T(g*FlushState(spikeAdjoint))),
	}
}
