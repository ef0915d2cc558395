package network

import (
	"fmt"
	"slices"
	"strings"

	"spikegrad/cpuref"
)

// DelaysArray returns the name of the array of the learned delays of a layer's inputs.
func (n *Network) DelaysArray(layer int) string { return fmt.Sprintf("layer%d.%s", layer, delaysArray) }

// delaysArray is the suffix of the names of learned-delay arrays, after the layer's.
const delaysArray = "delays"

// Delays reports whether any layer learns the delays of its inputs.
func (n *Network) Delays() bool {
	return slices.ContainsFunc(n.Layers, func(l Layer) bool { return l.LearnedDelay > 0 })
}

// IsDelays reports whether an array of this name holds learned delays.
func IsDelays(weights string) bool { return strings.HasSuffix(weights, "."+delaysArray) }

// RefuseDelays rejects networks that learn delays, with the given reason.
func (n *Network) RefuseDelays(why string) error {
	for l, layer := range n.Layers {
		if layer.LearnedDelay > 0 {
			return fmt.Errorf("layer %d learns the delays of its inputs (learned_delay = %d), and %s", l, layer.LearnedDelay, why)
		}
	}
	return nil
}

// checkLearnedDelay checks that a layer can learn the delays of its inputs: dense layers with
// inputs that no other layer takes can.
func (n *Network) checkLearnedDelay(layer int) error {
	l := &n.Layers[layer]
	source := layer - 1
	switch {
	case l.LearnedDelay == 0:
		return nil
	case l.LearnedDelay < 0 || l.Delay+l.LearnedDelay >= n.Steps:
		return fmt.Errorf("learned_delay = %d: with delay = %d, it must be from 0 (none) to %d, because samples have %d steps", l.LearnedDelay, l.Delay, n.Steps-1-l.Delay, n.Steps)
	case l.Convolutional():
		return fmt.Errorf("learned_delay = %d, but the layer is a %s: only dense layers can learn delays", l.LearnedDelay, l.Kind)
	case !slices.Equal(n.Sources(layer), []int{source}):
		return fmt.Errorf("learned_delay = %d, but the layer takes input from other layers than the one just below: leave out from, or set learned_delay = 0", l.LearnedDelay)
	case source >= 0 && n.Layers[source].Convolutional():
		return fmt.Errorf("learned_delay = %d, but layer %d, its input, is a %s: only delays of the data or of a dense layer can be learned", l.LearnedDelay, source, n.Layers[source].Kind)
	}
	for above := layer + 1; above <= len(n.Layers); above++ {
		if slices.Contains(n.Sources(above), source) {
			return fmt.Errorf("learned_delay = %d delays all spikes of %s, but another layer or the readout takes input from it too: delays can be learned only if no other does", l.LearnedDelay, SourceName(source))
		}
	}
	return nil
}

// Delay is the name of learned delays beside learned constants.
const Delay = "delay"

// DelayValues returns the delays of a layer's inputs for an array of shares, in seconds, without
// the fixed delay.
func (n *Network) DelayValues(layer int, shares []float32) []float64 {
	longest, values := float64(float64(n.Layers[layer].LearnedDelay)*n.StepLength), make([]float64, len(shares))
	for i, share := range shares {
		values[i] = float64(longest * float64(share))
	}
	return values
}

// DelayParameters returns the kernel parameters of a layer's learned delays, except the shares,
// for a run with the given seed.
func DelayParameters[T cpuref.Float](n *Network, layer int, seed uint32) cpuref.Delays[T] {
	return cpuref.Delays[T]{Longest: n.Layers[layer].LearnedDelay, Seed: seed, Layer: uint32(layer)}
}

// initialDelays draws initial values of learned delays, uniformly from 0 to the longest. array is
// the number of the array in the network.
func initialDelays(w Weight, seed uint32, array int) []float32 {
	shares, source := make([]float32, w.Rows), normals{seed: seed, array: spreadArrays + uint32(array)}
	for i := range shares {
		shares[i] = cpuref.FlushWeight(float32(source.uniform(i)))
	}
	return shares
}
