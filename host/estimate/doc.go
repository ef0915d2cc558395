// Package estimate measures gradients of networks of binary stochastic units: the gradient of the
// expected loss by every known estimator, unbiased ones alongside surrogate gradients, on the same
// network, parameters and noise. The mathematics is that of Gygax & Zenke 2025 (arXiv 2404.14964)
// and of Arya et al. 2022 (stochastic triples).
//
// # Circuits
//
// A [Circuit] is a network of units numbered in causal order: unit k fires with probability p(u_k),
// and its potential u_k depends only on the parameters and on the spikes of earlier units. Two
// implementations share this interface: [Perceptron], layers of units that are decided once, and
// [LIF], leaky integrate-and-fire neurons over time, where a unit is one neuron at one step. A
// [Trace] records one trial of a circuit.
//
// An [Estimator] turns one trial into one sample of the gradient. It uses only a circuit's
// interface: running it on from a unit (forward, with any rule to decide spikes), carrying
// derivatives back (with any rule to pass a spike), and how one parameter moves the potentials
// while all spikes are held.
//
// # One noise
//
// The uniform number ξ behind a unit is a function of the seed, the trial, the step, the layer and
// the neuron (Philox counters, the streams and counters of the engines). All estimators see the
// same ξ in the same trial, so that their samples can be compared pairwise; a flipped or perturbed
// run keeps the ξ of every unit.
//
// Trials are summed in fixed chunks and a fixed tree over the chunks: results do not
// depend on the number of workers, nor on how many processes of a [Team] share them.
package estimate
