package network

import (
	"math"

	"spikegrad/cpuref"
)

// Bounds of parameters, far outside anything sensible, that keep the kernels' arithmetic
// within the normal float32 numbers.
const (
	minimum = 1e-9
	maximum = 1e6
)

var (
	sensible   = Bounds{From: minimum, To: maximum}
	upToLimit  = Bounds{To: maximum}
	ofZeroToOn = Bounds{To: 1, Below: true}
)

var (
	steepness = Parameter{Key: "beta", Symbol: "β", Meaning: "steepness", Default: 10, Bounds: sensible}
	atanSteep = Parameter{Key: "alpha", Symbol: "α", Meaning: "steepness", Default: 2, Bounds: sensible}
	deviation = Parameter{Key: "width", Symbol: "width", Meaning: "standard deviation", Default: 0.5, Bounds: sensible}
	halfWidth = Parameter{Key: "width", Symbol: "width", Meaning: "half-width", Default: 0.5, Bounds: sensible}
)

// Parameters of exponentials, for noises and, with another meaning, for surrogates.
func p0(meaning string) Parameter {
	return Parameter{Key: "p0", Symbol: "p0", Meaning: meaning, Default: 0.01, Bounds: sensible}
}

func deltaU(meaning string) Parameter {
	return Parameter{Key: "delta_u", Symbol: "Δu", Meaning: meaning, Default: 0.133, Bounds: sensible}
}

func rate(meaning string) Parameter {
	return Parameter{Key: "rate", Symbol: "ρ0", Unit: "Hz", Meaning: meaning, Default: 10, Bounds: sensible}
}

// Neurons are the models of neurons: what drives the membrane, D in [Resets].
var Neurons = Kinds[cpuref.NeuronModel, Layer]{
	{
		Name: "lif", Number: cpuref.NeuronLIF, Formula: "D = (1−a_m)·I[t], I[t+1] = a_s·I[t] + h[t]",
		Sentence: "The default: leaky integrate-and-fire with a synaptic current.",
	},
	{
		Name: "lif_delta", Number: cpuref.NeuronLIFDelta, Formula: "D = h[t]",
		Sentence: "Leaky integrate-and-fire without a synaptic current: input enters the membrane directly, and `tau_synapse` is ignored.",
	},
	{
		Name: "if", Number: cpuref.NeuronIF, Formula: "D = h[t], a_m = 1",
		Sentence: "Integrate-and-fire: as `lif_delta` but without a leak, so both time constants are ignored. Input stays in the membrane until a spike resets it.",
	},
	{
		Name: "adaptive", Number: cpuref.NeuronAdaptive, Formula: "as lif, u = U − A − θ, A[t+1] = a_a·A[t] + κ·S[t]",
		Sentence: "Leaky integrate-and-fire with spike-frequency adaptation: each spike raises the threshold, which then recovers (Bellec et al. 2018). Gradients flow through the adaptation.",
		Parameters: []Parameter{
			{Key: "tau_adaptation", Symbol: "τ_a", Unit: "s", Meaning: "recovery time constant of the threshold, a_a = exp(−dt/τ_a), seconds", Default: 0.2, Bounds: sensible},
			{Key: "adaptation", Symbol: "κ", Meaning: "increase of the threshold per spike", Default: 0.2, Bounds: upToLimit},
		},
	},
}

// Pools are the ways in which a convolution hands up the spikes of a cell of positions.
var Pools = Kinds[cpuref.Pool, Layer]{
	{
		Name: "max", Number: cpuref.PoolMax, Formula: "S = 1 if any position of the cell has a spike",
		Sentence: "The default. The gradient goes to the first position, row by row, that has a spike, or to the first position if none has, as in PyTorch.",
	},
	{
		Name: "sum", Number: cpuref.PoolSum, Formula: "S = the number of spikes in the cell",
		Sentence: "Every spike counts, and the gradient goes to all positions. To average, divide the weights by the size of the cell.",
	},
}

// Noises are the kinds of escape noise: p(u), u the membrane potential minus the threshold
// and dt the length of a step (Gygax & Zenke 2025).
var Noises = Kinds[cpuref.EscapeNoise, Noise]{
	{
		Name: "threshold", Number: cpuref.NoiseThreshold, Formula: "1 if u > 0, else 0",
		Sentence: "No noise.",
	},
	{
		Name: "sigmoid", Number: cpuref.NoiseSigmoid, Formula: "1/(1 + exp(−βu))",
		Sentence: "The default.", Parameters: []Parameter{steepness}, Matched: "sigmoid",
		Prepare: func(n Noise, _ float64) [3]float64 { return [3]float64{n.Beta} },
	},
	{
		Name: "exponential", Number: cpuref.NoiseExponential, Formula: "min(1, p0·exp(u/Δu))",
		Sentence:   "Rises with the potential up to 1, where the neuron spikes in every step.",
		Parameters: []Parameter{p0("probability of a spike per step at threshold"), deltaU("width")}, Matched: "limited_exponential",
		Prepare: func(n Noise, _ float64) [3]float64 { return [3]float64{n.P0, 1 / n.DeltaU} },
	},
	{
		Name: "hazard", Number: cpuref.NoiseHazard, Formula: "1 − exp(−dt·ρ0·exp(u/Δu))",
		Sentence:   "A firing rate (hazard) that rises exponentially with the potential.",
		Parameters: []Parameter{rate("spikes per second at threshold"), deltaU("width")}, Matched: "hazard",
		Prepare: func(n Noise, dt float64) [3]float64 { return [3]float64{dt * n.Rate, 1 / n.DeltaU} },
	},
	{
		Name: "superspike", Number: cpuref.NoiseSuperSpike, Formula: "(1 + βu/(1 + β|u|))/2",
		Sentence: "The integral of `scaled_superspike`: it has long tails on both sides.", Parameters: []Parameter{steepness}, Matched: "scaled_superspike",
		Prepare: func(n Noise, _ float64) [3]float64 { return [3]float64{n.Beta} },
	},
}

// Matched names the surrogate that is the derivative of the layer's escape noise: it is not
// one of [Surrogates].
const Matched = "matched"

const asTheNoise = "as for the noise"

// Surrogates are the surrogate derivatives g(u).
var Surrogates = Kinds[cpuref.Surrogate, Surrogate]{
	{
		Name: "superspike", Number: cpuref.SurrogateSuperSpike, Formula: "1/(β|u| + 1)²",
		Sentence: "Decays slowly away from the threshold (Zenke & Ganguli 2018).", Parameters: []Parameter{steepness}, Prepare: bySteepness, Peak: atThreshold,
	},
	{
		Name: "scaled_superspike", Number: cpuref.SurrogateScaledSuperSpike, Formula: "β/(2(β|u| + 1)²)",
		Sentence: "The same, scaled to integrate to one.", Parameters: []Parameter{steepness}, Peak: atThreshold,
		Prepare: func(s Surrogate, _ float64) [3]float64 { return [3]float64{s.Beta, s.Beta / 2} },
	},
	{
		Name: "sigmoid", Number: cpuref.SurrogateSigmoid, Formula: "βσ(βu)(1 − σ(βu))",
		Sentence: "The derivative of a sigmoid.", Parameters: []Parameter{steepness}, Prepare: bySteepness, Peak: atThreshold,
	},
	{
		Name: "exponential", Number: cpuref.SurrogateExponential, Formula: "(p0/Δu)·exp(u/Δu)",
		Sentence: "Unbounded; the surrogate that matches exponential noise is `limited_exponential`.", Parameters: exponentialSurrogate, Prepare: exponentially,
		Peak: func(s Surrogate, _ float64) float64 { return 80 * s.DeltaU }, // where the kernels limit the exponent and it grows no further
	},
	{
		Name: "gaussian", Number: cpuref.SurrogateGaussian, Formula: "exp(−u²/(2·width²))/(width·√(2π))",
		Sentence: "A normal density.", Parameters: []Parameter{deviation}, Peak: atThreshold,
		Prepare: func(s Surrogate, _ float64) [3]float64 {
			return [3]float64{1 / (2 * s.Width * s.Width), 1 / (s.Width * math.Sqrt(2*math.Pi))}
		},
	},
	{
		Name: "arctangent", Number: cpuref.SurrogateArctangent, Formula: "(α/2)/(1 + (παu/2)²)",
		Sentence: "The derivative of an arctangent.", Parameters: []Parameter{atanSteep}, Peak: atThreshold,
		Prepare: func(s Surrogate, _ float64) [3]float64 { return [3]float64{math.Pi * s.Alpha / 2, s.Alpha / 2} },
	},
	{
		Name: "triangular", Number: cpuref.SurrogateTriangular, Formula: "max(0, 1 − |u|/width)/width",
		Sentence: "A triangle that integrates to one; 0 for |u| ≥ width.", Parameters: []Parameter{halfWidth}, Peak: atThreshold,
		Prepare: func(s Surrogate, _ float64) [3]float64 { return [3]float64{1 / s.Width, 1 / s.Width} },
	},
	{
		Name: "rectangular", Number: cpuref.SurrogateRectangular, Formula: "1/(2·width) if |u| < width, else 0",
		Sentence: "A box that integrates to one.", Parameters: []Parameter{halfWidth}, Peak: atThreshold,
		Prepare: func(s Surrogate, _ float64) [3]float64 { return [3]float64{s.Width, 1 / (2 * s.Width)} },
	},
	{
		Name: "straight_through", Number: cpuref.SurrogateStraightThrough, Formula: "1",
		Sentence: "Treats a spike as if it were the potential.", Peak: atThreshold,
	},
	{
		Name: "multilayerspiker", Number: cpuref.SurrogateMultilayerSpiker, Formula: "S",
		Sentence: "The spike itself (Gardner et al. 2015).", Peak: atThreshold,
	},
	{
		Name: "limited_exponential", Number: cpuref.SurrogateLimitedExponential, Formula: "(p0/Δu)·exp(u/Δu) if p0·exp(u/Δu) < 1, else 0",
		Sentence: "The derivative of exponential noise.", Parameters: exponentialSurrogate, Prepare: exponentially,
		Peak: func(s Surrogate, _ float64) float64 { return -s.DeltaU * (cpuref.Log64(s.P0) + 0x1p-16) }, // just before it jumps to 0
	},
	{
		Name: "hazard", Number: cpuref.SurrogateHazard, Formula: "(dt·ρ0/Δu)·e·exp(−dt·ρ0·e), e = exp(u/Δu)",
		Sentence:   "The derivative of hazard noise.",
		Parameters: []Parameter{rate(asTheNoise), deltaU(asTheNoise)},
		Prepare: func(s Surrogate, dt float64) [3]float64 {
			hazard := dt * s.Rate
			return [3]float64{hazard / s.DeltaU, 1 / s.DeltaU, hazard}
		},
		Peak: func(s Surrogate, dt float64) float64 { return -s.DeltaU * cpuref.Log64(dt*s.Rate) }, // where the hazard is 1
	},
	{
		Name: "unscaled_sigmoid", Number: cpuref.SurrogateUnscaledSigmoid, Formula: "σ(βu)(1 − σ(βu))",
		Sentence:   "As `sigmoid` without the factor β, so its integral is 1/β. Gygax & Zenke 2025 call it scaled; here, scaled means that the integral is one.",
		Parameters: []Parameter{steepness}, Prepare: bySteepness, Peak: atThreshold,
	},
}

var exponentialSurrogate = []Parameter{p0(asTheNoise), deltaU(asTheNoise)}

func bySteepness(s Surrogate, _ float64) [3]float64 { return [3]float64{s.Beta} }

func exponentially(s Surrogate, _ float64) [3]float64 {
	return [3]float64{s.P0 / s.DeltaU, 1 / s.DeltaU, s.P0}
}

func atThreshold(Surrogate, float64) float64 { return 0 }

// Resets are the ways in which a spike resets the membrane.
var Resets = Kinds[cpuref.Reset, struct{}]{
	{
		Name: "multiplicative", Number: cpuref.ResetMultiplicative, Formula: "(a_m·U + D)·(1 − S)",
		Sentence: "Resets the membrane and discards the input of the step.",
	},
	{
		Name: "membrane_only", Number: cpuref.ResetMembraneOnly, Formula: "a_m·U·(1 − S) + D",
		Sentence: "Resets the membrane and keeps the input of the step.",
	},
	{
		Name: "subtractive", Number: cpuref.ResetSubtractive, Formula: "a_m·U + D − θ·S",
		Sentence: "Subtracts the threshold.",
	},
}
