package cpuref

// ReadoutForwardArguments are the arrays and sizes of [ReadoutForward].
type ReadoutForwardArguments[T Float] struct {
	Readout []T // written; [sample][step][stride]: U[t+1]
	Trace   []T // written if not nil; [sample][step][2][stride]: U[t+1], I[t+1]

	Events  Events // spikes of the last hidden layer
	Weights []T    // [neuron][stride]
	Bias    []T    // [stride]: added in every step; nil: 0
	Scale   T      // value of a spike, where 0 means 1; see [Dropout]
	Drive   []T    // [sample][step][stride]: sums of further sources from [InputSums]; nil: none. May be Readout

	Steps, Classes int
	Delay          int // steps
	DecayMembrane  T   // exp(−dt/τ_readout)
	DriveMembrane  T   // 1 − that
	DecaySynapse   T
	Initial        T       // U[0]
	Segment        Segment // the steps to process; Readout holds all
	States         []T     // [sample][2][stride]: U and I, as in [LIFForwardArguments]
}

// ReadoutForward runs the readout, leaky integrators without spikes:
//
//	I[t+1] = a_s·I[t] + ((Drive[t] + s·Σ W·S[t−d]) + b)     (s: Scale)
//	U[t+1] = a_r·U[t] + (1−a_r)·I[t]
//
// for samples first ≤ sample < last. Twin: shaders/readout_forward.comp.
func ReadoutForward[T Float](a *ReadoutForwardArguments[T], work *Workspace[T], first, last int) {
	stride := Stride(a.Classes)
	work.grow(5, stride)
	membrane, current, input := work.rows[0], work.rows[1], work.rows[2]
	// Neurons that never spike, with no input of their own.
	neuron := Neuron[T]{
		DecayMembrane: a.DecayMembrane, DriveMembrane: a.DriveMembrane, DecaySynapse: a.DecaySynapse, Reset: ResetSubtractive,
	}
	state := neuronRows[T]{states: [MostStates][]T{membrane, current}, potential: membrane, input: input, recurrent: work.rows[3], gates: work.rows[4]}
	rows := state.states[:neuron.Model.States()]
	fill(state.recurrent, a.Bias)
	for c := range state.gates {
		state.gates[c] = 1
	}
	segment := a.Segment.Of(a.Steps)
	for b := first; b < last; b++ {
		clear(current)
		for c := range membrane {
			membrane[c] = a.Initial
		}
		if segment.First > 0 {
			loadStates(rows, a.States, b)
		}
		for t := segment.First; t < segment.Last; t++ {
			row := b*a.Steps + t
			clear(input)
			if t >= a.Delay {
				addRows(input, a.Weights, a.Events.Row(row-a.Delay))
				scale(input, a.Scale)
			}
			if a.Drive != nil {
				addRow(input, a.Drive[row*stride:])
			}
			integrate(&neuron, &state)
			copy(a.Readout[row*stride:], membrane)
			if a.Trace != nil {
				storeStates(a.Trace, rows, row)
			}
		}
		if a.States != nil {
			storeStates(a.States, rows, b)
		}
	}
}
