package network

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"spikegrad/cpuref"
)

// Constants are the neuron constants that can be learned. The learned number is ρ, which starts
// at 0 unless spread, and stays within ±[cpuref.LearnedBound].
var Constants = Kinds[cpuref.Constant, Layer]{
	{
		Name: "tau_membrane", Number: cpuref.ConstantTauMembrane, Formula: "a_m = exp(−dt/(τ_membrane·e^ρ))",
		Sentence: "The time constant of the membrane.",
	},
	{
		Name: "tau_synapse", Number: cpuref.ConstantTauSynapse, Formula: "a_s = exp(−dt/(τ_synapse·e^ρ))",
		Sentence: "The time constant of the synaptic current.",
	},
	{
		Name: "threshold", Number: cpuref.ConstantThreshold, Formula: "θ = e^ρ",
		Sentence: "The threshold. Recorded membrane potentials are lowered by θ − 1, so that the threshold for them is still 1.",
	},
	{
		Name: "tau_adaptation", Number: cpuref.ConstantTauAdaptation, Formula: "a_a = exp(−dt/(τ_a·e^ρ))",
		Sentence: "The time constant with which a raised threshold recovers.",
	},
	{
		Name: "adaptation", Number: cpuref.ConstantAdaptation, Formula: "κ·e^ρ",
		Sentence: "The increase of the threshold per spike.",
	},
	{
		Name: "noise_beta", Number: cpuref.ConstantNoiseBeta, Formula: "β·e^ρ",
		Sentence: "The steepness of the escape noise, and of the surrogate that matches it. Recorded membrane potentials are 1 + e^ρ·(U − θ), so that a threshold of 1 and the configured β apply to them.",
	},
}

// The values of [Layer.LearnPer].
const (
	perNeuron = "neuron"
	perLayer  = "layer"
	perSpike  = "spike"
)

// logPrefix is the prefix of the names of learned-constant arrays, after the layer's.
const logPrefix = "log_"

// LearnedArray returns the name of the array of a layer's learned constant.
func (n *Network) LearnedArray(layer int, constant string) string {
	return fmt.Sprintf("layer%d.%s%s", layer, logPrefix, constant)
}

// ConstantOf returns the learned constant that an array of this name holds; empty for other
// arrays.
func ConstantOf(weights string) string {
	_, name, _ := strings.Cut(weights, ".")
	constant, learned := strings.CutPrefix(name, logPrefix)
	if !learned || Constants.Find(constant) == nil {
		return ""
	}
	return constant
}

// Learned lists the learned constants in the order of [Constants].
func (l *Layer) Learned() []string {
	if len(l.Learn) == 0 {
		return nil
	}
	return slices.DeleteFunc(Constants.List(), func(name string) bool { return !slices.Contains(l.Learn, name) })
}

// Learns reports whether any constant of any layer is learned.
func (n *Network) Learns() bool {
	return slices.ContainsFunc(n.Layers, func(l Layer) bool { return len(l.Learn) > 0 })
}

// has reports whether neurons of the layer have a constant.
func (l *Layer) has(c cpuref.Constant) bool {
	model := Neurons.Number(l.Neuron)
	switch c {
	case cpuref.ConstantTauMembrane:
		return model != cpuref.NeuronIF
	case cpuref.ConstantTauSynapse:
		return model.HasCurrent()
	case cpuref.ConstantTauAdaptation, cpuref.ConstantAdaptation:
		return model.Adapts()
	case cpuref.ConstantNoiseBeta:
		return l.Noise.Kind == "sigmoid" || l.Noise.Kind == "superspike"
	}
	return true
}

// validateLearned checks which constants are learned, and how.
func (l *Layer) validateLearned() error {
	for i, name := range l.Learn {
		constant := Constants.Find(name)
		switch {
		case constant == nil:
			return fmt.Errorf("learn names %q; want one of %s", name, Constants.Names())
		case slices.Contains(l.Learn[:i], name):
			return fmt.Errorf("learn names %q twice", name)
		case constant.Number == cpuref.ConstantNoiseBeta && l.exempt:
		case constant.Number == cpuref.ConstantNoiseBeta && !l.has(constant.Number):
			return fmt.Errorf("learn names %q, but escape noise of kind %s has no steepness β: use sigmoid or superspike", name, l.Noise.Kind)
		case constant.Number == cpuref.ConstantNoiseBeta && l.Surrogate.Kind != Matched:
			return fmt.Errorf("learn names %q, but the surrogate is %s: learning β needs the derivative of the noise itself, so set surrogate.kind = %q", name, l.Surrogate.Kind, Matched)
		case !l.has(constant.Number):
			return fmt.Errorf("learn names %q, which neurons of kind %s do not have: leave it out, or choose another neuron", name, l.Neuron)
		case constant.Number == cpuref.ConstantAdaptation && l.Adaptation == 0:
			return fmt.Errorf("learn names %q, but adaptation = 0: a factor on it is learned, so set it above 0", name)
		}
	}
	if l.LearnPer != "" && l.LearnPer != perNeuron && l.LearnPer != perLayer {
		return fmt.Errorf("learn_per = %q; want %s or %s", l.LearnPer, perNeuron, perLayer)
	}
	switch {
	case !(l.LearnSpread >= 0 && l.LearnSpread <= 1):
		return fmt.Errorf("learn_spread = %g: must be from 0 to 1", l.LearnSpread)
	case l.LearnSpread > 0 && l.LearnPer == perLayer:
		return fmt.Errorf("learn_spread = %g gives neurons different time constants: it needs learn_per = %q", l.LearnSpread, perNeuron)
	case l.LearnSpread > 0 && !slices.ContainsFunc(l.Learn, isTime):
		return fmt.Errorf("learn_spread = %g spreads learned time constants, but learn lists none", l.LearnSpread)
	}
	return nil
}

// InSeconds reports whether values of a learned constant, or of [Delay], are times.
func InSeconds(constant string) bool { return isTime(constant) || constant == Delay }

// isTime reports whether a constant is a time constant.
func isTime(constant string) bool { return strings.HasPrefix(constant, "tau_") }

// value returns the configured value of a constant.
func (l *Layer) value(c cpuref.Constant) float64 {
	switch c {
	case cpuref.ConstantTauMembrane:
		return l.TauMembrane
	case cpuref.ConstantTauSynapse:
		return l.TauSynapse
	case cpuref.ConstantTauAdaptation:
		return l.TauAdaptation
	case cpuref.ConstantAdaptation:
		return l.Adaptation
	case cpuref.ConstantNoiseBeta:
		return l.Noise.Beta
	}
	return Threshold
}

// ConstantFactor returns the factor of [cpuref.LearnedConstants] for a learned constant.
func ConstantFactor[T cpuref.Float](l *Layer, constant string, stepLength float64) T {
	value := l.value(Constants.Number(constant))
	if Constants.Number(constant) == cpuref.ConstantNoiseBeta {
		return 1
	}
	if isTime(constant) {
		value = stepLength / value
	}
	return cpuref.FlushWeight(T(value))
}

// ConstantValues returns the values of a constant for an array of ρ.
func (l *Layer) ConstantValues(constant string, rho []float32) []float64 {
	values := make([]float64, len(rho))
	for i, r := range rho {
		values[i] = float64(l.value(Constants.Number(constant)) * cpuref.Exp64(float64(r)))
	}
	return values
}

// ConstantLogarithm returns ρ for a value of a constant, the inverse of [Layer.ConstantValues].
func (l *Layer) ConstantLogarithm(constant string, value float64) float64 {
	return cpuref.Log64(value / l.value(Constants.Number(constant)))
}

// initialConstant returns the initial ρ of a learned constant: for its configured value or, for
// spread time constants, for values drawn from a gamma distribution with that mean (Perez-Nieves
// et al. 2021). array is the number of the array in the network.
func (l *Layer) initialConstant(w Weight, seed uint32, array int) []float32 {
	values := make([]float32, w.Rows)
	if l.LearnSpread == 0 || !isTime(w.Constant) {
		return values
	}
	source := normals{seed: seed, array: spreadArrays + uint32(array)}
	for i := range values {
		rho := cpuref.Log64(source.gamma(i, 1/float64(l.LearnSpread*l.LearnSpread)))
		values[i] = cpuref.FlushWeight(float32(max(-cpuref.LearnedBound, min(cpuref.LearnedBound, rho))))
	}
	return values
}

// spreadArrays is the first array number whose random numbers are for constants.
const spreadArrays = 1 << 24

// attempts is how many numbers of a source are reserved for one gamma-distributed number.
const attempts = 1 << 10

// gamma returns number i of a gamma distribution with shape k ≥ 1 and mean 1, by the method of
// Marsaglia & Tsang 2000.
func (s *normals) gamma(i int, k float64) float64 {
	d := k - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for at := i * attempts; ; at += 8 { // a block of normal numbers, one of uniform ones
		x, u := s.normal(at), s.uniform(at+4)
		v := 1 + float64(c*x)
		if v <= 0 {
			continue
		}
		v = float64(float64(v*v) * v)
		limit := float64(float64(x*x)/2) + d - float64(d*v) + float64(d*cpuref.Log64(v))
		if cpuref.Log64(u) < limit {
			return float64(d * v / k)
		}
	}
}
