package cpuref

// LIFForwardArguments are the arrays and sizes of [LIFForward].
type LIFForwardArguments[T Float] struct {
	Spikes   []uint32 // written; [sample][step][word]: S[t]
	Membrane []T      // written if not nil; [sample][step][stride]: [Neuron.Potential] at t+1, U[t+1] without adaptation
	Lost     []T      // written if not nil; [sample][step][stride]: what a spike subtracts from U[t+1], see [Neuron.Advance]
	Trace    []T      // written if not nil; [sample][step][state][stride]: all states at t+1
	// Derivative, written if not nil, [sample][step][stride], is the surrogate derivative at step
	// t; only for neurons that satisfy [Neuron.SharesExponential].
	Derivative []T

	Events           Events   // input spikes, rows [sample][step]
	InputWeights     []T      // [input][stride], or as Input says
	InputScale       T        // value of an input spike, where 0 means 1; see [Dropout]
	RecurrentWeights []T      // [neuron][stride], or as Recurrent says; nil without recurrence
	Bias             []T      // [stride] of a position: added in every step; nil: 0
	Numbers          []uint32 // [sample]: number of the sample in the run
	Drive            []T      // [sample][row of DriveSegment][stride]: sums of further sources from [InputSums]; nil: none. May be Membrane or Derivative
	Uniform          []T      // [sample][step][stride]: from [NoiseUniform]; nil: drawn here
	Flips            []Flip   // [sample]; nil: none
	Constants        []T      // [LearnedRows][stride]: of neurons that differ, see [LearnedConstants]; nil: all as in Neuron

	Steps, Neurons        int
	Filters               int       // neurons per position; 0 in a dense layer
	Input, Recurrent      Window    // geometry of the connections
	Delay, RecurrentDelay int       // steps
	Key                   [2]uint32 // seed, stream
	Layer                 uint32
	Segment               Segment // of Membrane, Lost, Derivative and Trace; from the second one on they hold a row before it
	DriveSegment          Segment // of Drive
	States                []T     // [sample][state][stride], read where the segment begins, written where it ends; nil for whole samples
	Neuron                Neuron[T]
}

// Flip names one spike of a sample to be inverted; none if Step is NoFlip.
type Flip struct{ Layer, Step, Neuron uint32 }

// NoFlip is the step of a flip that does nothing.
const NoFlip = ^uint32(0)

// flip inverts a spike of a layer at a step, if it is the one named.
func flip[T Float](f Flip, layer, step uint32, spikes []uint32, gates []T) {
	if f.Step == step && f.Layer == layer {
		spikes[f.Neuron/32] ^= 1 << (f.Neuron % 32)
		gates[f.Neuron] = 1 - gates[f.Neuron]
	}
}

// LIFForward runs a layer of leaky integrate-and-fire neurons over all steps,
// for samples first ≤ sample < last:
//
//	S[t] = 1 if ξ < p(U[t] − A[t] − θ) else 0     (A only of adaptive neurons)
//	S[t] = 0 if there was a spike in the R steps before     (R: [Neuron.Refractory])
//	h[t] = (Drive[t] + s·Σ W·S_in[t−d]) + (b + Σ V·S[t−d_rec])     (each sum in ascending index; s: InputScale)
//
// and the states at t+1 as in [Neuron.Advance], from 0. A flip turns S[t] of one neuron of a sample
// into 1 − S[t] after it was drawn, as the single-flip estimator of gradients needs. Only spikes
// cost additions: a weight row is added for every event. Twin: shaders/lif_forward.comp.
func LIFForward[T Float](a *LIFForwardArguments[T], work *Workspace[T], first, last int) {
	stride, words := Stride(a.Neurons), Words(a.Neurons)
	count := a.Neuron.Model.States()
	work.grow(5+count, stride)
	work.growResting(words)
	input, uniform := work.rows[0], work.rows[1]
	state := neuronRows[T]{input: input, recurrent: work.rows[2], gates: work.rows[3]}
	copy(state.states[:count], work.rows[5:])
	state.potential = state.states[0]
	if a.Neuron.Model.Adapts() || a.Constants != nil {
		state.potential = work.rows[4]
	}
	state.constants = a.Constants
	choice := decision[T]{
		gates: state.gates, potential: state.potential, uniform: uniform,
		noise: a.Neuron.Noise, parameters: a.Neuron.NoiseParameters, threshold: a.Neuron.Threshold,
		filters: filtersOf(a.Filters, a.Neurons), key: a.Key, layer: a.Layer, neuron: &a.Neuron,
	}
	segment, driven := a.Segment.Of(a.Steps), a.DriveSegment.Of(a.Steps)
	for b := first; b < last; b++ {
		if segment.First > 0 {
			loadStates(state.states[:count], a.States, b)
			potentials(&a.Neuron, &state)
			before := segment.row(b, segment.First-1)
			if a.Membrane != nil {
				copy(a.Membrane[before*stride:], state.potential)
			}
			if a.Trace != nil {
				storeStates(a.Trace, state.states[:count], before)
			}
		} else {
			clearRows(state.states[:count])
			potentials(&a.Neuron, &state)
		}
		choice.number = a.Numbers[b]
		for t := segment.First; t < segment.Last; t++ {
			row := b*a.Steps + t
			choice.spikes, choice.step = a.Spikes[row*words:(row+1)*words], uint32(t)
			switch { // before writing Derivative and Membrane, either of which may be the Drive
			case a.Drive == nil:
				addInput(input, a, work, row, t)
			case t < a.Delay:
				copy(input, a.Drive[driven.row(b, t)*stride:])
			default:
				addInput(input, a, work, row, t)
				addRow(input, a.Drive[driven.row(b, t)*stride:])
			}
			switch {
			case a.Neuron.Noise == NoiseThreshold:
			case a.Uniform != nil:
				choice.uniform = a.Uniform[row*stride:][:stride]
			default:
				drawUniform(&choice)
			}
			if a.Derivative != nil {
				choice.derivative = a.Derivative[segment.row(b, t)*stride:][:stride]
			}
			decide(&choice)
			if a.Neuron.Refractory > 0 {
				findResting(work.resting, a.Spikes[b*a.Steps*words:], t, a.Neuron.Refractory)
				silence(choice.spikes, work.resting, choice.gates)
			}
			if a.Flips != nil {
				flip(a.Flips[b], a.Layer, uint32(t), choice.spikes, choice.gates)
			}

			fill(state.recurrent, a.Bias)
			if a.RecurrentWeights != nil && t >= a.RecurrentDelay {
				from := row - a.RecurrentDelay
				work.index = appendSpikes(work.index[:0], a.Spikes[from*words:(from+1)*words])
				addEvents(state.recurrent, a.RecurrentWeights, work.index, &a.Recurrent, work)
			}
			at := segment.row(b, t) * stride
			if a.Lost != nil {
				state.lost = a.Lost[at:][:stride]
			}
			integrate(&a.Neuron, &state)
			if a.Membrane != nil {
				copy(a.Membrane[at:], state.potential)
			}
			if a.Trace != nil {
				storeStates(a.Trace, state.states[:count], segment.row(b, t))
			}
		}
		if a.States != nil {
			storeStates(a.States, state.states[:count], b)
		}
	}
}

// potentials computes the potentials of states that did not come from a step.
func potentials[T Float](p *Neuron[T], s *neuronRows[T]) {
	if !p.Model.Adapts() && s.constants == nil {
		return // they are the membranes
	}
	for n := range s.potential {
		var state NeuronState[T]
		for k, row := range s.states[:p.Model.States()] {
			state[k] = row[n]
		}
		q := *p
		if s.constants != nil {
			q = p.Own(s.constants, n)
		}
		s.potential[n] = q.Potential(&state)
	}
}

// fill writes the biases of a position to each position of dst, or zeros if there are none.
func fill[T Float](dst, bias []T) {
	if bias == nil {
		clear(dst)
		return
	}
	for len(dst) > 0 {
		dst = dst[copy(dst, bias):]
	}
}

// addInput writes s·Σ W·S_in[t−d] of a sample's step.
func addInput[T Float](dst []T, a *LIFForwardArguments[T], work *Workspace[T], row, t int) {
	clear(dst)
	if t >= a.Delay {
		addEvents(dst, a.InputWeights, a.Events.Row(row-a.Delay), &a.Input, work)
		scale(dst, a.InputScale)
	}
}

// NoiseUniform writes ξ of all steps to the arguments' Uniform, for samples first ≤ sample < last,
// so that runs with the same noise draw it only once. Without noise it does nothing.
func NoiseUniform[T Float](a *LIFForwardArguments[T], first, last int) {
	if a.Neuron.Noise == NoiseThreshold {
		return
	}
	stride := Stride(a.Neurons)
	choice := decision[T]{key: a.Key, layer: a.Layer}
	for row := first * a.Steps; row < last*a.Steps; row++ {
		choice.number, choice.step = a.Numbers[row/a.Steps], uint32(row%a.Steps)
		choice.uniform = a.Uniform[row*stride:][:stride]
		drawUniform(&choice)
	}
}
