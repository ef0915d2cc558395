package network

import "spikegrad/cpuref"

// Decay returns exp(−dt/τ) and one minus it, computed in float64 with the same bits on every
// processor and then rounded.
func Decay[T cpuref.Float](stepLength, tau float64) (decay, drive T) {
	a := cpuref.Exp64(-stepLength / tau)
	return cpuref.FlushWeight(T(a)), cpuref.FlushWeight(T(1 - a))
}

// Threshold is θ of every spiking neuron.
const Threshold = 1

// NeuronParameters returns the kernel parameters of a valid layer.
func NeuronParameters[T cpuref.Float](l *Layer, stepLength float64) cpuref.Neuron[T] {
	neuron := cpuref.Neuron[T]{
		Model:              Neurons.Number(l.Neuron),
		Threshold:          Threshold,
		Refractory:         l.RefractorySteps,
		Reset:              Resets.Number(l.Reset),
		DifferentiateReset: l.DifferentiateReset,
		Noise:              Noises.Number(l.Noise.Kind),
	}
	neuron.DecayMembrane, neuron.DriveMembrane = Decay[T](stepLength, l.TauMembrane)
	neuron.DecaySynapse, _ = Decay[T](stepLength, l.TauSynapse)
	if neuron.Model == cpuref.NeuronIF {
		neuron.DecayMembrane = 1
	}
	if neuron.Model.Adapts() {
		neuron.DecayAdaptation, _ = Decay[T](stepLength, l.TauAdaptation)
		neuron.Adaptation = cpuref.FlushWeight(T(l.Adaptation))
	}
	for _, name := range l.Learned() {
		neuron.Learn = neuron.Learn.With(Constants.Number(name))
	}
	if l.HandsPotential() {
		silence(&neuron)
		return neuron
	}
	if noise := Noises.Find(l.Noise.Kind); noise.Prepare != nil {
		p := noise.Prepare(l.Noise, stepLength)
		neuron.NoiseParameters = [2]T{T(p[0]), T(p[1])}
	}
	surrogate := l.Surrogate.resolved(l.Noise)
	kind := Surrogates.Find(surrogate.Kind)
	if kind == nil {
		return neuron // matched to the threshold, where no derivative is needed
	}
	neuron.Surrogate = kind.Number
	neuron.Support = support[T](surrogate, kind, stepLength)
	if kind.Prepare != nil {
		p := kind.Prepare(surrogate, stepLength)
		neuron.SurrogateParameter = [3]T{T(p[0]), T(p[1]), T(p[2])}
	}
	return neuron
}

// DropoutParameters returns the kernel parameters of a layer's dropout, for a run with the
// given seed.
func DropoutParameters[T cpuref.Float](n *Network, layer int, seed uint32) cpuref.Dropout[T] {
	l := &n.Layers[layer]
	return cpuref.Dropout[T]{
		Rate: T(l.Dropout), Scale: T(1 / (1 - l.Dropout)),
		Together: l.DropoutPer == perNeuron, Seed: seed, Layer: uint32(layer),
	}
}

// resolved returns the surrogate itself, or the one that matches the noise if it is
// [Matched].
func (s Surrogate) resolved(noise Noise) Surrogate {
	if s.Kind != Matched {
		return s
	}
	matched := matchedTo(noise)
	matched.SkipBelow = s.SkipBelow
	return matched
}

// matchedTo returns the surrogate that is the derivative of an escape noise.
func matchedTo(noise Noise) Surrogate {
	kind := Noises.Find(noise.Kind)
	if kind == nil || kind.Matched == "" {
		return Surrogate{Kind: Matched} // the threshold has none: Validate rejects it
	}
	s := Surrogate{Kind: kind.Matched}
	for _, p := range kind.Parameters {
		*value(&s, p.Key) = *value(&noise, p.Key)
	}
	return s
}

// ReadoutParameters returns the decay constants of a leaky readout.
func ReadoutParameters[T cpuref.Float](n *Network) (decayMembrane, driveMembrane, decaySynapse, initial T) {
	tau := n.Readout.Tau
	if tau == 0 {
		tau = float64(n.Steps) * n.StepLength
	}
	decayMembrane, driveMembrane = Decay[T](n.StepLength, tau)
	decaySynapse, _ = Decay[T](n.StepLength, n.Readout.TauSynapse)
	return decayMembrane, driveMembrane, decaySynapse, cpuref.FlushState(T(n.Readout.Initial))
}

// ActivityParameters returns the scalars of the kernel for a regularizer of a layer.
func ActivityParameters[T cpuref.Float](r Regularizer, layer Geometry) cpuref.ActivityArguments[T] {
	neurons := layer.Neurons()
	group, averaged := 1, 1
	if r.Average == "layer" {
		group, averaged = layer.Slots(), neurons
	}
	slope := r.Strength / float64(neurons)
	if r.Power == 2 {
		slope *= 2
	}
	if r.Kind == "lower" {
		slope = -slope
	}
	return cpuref.ActivityArguments[T]{
		Neurons: layer.Slots(), Filters: layer.Filters, Group: group,
		Lower: r.Kind == "lower", Squared: r.Power == 2,
		Threshold:   T(r.Threshold),
		InverseSize: T(1 / float64(averaged)),
		LossFactor:  cpuref.FlushWeight(T(r.Strength * float64(averaged) / float64(neurons))),
		ErrorFactor: cpuref.FlushWeight(T(slope)),
	}
}

// DistanceParameters returns the scalars of the kernel for a loss on spikes with targets. The
// filter of the van Rossum distance has the time constants of the last layer.
func DistanceParameters[T cpuref.Float](n *Network) cpuref.SpikeDistanceArguments[T] {
	output := &n.Layers[len(n.Layers)-1]
	scale := n.Readout.LossScale
	if scale == 0 {
		scale = 1
	}
	a := cpuref.SpikeDistanceArguments[T]{
		Kind: Losses.Number(n.Readout.Loss), Scale: T(scale), HalfScale: cpuref.FlushWeight(T(scale / 2)),
	}
	a.DecayMembrane, a.DriveMembrane = Decay[T](n.StepLength, output.TauMembrane)
	a.DecaySynapse, _ = Decay[T](n.StepLength, output.TauSynapse)
	return a
}
