package check

import (
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// The kinds that the varied and the mixed networks cycle through, in order. A network's seed
// belongs to its place in the family, so a new kind must not move the others: it gets
// networks of its own, see [family.newer] and testdata/digests.txt.
var (
	noises     = []string{"exponential", "hazard", "sigmoid", "threshold"}
	surrogates = []string{
		network.Matched, "arctangent", "exponential", "gaussian", "hazard", "limited_exponential", "multilayerspiker",
		"rectangular", "scaled_superspike", "sigmoid", "straight_through", "superspike", "triangular",
	}
	resets     = []string{"membrane_only", "multiplicative", "subtractive"}
	losses     = []string{"counts", "last_step", "max_over_time", "spike_difference", "sum_of_softmax", "van_rossum"}
	optimizers = []string{"adam", "adamw", "sgd", "smorms3"}
)

// updates returns the parameters of every optimizer.
func updates() map[string]engine.Update {
	return map[string]engine.Update{
		"sgd":     {LearningRate: 0.05, Momentum: 0.9, WeightDecay: 0.001},
		"adam":    {LearningRate: 0.005, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8},
		"adamw":   {LearningRate: 0.005, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8, WeightDecay: 0.01},
		"smorms3": {LearningRate: 0.005, Epsilon: 1e-16},
	}
}
