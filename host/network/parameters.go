package network

import (
	"math"

	"spikegrad/cpuref"
)

// Decay is exp(−dt/τ) and one minus it, computed in float64 with the same bits on
// every processor and then rounded.
func Decay[T cpuref.Float](stepLength, tau float64) (decay, drive T) {
	a := cpuref.Exp64(-stepLength / tau)
	return cpuref.FlushWeight(T(a)), cpuref.FlushWeight(T(1 - a))
}

// Threshold is θ of every spiking neuron.
const Threshold = 1

// NeuronParameters turns the description of a valid layer into what kernels take.
func NeuronParameters[T cpuref.Float](l *Layer, stepLength float64) cpuref.Neuron[T] {
	neuron := cpuref.Neuron[T]{
		Threshold:          Threshold,
		Reset:              Resets[l.Reset],
		DifferentiateReset: l.DifferentiateReset,
		Noise:              Noises[l.Noise.Kind],
	}
	neuron.DecayMembrane, neuron.DriveMembrane = Decay[T](stepLength, l.TauMembrane)
	neuron.DecaySynapse, _ = Decay[T](stepLength, l.TauSynapse)
	switch n := l.Noise; neuron.Noise {
	case cpuref.NoiseSigmoid:
		neuron.NoiseParameters = [2]T{T(n.Beta)}
	case cpuref.NoiseExponential:
		neuron.NoiseParameters = [2]T{T(n.P0), T(1 / n.DeltaU)}
	case cpuref.NoiseExponentialHazard:
		neuron.NoiseParameters = [2]T{T(stepLength * n.Rate), T(1 / n.DeltaU)}
	}
	surrogate := l.Surrogate.resolved(l.Noise)
	neuron.Surrogate = Surrogates[surrogate.Kind]
	neuron.SurrogateParameter = surrogateParameters[T](surrogate, neuron.Surrogate, stepLength)
	neuron.Support = support[T](surrogate, neuron.Surrogate, stepLength)
	return neuron
}

// resolved is the surrogate itself where it is that of an escape noise.
func (s Surrogate) resolved(noise Noise) Surrogate {
	if s.Kind != "matched" {
		return s
	}
	matched := matchedTo(noise)
	matched.SkipBelow = s.SkipBelow
	return matched
}

// matchedTo is the surrogate that is the derivative of an escape noise.
func matchedTo(noise Noise) Surrogate {
	switch noise.Kind {
	case "sigmoid":
		return Surrogate{Kind: "sigmoid", Beta: noise.Beta}
	case "exponential":
		return Surrogate{Kind: "limited_exponential", P0: noise.P0, DeltaU: noise.DeltaU}
	case "hazard":
		return Surrogate{Kind: "hazard", Rate: noise.Rate, DeltaU: noise.DeltaU}
	}
	return Surrogate{Kind: "matched"} // the threshold has none: Validate refuses it
}

func surrogateParameters[T cpuref.Float](s Surrogate, kind cpuref.Surrogate, stepLength float64) [3]T {
	switch kind {
	case cpuref.SurrogateScaledSuperSpike:
		return [3]T{T(s.Beta), T(s.Beta / 2)}
	case cpuref.SurrogateExponential, cpuref.SurrogateLimitedExponential:
		return [3]T{T(s.P0 / s.DeltaU), T(1 / s.DeltaU), T(s.P0)}
	case cpuref.SurrogateHazard:
		hazard := stepLength * s.Rate
		return [3]T{T(hazard / s.DeltaU), T(1 / s.DeltaU), T(hazard)}
	case cpuref.SurrogateGaussian:
		return [3]T{T(1 / (2 * s.Width * s.Width)), T(1 / (s.Width * math.Sqrt(2*math.Pi)))}
	case cpuref.SurrogateArctangent:
		return [3]T{T(math.Pi * s.Alpha / 2), T(s.Alpha / 2)}
	case cpuref.SurrogateTriangular:
		return [3]T{T(1 / s.Width), T(1 / s.Width)} // integrates to one
	case cpuref.SurrogateRectangular:
		return [3]T{T(s.Width), T(1 / (2 * s.Width))} // integrates to one
	}
	return [3]T{T(s.Beta)}
}

// ReadoutParameters are the decay constants of a leaky readout.
func ReadoutParameters[T cpuref.Float](n *Network) (decayMembrane, driveMembrane, decaySynapse, initial T) {
	tau := n.Readout.Tau
	if tau == 0 {
		tau = float64(n.Steps) * n.StepLength
	}
	decayMembrane, driveMembrane = Decay[T](n.StepLength, tau)
	decaySynapse, _ = Decay[T](n.StepLength, n.Readout.TauSynapse)
	return decayMembrane, driveMembrane, decaySynapse, cpuref.FlushState(T(n.Readout.Initial))
}

// ActivityParameters fills the scalars of the kernel that a regularizer of a layer
// stands for.
func ActivityParameters[T cpuref.Float](r Regularizer, layer Geometry) cpuref.ActivityArguments[T] {
	neurons := layer.Positions * layer.Filters
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

// DistanceParameters fills the scalars of the kernel that a loss on spikes with targets
// stands for. The kernel of the van Rossum distance has the time constants of the last
// layer.
func DistanceParameters[T cpuref.Float](n *Network) cpuref.SpikeDistanceArguments[T] {
	output := &n.Layers[len(n.Layers)-1]
	scale := n.Readout.LossScale
	if scale == 0 {
		scale = 1
	}
	a := cpuref.SpikeDistanceArguments[T]{
		Kind: Losses[n.Readout.Loss], Scale: T(scale), HalfScale: cpuref.FlushWeight(T(scale / 2)),
	}
	a.DecayMembrane, a.DriveMembrane = Decay[T](n.StepLength, output.TauMembrane)
	a.DecaySynapse, _ = Decay[T](n.StepLength, output.TauSynapse)
	return a
}
