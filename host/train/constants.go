package train

import (
	"slices"

	"spikegrad/host/network"
)

// LearnedConstant summarizes a learned constant of a layer, or the learned delays of its inputs. Time
// constants and delays are in seconds.
type LearnedConstant struct {
	Layer         int     `json:"layer"`
	Name          string  `json:"name"` // one of [network.Constants], or [network.Delay]
	Mean          float64 `json:"mean"` // over neurons, filters or inputs; the value itself if shared by all
	Least         float64 `json:"least"`
	Largest       float64 `json:"largest"`
	LowerQuartile float64 `json:"lower_quartile"`
	Median        float64 `json:"median"`
	UpperQuartile float64 `json:"upper_quartile"`
}

// learnedConstants summarizes those of a network with the given weights, and its learned delays.
func learnedConstants(n *network.Network, weights [][]float32) []LearnedConstant {
	var all []LearnedConstant
	at := map[string][]float32{}
	for i, w := range n.Weights() {
		at[w.Name] = weights[i]
	}
	for l := range n.Layers {
		for _, name := range n.Layers[l].Learned() {
			all = append(all, summed(l, name, n.Layers[l].ConstantValues(name, at[n.LearnedArray(l, name)])))
		}
		if n.Layers[l].LearnedDelay > 0 {
			all = append(all, summed(l, network.Delay, n.DelayValues(l, at[n.DelaysArray(l)])))
		}
	}
	return all
}

// summed summarizes the values of a layer's constant.
func summed(layer int, name string, values []float64) LearnedConstant {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	slices.Sort(values)
	return LearnedConstant{
		Layer: layer, Name: name, Mean: sum / float64(len(values)), Least: values[0], Largest: values[len(values)-1],
		LowerQuartile: quantile(values, 0.25), Median: quantile(values, 0.5), UpperQuartile: quantile(values, 0.75),
	}
}

// quantile returns the value below which a share of ascending values lie, interpolated as in NumPy.
func quantile(values []float64, share float64) float64 {
	at := float64(share * float64(len(values)-1))
	below := int(at)
	above := min(below+1, len(values)-1)
	return values[below] + float64((at-float64(below))*(values[above]-values[below]))
}

// constantsNow summarizes the current learned constants of a run; nil if none are learned.
func (r *run) constantsNow() ([]LearnedConstant, error) {
	if !r.network.Learns() && !r.network.Delays() {
		return nil, nil
	}
	weights, err := r.engine.Weights()
	if err != nil {
		return nil, err
	}
	return learnedConstants(r.network, weights), nil
}
