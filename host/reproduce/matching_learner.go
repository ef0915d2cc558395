package reproduce

import "spikegrad/cpuref"

// matchingLearner updates one weight array by the learning rule.
type matchingLearner struct {
	rate    float64
	smorms3 *cpuref.OptimizerArguments[float64] // nil: the rate alone
}

// learners returns the learners of the hidden and the output weights.
func (method *MatchingMethod) learners(weights [][]float32) (list [2]matchingLearner) {
	for k, rate := range []float64{method.RateHidden, method.RateOutput} {
		list[k].rate = rate
		if method.Optimizer != "smorms3" {
			continue
		}
		a := &cpuref.OptimizerArguments[float64]{Kind: cpuref.OptimizerSMORMS3}
		a.Parameters.LearningRate, a.Parameters.Epsilon = rate, 1e-16
		a.Weights, a.Gradient = make([]float64, len(weights[k])), make([]float64, len(weights[k]))
		for s := range a.State {
			a.State[s] = make([]float64, len(weights[k]))
		}
		for i := range a.Weights {
			a.State[2][i] = 1
		}
		list[k].smorms3 = a
	}
	return list
}

// step updates the weights, given the changes summed over trials.
func (l *matchingLearner) step(weights []float32, sums []float64, trials int) {
	a := l.smorms3
	if a == nil {
		rate := l.rate / float64(trials)
		for i, sum := range sums {
			weights[i] = float32(float64(weights[i]) + float64(rate*sum))
		}
		return
	}
	for i, sum := range sums {
		a.Weights[i], a.Gradient[i] = float64(weights[i]), -sum
	}
	a.Parameters.InverseBatch = 1 / float64(trials)
	cpuref.OptimizerUpdate(a, 0, len(sums))
	for i, w := range a.Weights {
		weights[i] = float32(w)
	}
}
