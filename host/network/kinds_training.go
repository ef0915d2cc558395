package network

import "spikegrad/cpuref"

// Losses are cross-entropies of different readout values, and distances from target
// spikes.
var Losses = Kinds[cpuref.Loss, Readout]{
	{
		Name: "max_over_time", Number: cpuref.LossMaxOverTime, Formula: "x = max over t of U[t+1]",
		Sentence: "Cross-entropy of the maximum potential of each integrator.",
	},
	{
		Name: "sum_of_softmax", Number: cpuref.LossSumOfSoftmax, Formula: "x = Σ over t of softmax(U[t+1])",
		Sentence: "Cross-entropy of the class probabilities summed over all steps.",
	},
	{
		Name: "last_step", Number: cpuref.LossLastStep, Formula: "x = U[T]",
		Sentence: "Cross-entropy of the final potentials.",
	},
	{
		Name: "counts", Number: cpuref.LossCounts, Formula: "x = Σ over t of S[t]", Spikes: true,
		Sentence: "Cross-entropy of the spike counts of the last layer.",
	},
	{
		Name: "van_rossum", Number: cpuref.LossVanRossum, Formula: "½ Σ (ε∗S − ε∗target)²", Spikes: true, Targets: true,
		Sentence: "Distance between filtered spikes and filtered target spikes (van Rossum 2001); only available from Go and in `reproduce`.",
	},
	{
		Name: "spike_difference", Number: cpuref.LossSpikeDifference, Formula: "½ Σ (S − target)²", Spikes: true, Targets: true,
		Sentence: "Distance between spikes and target spikes; only available from Go and in `reproduce`.",
	},
}

// Optimizer is the update rule; only the parameters of its kind are used.
type Optimizer struct {
	Kind         string  `toml:"kind"` // one of [Optimizers]
	LearningRate float64 `toml:"learning_rate"`
	Momentum     float64 `toml:"momentum"`     // sgd
	Beta1        float64 `toml:"beta1"`        // adam, adamw
	Beta2        float64 `toml:"beta2"`        // adam, adamw
	Epsilon      float64 `toml:"epsilon"`      // 0: the kind's own
	WeightDecay  float64 `toml:"weight_decay"` // adamw: decoupled from the gradient; otherwise added to it
}

var (
	momentum = Parameter{Key: "momentum", Symbol: "μ", Meaning: "fraction of the velocity kept at each update", Default: 0.9, Bounds: ofZeroToOn}
	beta1    = Parameter{Key: "beta1", Symbol: "β1", Meaning: "decay of the mean gradient", Default: 0.9, Bounds: ofZeroToOn}
	beta2    = Parameter{Key: "beta2", Symbol: "β2", Meaning: "decay of the mean squared gradient", Default: 0.999, Bounds: ofZeroToOn}
)

// epsilon is added to a denominator, whose reciprocal must stay well within float32.
func epsilon(own float64, text string) Parameter {
	return Parameter{
		Key: "epsilon", Symbol: "e", Meaning: "added to denominators; 0 for " + text,
		Bounds: Bounds{From: 1e-18, To: 1}, Zero: own,
	}
}

// Shared are the parameters common to all optimizers.
var Shared = []Parameter{
	{Key: "learning_rate", Symbol: "η", Meaning: "step size", Default: 0.005, Bounds: Bounds{To: maximum, Above: true}},
	{Key: "weight_decay", Symbol: "λ", Meaning: "strength of weight decay; adamw: decoupled from the gradient; others: added to the gradient", Bounds: upToLimit},
}

// DefaultOptimizer is Adam.
func DefaultOptimizer() Optimizer {
	o := Optimizer{Kind: "adam"}
	Optimizers.SetDefaults(&o)
	for _, p := range Shared {
		*value(&o, p.Key) = p.Default
	}
	return o
}

// Optimizers are the update rules; ∇ is the gradient with the weight decay.
var Optimizers = Kinds[cpuref.Optimizer, Optimizer]{
	{
		Name: "sgd", Number: cpuref.OptimizerSGD, Formula: "v ← μv + ∇; w ← w − ηv",
		Sentence: "Gradient descent with momentum.", Parameters: []Parameter{momentum},
	},
	{
		Name: "adam", Number: cpuref.OptimizerAdam, Formula: "w ← w − η·m̂/(√v̂ + e)",
		Sentence: "Divides the mean gradient by the root of its mean square (Kingma & Ba 2015).", Parameters: []Parameter{beta1, beta2, epsilon(1e-8, "1e-8")},
	},
	{
		Name: "adamw", Number: cpuref.OptimizerAdamW, Formula: "w ← w − η·m̂/(√v̂ + e) − ηλw",
		Sentence: "Adam with decoupled weight decay (Loshchilov & Hutter 2019).", Parameters: []Parameter{beta1, beta2, epsilon(1e-8, "1e-8")},
	},
	{
		Name: "smorms3", Number: cpuref.OptimizerSMORMS3, Formula: "w ← w − min(η, g²/(g2 + e))·∇/(√g2 + e)",
		Sentence: "Takes longer steps where the gradient is steady (Funk 2015).", Parameters: []Parameter{epsilon(1e-16, "1e-16")},
	},
}

var excess = []Parameter{
	{Key: "strength", Symbol: "strength", Meaning: "factor on the mean over neurons", Default: 0.1, Bounds: upToLimit},
	{Key: "threshold", Symbol: "threshold", Unit: "spikes", Meaning: "spikes per neuron per sample", Default: 7, Bounds: upToLimit},
}

// regularizing numbers the regularizers: see [cpuref.ActivityArguments].
type regularizing uint32

// Regularizers penalize activity; n is the spike count of a neuron in a sample, or its
// mean over the layer.
var Regularizers = Kinds[regularizing, Regularizer]{
	{
		Name: "upper", Number: 0, Formula: "strength·mean of max(0, n − threshold)^power",
		Sentence: "Penalizes spike counts above the threshold.", Parameters: excess,
	},
	{
		Name: "lower", Number: 1, Formula: "strength·mean of max(0, threshold − n)^power",
		Sentence: "Penalizes spike counts below the threshold.", Parameters: excess,
	},
}

// drawing numbers the initialisations.
type drawing uint32

var scale = Parameter{Key: "scale", Symbol: "scale", Default: 1, Bounds: sensible}

func scaled(meaning string) Parameter {
	p := scale
	p.Meaning = meaning
	return p
}

// Initials are the ways to draw initial weights, all with mean 0.
var Initials = Kinds[drawing, Initial]{
	{
		Name: "fluctuation", Number: 0, Formula: "Normal(0, share·σ_U²/(n·ν·ε̂))",
		Sentence: "Gives the membrane the requested fluctuations when n inputs fire at a rate ν (Rossbroich et al. 2022). `alpha` is the fraction of the variance due to input weights; the rest is due to recurrent weights.",
		Parameters: []Parameter{
			{Key: "sigma_u", Symbol: "σ_U", Default: 1, Bounds: sensible, Meaning: "target standard deviation of the membrane; about 1 for sparse input, less if inputs\nfire at high rates"},
			{Key: "rate", Symbol: "ν", Unit: "Hz", Default: 15, Bounds: sensible, Meaning: "expected firing rate of every input, spikes per second; 0: measured in the data (first layer)\nor 15 (other layers)"},
			{Key: "alpha", Symbol: "α", Default: 0.9, Bounds: Bounds{To: 1, Above: true}, Meaning: "fraction of the variance due to the input connection"},
		},
	},
	{
		Name: "normal", Number: 1, Formula: "Normal(0, scale²/n)",
		Sentence: "Normal, scaled by the number n of inputs.", Parameters: []Parameter{scaled("standard deviation times √inputs")},
	},
	{
		Name: "uniform", Number: 2, Formula: "Uniform(−scale/√n, scale/√n)",
		Sentence: "Uniform, scaled by the number n of inputs.", Parameters: []Parameter{scaled("bound times √inputs")},
	},
}
