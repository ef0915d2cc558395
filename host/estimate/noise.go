package estimate

import (
	"math"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// drawNoise gives a trace the noise of a trial: the numbers that an engine with the same
// seed draws for the sample with that number in a stream.
func (l *Layout) drawNoise(t *Trace, seed uint32, stream cpuref.Stream, trial uint32) {
	key := [2]uint32{seed, uint32(stream)}
	unit := 0
	for step := range l.Steps {
		for layer := range l.Layers {
			var random [4]uint32
			for n := range l.Layers[layer].Neurons {
				if n%4 == 0 {
					random = cpuref.Philox(key, cpuref.NoiseCounter(trial, uint32(step), uint32(n/4), uint32(layer)))
				}
				t.Noise[unit] = cpuref.Uniform[float64](random[n%4])
				t.Critical[unit] = l.Layers[layer].critical(t.Noise[unit])
				unit++
			}
		}
	}
}

// choices are the random choices that an estimator makes in a trial, apart from the
// noise of the units.
type choices struct {
	seed, trial, drawn uint32
}

// uniform returns the next number, in (0, 1).
func (c *choices) uniform() float64 {
	words := cpuref.Philox([2]uint32{c.seed, uint32(cpuref.StreamEstimator)}, [4]uint32{c.trial, c.drawn, 0, 0})
	c.drawn++
	return (float64(words[0]) + 0.5) * 0x1p-32
}

// probability returns p(u) of a layer.
func (l *LayerLayout) probability(u float64) float64 {
	if u == silent {
		return 0
	}
	return cpuref.SpikeProbability(l.Neuron.Noise, l.Neuron.NoiseParameters, u)
}

// critical returns the potential at which p(u) is ξ, so that ξ < p(u) means that u is
// above it: a run then needs no exponentials.
func (l *LayerLayout) critical(xi float64) float64 {
	a := l.Neuron.NoiseParameters
	switch l.Neuron.Noise {
	case cpuref.NoiseSigmoid:
		return cpuref.Log64(xi/(1-xi)) / a[0]
	case cpuref.NoiseExponential:
		return cpuref.Log64(xi/a[0]) / a[1]
	case cpuref.NoiseHazard:
		return cpuref.Log64(-cpuref.Log64(1-xi)/a[0]) / a[1]
	case cpuref.NoiseSuperSpike:
		share := 2*xi - 1
		return share / float64(a[0]*(1-math.Abs(share)))
	}
	return 0
}

// derivative returns p′(u) of a layer: the matched surrogate without the limits that
// kernels need.
func (l *LayerLayout) derivative(u float64) float64 {
	if u == silent {
		return 0
	}
	a := l.Neuron.NoiseParameters
	switch l.Neuron.Noise {
	case cpuref.NoiseSigmoid:
		return sigmoidDerivative(u, a[0])
	case cpuref.NoiseExponential:
		if p := float64(a[0] * cpuref.Exp64(float64(u*a[1]))); p < 1 {
			return float64(p * a[1])
		}
		return 0
	case cpuref.NoiseHazard:
		hazard := float64(a[0] * cpuref.Exp64(float64(u*a[1])))
		return float64(float64(hazard*a[1]) * cpuref.Exp64(-hazard))
	case cpuref.NoiseSuperSpike:
		below := 1 + math.Abs(float64(a[0]*u))
		return a[0] / 2 / float64(below*below)
	}
	return 0
}

// noiseOf returns the parameters of a unit with a given escape noise, and the surrogate
// that matches it.
func noiseOf(noise network.Noise) cpuref.Neuron[float64] {
	layer := network.DefaultLayer()
	layer.Noise = noise
	layer.Surrogate = network.Surrogate{Kind: "matched"}
	return network.NeuronParameters[float64](&layer, 0.001)
}

// chances returns p(u) and p′(u) of a layer.
func (l *LayerLayout) chances(u float64) (probability, derivative float64) {
	if l.Neuron.Noise != cpuref.NoiseSigmoid || u == silent {
		return l.probability(u), l.derivative(u)
	}
	beta := l.Neuron.NoiseParameters[0]
	e := cpuref.Exp64(-math.Abs(float64(beta * u)))
	above := 1 / (1 + e)
	derivative = float64(beta * float64(float64(e*above)*above))
	if u < 0 {
		return float64(e * above), derivative
	}
	return above, derivative
}

// SigmoidProbability returns the sigmoid escape noise p(u) = 1/(1+exp(−βu)).
func SigmoidProbability(u, beta float64) float64 { return sigmoid(u, beta) }
