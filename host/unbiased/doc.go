// Package unbiased estimates the gradient of the expected loss E[L] of a network over its escape
// noise without bias, on an engine: for training with it ([Learner]), and for comparing it with
// surrogate gradients ([Flips]).
//
// # Single flips
//
// With unit k a neuron at a step, u_k its membrane potential minus the threshold, S_k its spike
// and p the escape noise (Gygax & Zenke 2025, arXiv 2404.14964; the finite jumps of Arya et al.
// 2022, in reverse),
//
//	∂E[L]/∂θ = Σ_k E[(1 − 2S_k)·(L with S_k flipped − L)·p′(u_k)·∂u_k/∂θ].
//
// A flipped run keeps all random numbers and recomputes everything after the flip; ∂u_k/∂θ holds
// the sampled spikes fixed, so that only the weights into neuron k move u_k, along its own
// history of resets. A unit is drawn with probability q_k and its term divided by q_k. This is
// unbiased for every q that is positive wherever the term is not zero.
//
// # Scores
//
// The score function estimator (Williams 1992) multiplies the loss, minus a baseline, by the
// derivative of the log-probability of all spikes.
//
// The gradient of a readout is exact by back-propagation: there are no spikes between it and the
// loss.
package unbiased

import "spikegrad/host/network"

// Arrays lists the weight arrays into every layer, [layer][array], in the order of
// [network.Network.Weights] and without those of the readout.
func Arrays(n *network.Network) [][]network.Weight {
	var all [][]network.Weight
	for _, l := range newLayers(n) {
		var own []network.Weight
		for _, a := range l.arrays() {
			own = append(own, a.weight)
		}
		all = append(all, own)
	}
	return all
}

// RefuseDelays returns an error if a network learns delays, for which no unbiased gradient is
// known.
func RefuseDelays(n *network.Network) error {
	return n.RefuseDelays("unbiased gradients are known only for weights, biases and constants: remove learned_delay from the network, or train it with the estimator surrogate and do not audit it")
}

// RefusePotentials returns an error if layers of a network hand up potentials, and so have no
// unbiased gradient.
func RefusePotentials(n *network.Network) error {
	return n.RefusePotentials("estimators of unbiased gradients know only layers that spike: use the surrogate gradient, or audit without --unbiased")
}
