package train

import "spikegrad/host/network"

// LearnedConstant sums up what a layer learned of a constant: seconds of time constants.
type LearnedConstant struct {
	Layer   int     `json:"layer"`
	Name    string  `json:"name"` // one of [network.Constants]
	Mean    float64 `json:"mean"` // over neurons, filters or, of one for all, the value
	Least   float64 `json:"least"`
	Largest float64 `json:"largest"`
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
			c := LearnedConstant{Layer: l, Name: name, Least: values[0], Largest: values[0]}
			sum := 0.0
			for _, v := range values {
				c.Least, c.Largest = min(c.Least, v), max(c.Largest, v)
				sum += v
			}
			c.Mean = sum / float64(len(values))
			all = append(all, c)
		}
	}
	return all
}
