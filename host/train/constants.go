package train

import (
	"slices"

	"spikegrad/host/network"
)

// LearnedConstant sums up what a layer learned of a constant: seconds of time constants.
type LearnedConstant struct {
	Layer         int     `json:"layer"`
	Name          string  `json:"name"` // one of [network.Constants]
	Mean          float64 `json:"mean"` // over neurons, filters or, of one for all, the value
	Least         float64 `json:"least"`
	Largest       float64 `json:"largest"`
	LowerQuartile float64 `json:"lower_quartile"`
	Median        float64 `json:"median"`
	UpperQuartile float64 `json:"upper_quartile"`
}

// learnedConstants sums up those of a network with its weights.
func learnedConstants(n *network.Network, weights [][]float32) []LearnedConstant {
	var all []LearnedConstant
	at := map[string][]float32{}
	for i, w := range n.Weights() {
		at[w.Name] = weights[i]
	}
	for l := range n.Layers {
		for _, name := range n.Layers[l].Learned() {
			values := n.Layers[l].ConstantValues(name, at[n.LearnedArray(l, name)])
			sum := 0.0
			for _, v := range values {
				sum += v
			}
			slices.Sort(values)
			all = append(all, LearnedConstant{
				Layer: l, Name: name, Mean: sum / float64(len(values)), Least: values[0], Largest: values[len(values)-1],
				LowerQuartile: quantile(values, 0.25), Median: quantile(values, 0.5), UpperQuartile: quantile(values, 0.75),
			})
		}
	}
	return all
}

// quantile is the value that a share of ascending values lie below, between two of them where
// it falls there, as in NumPy.
func quantile(values []float64, share float64) float64 {
	at := float64(share * float64(len(values)-1))
	below := int(at)
	above := min(below+1, len(values)-1)
	return values[below] + float64((at-float64(below))*(values[above]-values[below]))
}

// constantsNow sums up the learned constants of a run as they are; nil if none are learned.
func (r *run) constantsNow() ([]LearnedConstant, error) {
	if !r.network.Learns() {
		return nil, nil
	}
	weights, err := r.engine.Weights()
	if err != nil {
		return nil, err
	}
	return learnedConstants(r.network, weights), nil
}
