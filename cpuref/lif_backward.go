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
	Filters        int    // neurons a position; 0 in a dense layer
	Recurrent      Window // geometry of the recurrent connection
	RecurrentDelay int    // steps
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
	stride, words, samples := Stride(a.Neurons), Words(a.Neurons), last-first
	work.grow(4, samples*stride)
	current, membrane, recurrent, zero := work.rows[0], work.rows[1], work.rows[2], work.rows[3]
	clear(current)
	clear(membrane)
	clear(zero)
	filters := filtersOf(a.Filters, a.Neurons)
	for t := a.Steps - 1; t >= 0; t-- {
		clear(recurrent)
		if a.RecurrentTransposed != nil && t+a.RecurrentDelay < a.Steps {
			// All samples together: the weights are read once for them.
			product := errorProducts[T]{
				dst: recurrent, above: current, transposed: a.RecurrentTransposed, // λI[t+1] is ∂L/∂h[t]
				dstStride: stride, stride: stride, rows: samples,
				filters: filters, unitAbove: Stride(filters), window: a.Recurrent,
			}
			if a.RecurrentDelay > 0 {
				product.above = a.Error[(first*a.Steps+t+a.RecurrentDelay)*stride:]
				product.stride = a.Steps * stride
			}
			addErrors(&product, stride)
		}
		for b := first; b < last; b++ {
			row, own := b*a.Steps+t, (b-first)*stride
			state := adjointRows[T]{
				current: current[own:][:stride], membrane: membrane[own:][:stride],
				errors:    a.Error[row*stride:][:stride],
				recurrent: recurrent[own:][:stride], spikeError: a.SpikeError[b*stride:][:stride],
				before: zero[:stride], currentBefore: zero[:stride],
				spikes: a.Spikes[row*words : (row+1)*words],
			}
			if t > 0 {
				state.before = a.Membrane[(row-1)*stride:][:stride]
				if a.Current != nil {
					state.currentBefore = a.Current[(row-1)*stride:][:stride]
				}
			}
			adjoint(&a.Neuron, &state)
		}
	}
}
