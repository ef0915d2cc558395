package cpuref

// LIFBackwardArguments are the arrays and sizes of [LIFBackward].
type LIFBackwardArguments[T Float] struct {
	Error []T // [sample][step][stride]; read: ∂L/∂S[t] from above, written: ∂L/∂h[t]

	Spikes              []uint32 // [sample][step][word]
	Membrane            []T      // [sample][step][stride]: U[t+1]; not read with Derivative
	Derivative          []T      // [sample][step][stride]: what [LIFForward] left of it; nil: it is computed from Membrane
	Current             []T      // [sample][step][stride]: I[t+1]; only to differentiate the reset
	SpikeError          []T      // [sample][stride]: error that every spike of a neuron gets, whenever
	RecurrentTransposed []T      // [neuron][stride]: Vᵀ, nil without recurrence

	Steps, Neurons int
	Filters        int     // neurons a position; 0 in a dense layer
	Recurrent      Window  // geometry of the recurrent connection
	RecurrentDelay int     // steps
	Segment        Segment // of Error, Membrane, Derivative and Current, which hold a row before and RecurrentDelay rows after it
	States         []T     // [sample][2][stride]: λI and λU, read where the segment ends, written where it begins; nil for whole samples
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
	work.grow(5, samples*stride)
	current, membrane, recurrent, zero := work.rows[0], work.rows[1], work.rows[2], work.rows[3]
	clear(current)
	clear(membrane)
	clear(zero)
	segment := a.Segment.Of(a.Steps)
	if segment.Last < a.Steps {
		for b := first; b < last; b++ {
			adjointI, adjointU := states(a.States, b, stride)
			copy(current[(b-first)*stride:], adjointI)
			copy(membrane[(b-first)*stride:], adjointU)
		}
	}
	filters := filtersOf(a.Filters, a.Neurons)
	for t := segment.Last - 1; t >= segment.First; t-- {
		clear(recurrent)
		if a.RecurrentTransposed != nil && t+a.RecurrentDelay < a.Steps {
			// All samples together: the weights are read once for them.
			product := errorProducts[T]{
				dst: recurrent, above: current, transposed: a.RecurrentTransposed, // λI[t+1] is ∂L/∂h[t]
				dstStride: stride, stride: stride, rows: samples,
				filters: filters, unitAbove: Stride(filters), window: a.Recurrent,
			}
			if a.RecurrentDelay > 0 {
				product.above = a.Error[segment.row(first, t+a.RecurrentDelay)*stride:]
				product.stride = segment.Rows * stride
			}
			addErrors(&product, stride)
		}
		for b := first; b < last; b++ {
			row, at, own := b*a.Steps+t, segment.row(b, t)*stride, (b-first)*stride
			state := adjointRows[T]{
				current: current[own:][:stride], membrane: membrane[own:][:stride],
				errors:    a.Error[at:][:stride],
				recurrent: recurrent[own:][:stride], spikeError: a.SpikeError[b*stride:][:stride],
				before: zero[:stride], currentBefore: zero[:stride], derivative: work.rows[4][:stride],
				spikes: a.Spikes[row*words : (row+1)*words],
			}
			if a.Derivative != nil {
				state.derivative, state.given = a.Derivative[at:][:stride], true
			} else if t > 0 {
				state.before = a.Membrane[at-stride:][:stride]
				if a.Current != nil {
					state.currentBefore = a.Current[at-stride:][:stride]
				}
			}
			adjoint(&a.Neuron, &state)
		}
	}
	if a.States != nil {
		for b := first; b < last; b++ {
			adjointI, adjointU := states(a.States, b, stride)
			copy(adjointI, current[(b-first)*stride:])
			copy(adjointU, membrane[(b-first)*stride:])
		}
	}
}
