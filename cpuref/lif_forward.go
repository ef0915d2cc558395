package cpuref

// Reset is what a spike does to the membrane.
type Reset uint32

// The resets of theory: with r = 1 − S,
const (
	ResetMultiplicative Reset = iota // U' = (a_m·U + (1−a_m)·I)·r
	ResetMembraneOnly                // U' = a_m·U·r + (1−a_m)·I
	ResetSubtractive                 // U' = a_m·U + (1−a_m)·I − θ·S
)

// Neuron holds what all neurons of a layer share.
type Neuron[T Float] struct {
	DecayMembrane T // a_m = exp(−dt/τ_mem)
	DriveMembrane T // 1 − a_m
	DecaySynapse  T // a_s = exp(−dt/τ_syn)
	Threshold     T // θ

	Reset              Reset
	DifferentiateReset bool
	Noise              EscapeNoise
	NoiseParameters    [2]T
	Surrogate          Surrogate
	SurrogateParameter [3]T
}

// LIFForwardArguments are the arrays and sizes of [LIFForward].
type LIFForwardArguments[T Float] struct {
	Spikes   []uint32 // written; [sample][step][word]: S[t]
	Membrane []T      // written; [sample][step][stride]: U[t+1]
	Current  []T      // written if not nil; [sample][step][stride]: I[t+1]

	Events           Events   // input spikes, rows [sample][step]
	InputWeights     []T      // [input][stride]
	RecurrentWeights []T      // [neuron][stride], nil without recurrence
	Numbers          []uint32 // [sample]: number of the sample in the run

	Steps, Neurons        int
	Delay, RecurrentDelay int       // steps
	Key                   [2]uint32 // seed, stream
	Layer                 uint32
	Neuron                Neuron[T]
}

// LIFForward runs a layer of leaky integrate-and-fire neurons over all steps,
// for the samples first ≤ sample < last:
//
//	S[t]   = 1 if ξ < p(U[t] − θ) else 0
//	h[t]   = Σ W·S_in[t−d] + Σ V·S[t−d_rec]     (each sum in ascending index)
//	I[t+1] = a_s·I[t] + h[t]
//	U[t+1] = reset(a_m·U[t] + (1−a_m)·I[t], S[t])
//
// from U = I = 0. Only spikes cost additions: a weight row is added for every
// event. Twin: shaders/lif_forward.comp.
func LIFForward[T Float](a *LIFForwardArguments[T], work *Workspace[T], first, last int) {
	stride, words := Stride(a.Neurons), Words(a.Neurons)
	work.grow(4, stride)
	current, membrane, input, recurrent := work.rows[0], work.rows[1], work.rows[2], work.rows[3]
	for b := first; b < last; b++ {
		clear(current)
		clear(membrane)
		for t := range a.Steps {
			row := b*a.Steps + t
			spikes := a.Spikes[row*words : (row+1)*words]
			decideSpikes(a, spikes, membrane, a.Numbers[b], uint32(t))

			clear(input)
			if t >= a.Delay {
				addRows(input, a.InputWeights, a.Events.Row(row-a.Delay))
			}
			clear(recurrent)
			if a.RecurrentWeights != nil && t >= a.RecurrentDelay {
				from := row - a.RecurrentDelay
				work.index = appendSpikes(work.index[:0], a.Spikes[from*words:(from+1)*words])
				addRows(recurrent, a.RecurrentWeights, work.index)
			}
			integrate(&a.Neuron, current, membrane, input, recurrent, spikes)
			copy(a.Membrane[row*stride:], membrane)
			if a.Current != nil {
				copy(a.Current[row*stride:], current)
			}
		}
	}
}

// decideSpikes draws S[t] of one sample from the membrane at step t.
func decideSpikes[T Float](a *LIFForwardArguments[T], spikes []uint32, membrane []T, number, step uint32) {
	clear(spikes)
	var random [4]uint32
	for n := range a.Neurons {
		if n%4 == 0 && a.Neuron.Noise != NoiseThreshold {
			random = Philox(a.Key, NoiseCounter(number, step, uint32(n/4), a.Layer))
		}
		u := membrane[n] - a.Neuron.Threshold
		if Spikes(a.Neuron.Noise, a.Neuron.NoiseParameters, u, Uniform[T](random[n%4])) {
			spikes[n/32] |= 1 << (n % 32)
		}
	}
}

// integrate advances synaptic current and membrane of one sample by one step.
func integrate[T Float](p *Neuron[T], current, membrane, input, recurrent []T, spikes []uint32) {
	for n := range current {
		gate, spike := T(1), T(0)
		if n/32 < len(spikes) && spikes[n/32]>>(n%32)&1 != 0 {
			gate, spike = 0, 1
		}
		drive := T(p.DriveMembrane * current[n])
		leak := T(p.DecayMembrane * membrane[n])
		switch p.Reset {
		case ResetMultiplicative:
			membrane[n] = FlushState(T((leak + drive) * gate))
		case ResetMembraneOnly:
			membrane[n] = FlushState(T(leak*gate) + drive)
		case ResetSubtractive:
			membrane[n] = FlushState((leak + drive) - T(p.Threshold*spike))
		}
		current[n] = FlushState(T(p.DecaySynapse*current[n]) + (input[n] + recurrent[n]))
	}
}
