package check

import (
	"spikegrad/cpuref"
	"spikegrad/host/engine"
)

// The kinds that the varied and the mixed networks take in turn. A seed belongs to a place in
// the family and a kind to a place in these lists, so a new kind must not move the others:
// it gets networks of its own behind them. See testdata/digests.txt.
var (
	noises     = []string{"exponential", "hazard", "sigmoid", "threshold"}
	surrogates = []string{
		"arctangent", "exponential", "gaussian", "hazard", "limited_exponential", "multilayerspiker",
		"rectangular", "scaled_superspike", "sigmoid", "straight_through", "superspike", "triangular",
	}
	resets         = []string{"membrane_only", "multiplicative", "subtractive"}
	losses         = []string{"counts", "last_step", "max_over_time", "spike_difference", "sum_of_softmax", "van_rossum"}
	optimizerNames = []string{"adam", "adamw", "sgd", "smorms3"}
)

// allSurrogates are the surrogates above and the one that matches the noise.
func allSurrogates() []string { return append([]string{"matched"}, surrogates...) }

// updates are the parameters of every optimizer.
func updates() map[string]engine.Update {
	return map[string]engine.Update{
		"sgd":     {LearningRate: 0.05, Momentum: 0.9, WeightDecay: 0.001},
		"adam":    {LearningRate: 0.005, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8},
		"adamw":   {LearningRate: 0.005, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8, WeightDecay: 0.01},
		"smorms3": {LearningRate: 0.005, Epsilon: 1e-16},
	}
}

// optimizers are the optimizers by the names of [updates].
func optimizers() map[string]cpuref.Optimizer {
	return map[string]cpuref.Optimizer{
		"sgd": cpuref.OptimizerSGD, "adam": cpuref.OptimizerAdam,
		"adamw": cpuref.OptimizerAdamW, "smorms3": cpuref.OptimizerSMORMS3,
	}
}
