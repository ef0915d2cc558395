package train

import (
	"fmt"
	"path"
	"strings"

	"spikegrad/host/engine"
)

// Rates are learning rate and weight decay factors for some of the
// weights.
type Rates struct {
	Weights      []string `toml:"weights"` // names of weight arrays; * stands for any part of one
	LearningRate float64  `toml:"learning_rate_factor"`
	WeightDecay  float64  `toml:"weight_decay_factor"`
}

// mostFactor is the largest factor of a learning rate or a weight decay.
const mostFactor = 1e4

// rates returns the factors of all weight arrays that have any.
func (c *Config) rates() (map[string]engine.Rate, error) {
	names, found := c.Network.WeightNames(), map[string]engine.Rate{}
	for i, group := range c.Training.Rates {
		key := fmt.Sprintf("training.rates[%d]", i)
		for _, factor := range []struct {
			name  string
			value float64
		}{{"learning_rate_factor", group.LearningRate}, {"weight_decay_factor", group.WeightDecay}} {
			if !(factor.value >= 0 && factor.value <= mostFactor) {
				return nil, fmt.Errorf("%s.%s = %g: must be from 0 to %g", key, factor.name, factor.value, mostFactor)
			}
		}
		if len(group.Weights) == 0 {
			return nil, fmt.Errorf("%s.weights names no weights: the network has %s", key, strings.Join(names, ", "))
		}
		for _, pattern := range group.Weights {
			matched := false
			for _, name := range names {
				same, err := path.Match(pattern, name)
				if err != nil {
					return nil, fmt.Errorf("%s.weights has %q, which is not a valid pattern: * matches any part of a name, [ ] one of the letters in it", key, pattern)
				}
				if !same {
					continue
				}
				if _, twice := found[name]; twice {
					return nil, fmt.Errorf("%s.weights names %s, which already has factors: name each weight array once", key, name)
				}
				found[name], matched = engine.Rate{LearningRate: group.LearningRate, WeightDecay: group.WeightDecay}, true
			}
			if !matched {
				return nil, fmt.Errorf("%s.weights names %q: the network has the weights %s", key, pattern, strings.Join(names, ", "))
			}
		}
	}
	return found, nil
}
