package cpuref

// LIFBackwardArguments are the arrays and sizes of [LIFBackward].
type LIFBackwardArguments[T Float] struct {
	Error []T // [sample][step][stride]; read: ∂L/∂S[t] from above, written: ∂L/∂h[t]

	Spikes              []uint32 // [sample][step][word]
	Membrane            []T      // [sample][step][stride]: from [LIFForward]; not read with Derivative
	Derivative          []T      // [sample][step][stride]: from [LIFForward]; nil: computed from Membrane
	Lost                []T      // [sample][step][stride]: from [LIFForward]; only with [Neuron.LosesState]
	SpikeError          []T      // [sample][stride]: error added to every spike of a neuron, at any step
	RecurrentTransposed []T      // [neuron][stride]: Vᵀ, nil without recurrence
	Constants           []T      // [LearnedRows][stride]: of neurons that differ; nil: all as in Neuron
	Trace               []T      // [sample][step][state][stride]: from [LIFForward]; only with learned constants
	// ConstantErrors, [sample][learned][stride], are written if constants are learned: ∂L/∂a_m,
	// ∂L/∂a_s, … as in [Neuron.AddConstants]; read where the segment ends.
	ConstantErrors []T

	Steps, Neurons int
	Filters        int     // neurons per position; 0 in a dense layer
	Recurrent      Window  // geometry of the recurrent connection
	RecurrentDelay int     // steps
	Segment        Segment // of Error, Membrane, Derivative, Lost and Trace, which hold a row before and RecurrentDelay rows after it
	States         []T     // [sample][state][stride]: adjoints, read where the segment ends, written where it begins; nil for whole samples
	Neuron         Neuron[T]
}

// LIFBackward is the adjoint of [LIFForward], in place and backwards in time. With λ the adjoints
// of the states and g the surrogate derivative:
//
//	∂L/∂h[t] = what λ[t+1] passes to it: [Neuron.Received]
//	λS[t]    = ∂L/∂S[t] from above + Σ Vᵀ·∂L/∂h[t+d_rec] + SpikeError
//	λ[t]     = what λ[t+1] and g(U[t] − θ)·λS[t] pass: [Neuron.Adjoint]
//
// A refractory neuron at t has g = 0: neither what its spike would have been nor the effect of an
// earlier spike through the refractory period is differentiated. Derivatives with respect to
// learned constants are summed from the last step to the first. With DifferentiateReset, λS[t] also
// gets the derivative of U[t+1] with respect to S[t] times λU[t+1]; otherwise the gate is a
// constant. Samples first ≤ sample < last are processed. Twin: shaders/lif_backward.comp.
func LIFBackward[T Float](a *LIFBackwardArguments[T], work *Workspace[T], first, last int) {
	stride, words, samples := Stride(a.Neurons), Words(a.Neurons), last-first
	count, p := a.Neuron.Model.States(), &a.Neuron
	work.grow(4+count, samples*stride)
	work.growResting(words)
	recurrent, resting, derivative, received, adjoints := work.rows[0], work.rows[1], work.rows[2], work.rows[3], work.rows[4:4+count]
	if p.Model.HasCurrent() {
		received = adjoints[1] // unchanged
	}
	clear(recurrent) // stays 0 where no errors come back
	clear(resting)   // potentials before the first step
	if a.Constants != nil {
		for n := range stride {
			own := p.Own(a.Constants, n)
			resting[n] = own.Potential(&NeuronState[T]{})
		}
	}
	of := func(b int) (states [MostStates][]T) { // the adjoints of a sample
		for k, rows := range adjoints {
			states[k] = rows[(b-first)*stride:][:stride]
		}
		return states
	}
	segment := a.Segment.Of(a.Steps)
	for b := first; b < last; b++ {
		states := of(b)
		if segment.Last < a.Steps {
			loadStates(states[:count], a.States, b)
		} else {
			clearRows(states[:count])
		}
		if learned := p.Learn.Count() * stride; learned > 0 && segment.Last == a.Steps {
			clear(a.ConstantErrors[b*learned:][:learned])
		}
	}
	filters := filtersOf(a.Filters, a.Neurons)
	for t := segment.Last - 1; t >= segment.First; t-- {
		for b := first; b < last && !p.Model.HasCurrent(); b++ {
			row, own := b*a.Steps+t, (b-first)*stride
			receive(p, received[own:][:stride], adjoints[0][own:][:stride], a.Spikes[row*words:(row+1)*words])
		}
		if a.RecurrentTransposed != nil && t+a.RecurrentDelay < a.Steps {
			// All samples together, so that the weights are read only once.
			product := errorProducts[T]{
				dst: recurrent, above: received, transposed: a.RecurrentTransposed,
				dstStride: stride, stride: stride, rows: samples,
				filters: filters, unitAbove: Stride(filters), window: &a.Recurrent,
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
				states: of(b), received: received[own:][:stride], errors: a.Error[at:][:stride],
				recurrent: recurrent[own:][:stride], spikeError: a.SpikeError[b*stride:][:stride],
				before: resting[:stride], lost: resting[:stride], derivative: derivative[:stride],
				spikes: a.Spikes[row*words : (row+1)*words], constants: a.Constants,
			}
			if a.Derivative != nil {
				state.derivative, state.given = a.Derivative[at:][:stride], true
			} else if t > 0 {
				state.before = a.Membrane[at-stride:][:stride]
			}
			if p.Refractory > 0 {
				findResting(work.resting, a.Spikes[b*a.Steps*words:], t, p.Refractory)
				state.resting = work.resting
			}
			if p.LosesState() {
				state.lost = a.Lost[at:][:stride]
			}
			if p.Learn != 0 && t > 0 {
				state.held = a.Trace[(at-stride)*count:][:count*stride]
			}
			if learned := p.Learn.Count() * stride; learned > 0 {
				state.constantErrors = a.ConstantErrors[b*learned:][:learned]
			}
			adjoint(p, &state)
		}
	}
	if a.States != nil {
		for b := first; b < last; b++ {
			states := of(b)
			storeStates(a.States, states[:count], b)
		}
	}
}
