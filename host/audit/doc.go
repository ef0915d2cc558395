// Package audit measures how accurate the surrogate gradient of a network is on the user's data: by
// slopes of the expected loss along it, or by comparing it with an unbiased estimate of the
// gradient, layer by layer.
//
// # Slopes
//
// With d the direction of the mean surrogate gradient s of some weights θ and ξ the
// escape noise, the mean over samples and noise of
//
//	(L(θ + h·d, ξ) − L(θ − h·d, ξ)) / 2h
//
// is <∇E[L], d> up to terms of order h². It equals the length of s if s is right, and the ratio of
// the slopes of two surrogates is the ratio of their cosines with ∇E[L]. If there are enough
// samples, directions come from other ones than slopes are averaged over. Every sample is shown
// under several draws of noise, so that the variance due to noise can be separated from that due to
// the choice of samples.
//
// # The two gradients
//
// The loss is the cross-entropy, averaged over a fixed set of samples; regularizers are left out on
// both sides. Spikes are random, so the gradient to descend is that of the expected loss E[L] over
// the escape noise. It is estimated by single flips: see package [spikegrad/host/unbiased].
//
// The surrogate gradients are those of the training engine, averaged over noise. The gradient of a
// readout is exact by back-propagation: there are no spikes between it and the loss.
//
// # Statistics
//
// Every pass shows all samples once with new noise, so passes are independent. Inner products of
// mean gradients are taken over pairs of different passes (U-statistics): the product of a pass
// with itself includes its variance, which would make |g|² too large and the cosine too small.
// Intervals are jackknives over groups of passes, except for those of lengths, cosines and relative
// biases, which test an unbiased function; they hold for the samples shown. Results depend on seed,
// network, weights, samples and budget, but not on device, number of workers or memory.
package audit
