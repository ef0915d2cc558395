// Package nir exchanges networks with other simulators of spiking neurons, in the
// Neural Intermediate Representation (Pedersen et al., Nature Communications 15, 2024):
// a graph of nodes such as Linear and CubaLIF in an HDF5 file.
//
// # What is written
//
// A dense layer becomes Linear → CubaLIF, a convolution Conv1d → CubaLIF; a recurrent
// connection is a Linear or Conv1d from the CubaLIF back to itself; a leaky readout is
// Linear → CubaLI. Flatten stands between a convolution and what is dense above it.
//
// The differential equations of NIR say nothing of time steps. Programs that read it
// make steps of Δt by Euler's rule, v += Δt/τ·(…), which turns a time constant into the
// factor 1 − Δt/τ where spikegrad has a = exp(−Δt/τ). Time constants are therefore
// written as Δt/(1−a): with that Euler's rule makes the factor a, and such a program
// computes what spikegrad computes. w_in is τ_syn/Δt, so that a spike adds its weight
// to the current, r is 1, the threshold 1 and the reset potential 0.
//
// NIR has no place for escape noise, surrogate derivatives, delays, kinds of reset and
// all else that a configuration says. The whole configuration is therefore kept as TOML
// in the metadata of the graph, under "config", together with "step_length" in seconds.
//
// # What is read
//
// Weights, sizes, connections and time constants come from the nodes, everything else
// from the metadata or, in files of other programs, from [Defaults]. A file that this
// package wrote gives back the same configuration and the same bits of every weight.
//
// Graphs inside a graph are taken apart; their Input and Output pass on what they get. Between
// two layers, Linear, Affine, Scale and Flatten are multiplied to one array of weights, and
// ways side by side are added. A CubaLIF is a neuron of kind lif, a LIF one of kind lif_delta,
// an IF one of kind if.
// The synaptic current of a LI lasts one step: τ_syn = Δt/128, of which exp(−Δt/τ_syn) is 0. A
// time constant of exactly Δt, with which Euler's rule keeps nothing, becomes the same. r, w_in
// and v_threshold, which may differ from neuron to neuron, go into the weights; v_leak = v_reset
// moves the threshold. Time constants that differ from neuron to neuron become learned constants.
//
// # What other programs do otherwise
//
// In NIR a spike acts at once. Here a spike of step t reaches the current at t+1+delay
// and the membrane one step later, so that each layer answers 2+delay steps later than
// in a program that adds the input to the current and that to the membrane in the same
// step; lif_delta and if answer 1+delay steps later. In a network without recurrence this shifts
// the spike trains of layer l by the sum up to it and changes nothing else. A recurrent
// spike of lif_delta needs 1+recurrent_delay steps, with no delay one, as in other programs;
// one of lif needs 2+recurrent_delay: recurrent networks of CubaLIF are not the same there.
// The reset to v_reset is that of reset = "membrane_only"; "multiplicative" also
// discards the input of the step after a spike.
package nir
