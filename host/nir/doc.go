// Package nir exchanges networks with other simulators of spiking neurons, in the Neural
// Intermediate Representation (Pedersen et al., Nature Communications 15, 2024): a graph of
// nodes such as Linear and CubaLIF in an HDF5 file.
//
// # What is written
//
// A dense layer becomes Linear → CubaLIF, a convolution Conv1d → CubaLIF; a recurrent
// connection is a Linear or Conv1d from the CubaLIF back to itself; a leaky readout is
// Linear → CubaLI. A Flatten separates a convolution from a dense layer above it.
//
// The differential equations of NIR do not define time steps. Programs that read it take
// steps of Δt by Euler's method, v += Δt/τ·(…), which turns a time constant into the factor
// 1 − Δt/τ where spikegrad has a = exp(−Δt/τ). Time constants are therefore written as
// Δt/(1−a): Euler's method then gives the factor a, and such a program computes what
// spikegrad computes. w_in is τ_syn/Δt, so that a spike adds its weight to the current, r
// is 1, the threshold 1 and the reset potential 0.
//
// NIR has no place for escape noise, surrogate derivatives, delays, kinds of reset and the
// rest of a configuration. The whole configuration is therefore stored as TOML in the
// metadata of the graph, under "config", together with "step_length" in seconds.
//
// # What is read
//
// Weights, sizes, connections and time constants come from the nodes, everything else from
// the metadata or, for files of other programs, from [Defaults]. A file written by this
// package gives back the same configuration and every weight bit for bit.
//
// Nested graphs are flattened; their Input and Output nodes pass on what they receive. Between
// two layers, Linear, Affine, Scale and Flatten are multiplied into one weight array, and
// parallel ways are added. A CubaLIF is a neuron of kind lif, a LIF one of kind lif_delta, an IF
// one of kind if. The synaptic current of an LI lasts one step: τ_syn = Δt/128, for which
// exp(−Δt/τ_syn) is 0. A time constant of exactly Δt, for which Euler's method keeps nothing, is
// read the same way. r, w_in and v_threshold, which may differ from neuron to neuron, go into the
// weights; v_leak = v_reset shifts the threshold. Time constants that differ from neuron to
// neuron become learned constants.
//
// # How other programs differ
//
// In NIR a spike acts at once. Here a spike of step t reaches the current at t+1+delay and the
// membrane one step later, so each layer responds 2+delay steps later than in a program that
// adds the input to the current and the current to the membrane in the same step; lif_delta and
// if respond 1+delay steps later. In a network without recurrence this shifts the spike trains
// of layer l by the sum over the layers up to it and changes nothing else. A recurrent spike of
// lif_delta takes 1+recurrent_delay steps, so one step without delay, as in other programs; one
// of lif takes 2+recurrent_delay, so recurrent networks of CubaLIF behave differently there. The
// reset to v_reset is that of reset = "membrane_only"; "multiplicative" also discards the input
// of the step after a spike.
package nir
