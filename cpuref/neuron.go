package cpuref

// NeuronModel is how the states of a neuron evolve from step to step. The first state of every
// model is the membrane U, which [Reset] acts on and spikes are drawn from.
type NeuronModel uint32

// The models of theory: h is the input of a step, a_m and a_s are decays.
const (
	NeuronLIF      NeuronModel = iota // drive (1−a_m)·I[t], I[t+1] = a_s·I[t] + h[t]
	NeuronLIFDelta                    // drive h[t]
	NeuronIF                          // the same without a leak: a_m = 1
	NeuronAdaptive                    // like LIF, with a threshold raised by spikes: A[t+1] = a_a·A[t] + κ·S[t]
)

// MostStates is the largest number of states of any model.
const MostStates = 3

// States is the number of states of a neuron of the model.
func (m NeuronModel) States() int {
	switch {
	case m.Adapts():
		return 3
	case m.HasCurrent():
		return 2
	}
	return 1
}

// HasCurrent reports whether input enters a synaptic current, the second state, instead of the
// membrane.
func (m NeuronModel) HasCurrent() bool { return m == NeuronLIF || m == NeuronAdaptive }

// Adapts reports whether spikes raise the threshold through the third state, A: spikes are drawn
// from U − A against θ.
func (m NeuronModel) Adapts() bool { return m == NeuronAdaptive }

// Reset is what a spike does to the membrane.
type Reset uint32

// The resets of theory, with D the drive and r = 1 − S:
const (
	ResetMultiplicative Reset = iota // U' = (a_m·U + D)·r
	ResetMembraneOnly                // U' = a_m·U·r + D
	ResetSubtractive                 // U' = a_m·U + D − θ·S
)

// Neuron holds what all neurons of a layer share.
type Neuron[T Float] struct {
	DecayMembrane T // a_m = exp(−dt/τ_mem)
	DriveMembrane T // 1 − a_m
	DecaySynapse  T // a_s = exp(−dt/τ_syn)
	Threshold     T // θ

	DecayAdaptation T // a_a = exp(−dt/τ_a)
	Adaptation      T // κ, what a spike adds to A

	// Raised is how much the neuron's own θ exceeds the one that potentials are compared with: 0
	// unless thresholds are learned.
	Raised    T
	Steepness T          // of a learned β of the escape noise: factor on its configured value
	Learn     LearnedSet // which constants differ between neurons: see [LearnedConstants]

	// Refractory is the number of steps after a spike in which a neuron cannot spike, while its
	// states evolve: 0 to [MostRefractory].
	Refractory int

	Model              NeuronModel
	Reset              Reset
	DifferentiateReset bool
	Noise              EscapeNoise
	NoiseParameters    [2]T
	Surrogate          Surrogate
	SurrogateParameter [3]T
	Support            Support[T] // of the surrogate derivative
}

// NeuronState holds the states of one neuron, or their adjoints: the membrane, then the model's
// others. Entries beyond the model's states are ignored.
type NeuronState[T Float] [MostStates]T

// SharesExponential reports whether escape noise and surrogate derivative use the same exponential:
// then [LIFForward] can leave derivatives in place of membranes, which saves [LIFBackward] the
// exponential and changes no bit.
func (p *Neuron[T]) SharesExponential() bool {
	return p.Noise == NoiseSigmoid && p.Surrogate == SurrogateSigmoid && p.NoiseParameters[0] == p.SurrogateParameter[0]
}

// LosesState reports whether what a spike subtracts from the membrane depends on the states, so
// that the backward pass needs it for every step.
func (p *Neuron[T]) LosesState() bool { return p.DifferentiateReset && p.Reset != ResetSubtractive }

// Potential is what escape noise compares with the threshold: U, minus A's increase of the
// threshold and minus a learned increase of θ.
//
// A learned β of noise that depends on β·(U − θ) acts here: the distance of U from θ is multiplied
// by [Neuron.Steepness], β'/β.
func (p *Neuron[T]) Potential(s *NeuronState[T]) T {
	above := p.above(s)
	if p.Learn.Has(ConstantNoiseBeta) {
		above = T((above-1)*p.Steepness) + 1
	}
	return above
}

// above is the potential at the configured β.
func (p *Neuron[T]) above(s *NeuronState[T]) T {
	above := s[0]
	if p.Model.Adapts() {
		above -= s[2]
	}
	return above - p.Raised
}

// Advance takes a neuron from step t to t+1: received is h[t], gate 1 − S[t]. It returns what a
// spike subtracts from the membrane, −∂U[t+1]/∂S[t].
func (p *Neuron[T]) Advance(s *NeuronState[T], received, gate T) (lost T) {
	drive := received
	if p.Model.HasCurrent() {
		drive = T(p.DriveMembrane * s[1])
		s[1] = FlushState(T(p.DecaySynapse*s[1]) + received)
	}
	leak := T(p.DecayMembrane * s[0])
	switch p.Reset {
	case ResetMultiplicative:
		s[0], lost = FlushState(T((leak+drive)*gate)), FlushState(leak+drive)
	case ResetMembraneOnly:
		s[0], lost = FlushState(T(leak*gate)+drive), FlushState(leak)
	case ResetSubtractive:
		s[0], lost = FlushState((leak+drive)-T(p.Threshold*(1-gate))), p.Threshold
	}
	if p.Model.Adapts() {
		s[2] = FlushState(T(p.DecayAdaptation*s[2]) + T(p.Adaptation*(1-gate)))
	}
	return lost
}

// Held is the derivative of [Neuron.Advance] with all spikes held fixed, as a neuron: it is linear,
// and a spike acts on it only through the gate.
func (p Neuron[T]) Held() Neuron[T] {
	p.Threshold, p.Adaptation = 0, 0
	return p
}

// passed returns what the adjoint of U[t+1] passes to the leak and to the drive.
func (p *Neuron[T]) passed(membrane, gate T) (leak, drive T) {
	leak, drive = membrane, membrane
	if gate != 1 && p.Reset != ResetSubtractive {
		if leak = 0; gate != 0 {
			leak = T(membrane * gate)
		}
		if p.Reset == ResetMultiplicative {
			drive = leak
		}
	}
	return leak, drive
}

// Received is ∂L/∂h[t], given the adjoints at t+1.
func (p *Neuron[T]) Received(adjoint *NeuronState[T], gate T) T {
	if p.Model.HasCurrent() {
		return adjoint[1]
	}
	_, drive := p.passed(adjoint[0], gate)
	return drive
}

// SpikeAdjoint is the full ∂L/∂S[t]. Spike is the part that does not pass through the neuron's own
// states; added are the path through the reset if differentiateReset, with lost as returned by
// [Neuron.Advance], and, always, the path through the adaptation.
func (p *Neuron[T]) SpikeAdjoint(spike T, adjoint *NeuronState[T], differentiateReset bool, lost T) T {
	if differentiateReset {
		spike -= T(lost * adjoint[0])
	}
	if p.Model.Adapts() {
		spike += T(p.Adaptation * adjoint[2])
	}
	return spike
}

// Adjoint takes the adjoints of a neuron from step t+1 to t: spike is what ∂L/∂S[t] passes to the
// potential that the spike was drawn from, gate is 1 − S[t].
func (p *Neuron[T]) Adjoint(adjoint *NeuronState[T], spike, gate T) {
	leak, drive := p.passed(adjoint[0], gate)
	if p.Model.HasCurrent() {
		adjoint[1] = FlushState(T(p.DecaySynapse*adjoint[1]) + T(p.DriveMembrane*drive))
	}
	adjoint[0] = FlushState(T(p.DecayMembrane*leak) + spike)
	if p.Model.Adapts() {
		adjoint[2] = FlushState(T(p.DecayAdaptation*adjoint[2]) - spike)
	}
}
