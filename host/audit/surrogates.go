package audit

import (
	"fmt"
	"slices"
	"strings"

	"spikegrad/host/network"
	"spikegrad/host/unbiased"
)

// variant is a network with the same surrogate in all its layers.
type variant struct {
	name    string
	network *network.Network
}

// variants makes the named variants of a network, after the network itself. A name is a
// kind of surrogate, with the parameters that the layer has for it, or KIND:VALUE with
// another steepness or width.
func variants(n *network.Network, names []string) ([]variant, error) {
	list := []variant{{trainedName(n), n}}
	for _, name := range names {
		v := variant{name, copyOf(n)}
		for l := range v.network.Layers {
			if err := v.network.Layers[l].ReplaceSurrogate(name); err != nil {
				return nil, err
			}
		}
		if err := v.network.Validate(); err != nil {
			return nil, fmt.Errorf("surrogate %q: %w", name, err)
		}
		same := func(other variant) bool {
			return other.name == name || slices.EqualFunc(other.network.Layers, v.network.Layers, func(a, b network.Layer) bool {
				return a.Surrogate == b.Surrogate
			})
		}
		if !slices.ContainsFunc(list, same) {
			list = append(list, v)
		}
	}
	return list, nil
}

// CheckSurrogate reports what is wrong with the name of a surrogate, KIND or KIND:VALUE.
func CheckSurrogate(name string) error { return new(network.Surrogate).Set(name) }

// trainedName returns the name of a network's surrogate.
func trainedName(n *network.Network) string {
	kinds := []string{}
	for _, layer := range n.Layers {
		if !slices.Contains(kinds, layer.Surrogate.Kind) {
			kinds = append(kinds, layer.Surrogate.Kind)
		}
	}
	return strings.Join(kinds, " and ")
}

// copyOf copies a network down to its layers.
func copyOf(n *network.Network) *network.Network {
	copied := *n
	copied.Layers = slices.Clone(n.Layers)
	return &copied
}

// audited returns the network that an audit runs: without regularizers, so that the loss
// is the cross-entropy, and with escape noise in every layer.
func audited(n *network.Network, addNoise bool) (*network.Network, error) {
	if err := unbiased.RefuseDelays(n); err != nil {
		return nil, err
	}
	copied := copyOf(n)
	noiseless := 0
	for l := range copied.Layers {
		layer := &copied.Layers[l]
		layer.Regularizers = nil
		if layer.Noise.Kind != "threshold" || layer.HandsPotential() {
			continue
		}
		if !addNoise {
			return nil, fmt.Errorf("layer %d spikes at a threshold, without escape noise: the loss is then a step function of the weights, without a gradient to compare with; audit it with sigmoid noise of its steepness β = %g by --other-mode", l, layer.Noise.Beta)
		}
		layer.Noise.Kind = "sigmoid"
		noiseless++
	}
	if addNoise && noiseless == 0 {
		return nil, fmt.Errorf("--other-mode would take the escape noise away, and without it there is no gradient to compare with: leave it out")
	}
	return copied, copied.Validate()
}
