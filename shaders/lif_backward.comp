// The reverse of the layer of leaky integrate-and-fire neurons, in place and
// backwards in time, in one dispatch. Twin of cpuref/lif_backward.go.
//
// Lanes own quads as in lif_forward.comp, but of DEPTH samples each, so that a
// recurrent weight is loaded once for all of them. With recurrence the lanes of a
// sample share ∂L/∂h through shared memory, in two halves used in turn, so that one
// barrier per step is enough; layers too wide for that share it through the rows of
// errors, which each lane writes before the barrier.
#version 450
#extension GL_EXT_control_flow_attributes : require
#include "kinds.glsl"
#include "exact.glsl"
#include "neuron.glsl"
#include "products.glsl"
#include "surrogate.glsl"
#include "window.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP_SIZE = 1u;  // see grid.glsl
layout(constant_id = 1) const uint SURROGATE = 0u;
layout(constant_id = 2) const uint RESET = 0u;
layout(constant_id = 3) const uint DIFFERENTIATE_RESET = 0u;  // 1: gradient flows through the reset
layout(constant_id = 4) const uint RECURRENT = 0u;            // 1: with recurrent weights
layout(constant_id = 5) const uint LANES = 1u;                // lanes per sample
layout(constant_id = 6) const uint BLOCKS = 1u;               // quads per lane
layout(constant_id = 7) const uint DEPTH = 1u;                // samples per lane
layout(constant_id = 9) const uint CONVOLUTION = 0u;          // 1: the recurrent connection has a window
layout(constant_id = 10) const uint LIMITED = 0u;             // 1: the surrogate derivative counts as 0 outside of a range
layout(constant_id = 11) const uint MODEL = 0u;
layout(constant_id = 12) const uint LEARN = 0u;               // learned constants, one bit each; 0: all neurons are alike
layout(constant_id = 13) const uint REFRACTORY = 0u;          // refractory steps after a spike
layout(constant_id = 14) const uint WIDE = 0u;                // 1: lanes share errors through their rows instead of shared memory
layout(constant_id = 15) const uint AHEAD = 0u;               // 1: a step loads what the next one needs
layout(constant_id = 8) const uint SHARED_QUADS = 1u;         // samples per workgroup times quads per sample

layout(std430, binding = 0) buffer Error { vec4 errors[]; };
layout(std430, binding = 1) readonly buffer Spikes { uint spikes[]; };
layout(std430, binding = 2) readonly buffer Membrane { vec4 membranes[]; };
layout(std430, binding = 3) readonly buffer Lost { vec4 losts[]; };
layout(std430, binding = 4) readonly buffer SpikeError { vec4 spike_errors[]; };
layout(std430, binding = 5) readonly buffer RecurrentTransposed { vec4 recurrent_transposed[]; };
layout(std430, binding = 6) buffer States { vec4 states[]; };  // of segments: adjoints of a sample, one after another
layout(std430, binding = 7) readonly buffer ConstantsOfLayer { Constants constants; };
layout(std430, binding = 8) readonly buffer RecurrentGeometry { Window recurrent_window; };
layout(std430, binding = 9) readonly buffer Varied { vec4 varied[]; };
layout(std430, binding = 10) readonly buffer Trace { vec4 trace[]; };            // as lif_forward left it
layout(std430, binding = 11) buffer ConstantErrors { vec4 constant_errors[]; };  // of a sample, one learned constant after another
layout(std430, binding = 12) coherent buffer Shown { vec4 shown_errors[]; };     // the same as Error, where recurrence is wide

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint neurons;
    uint filters;  // neurons per position; all neurons of a dense layer
    uint recurrent_delay;
    uint segment_first;   // steps to compute
    uint segment_last;
    uint segment_origin;  // step of a sample's first row of errors and membranes
    uint segment_rows;    // rows per sample
};

shared vec4 received[2u * SHARED_QUADS];

#define EACH_LEARNED(do_one, sums, sample_, quad)                            \
    do_one(sums.tau_membrane, CONSTANT_TAU_MEMBRANE, sample_, quad)          \
    do_one(sums.tau_synapse, CONSTANT_TAU_SYNAPSE, sample_, quad)            \
    do_one(sums.threshold, CONSTANT_THRESHOLD, sample_, quad)                \
    do_one(sums.tau_adaptation, CONSTANT_TAU_ADAPTATION, sample_, quad)      \
    do_one(sums.adaptation, CONSTANT_ADAPTATION, sample_, quad)              \
    do_one(sums.noise_beta, CONSTANT_NOISE_BETA, sample_, quad)

#define LOAD_SUM(sum, constant, sample_, quad)                     \
    if (learns(constant)) {                                        \
        sum = constant_errors[place(constant, sample_, quad, quads)]; \
    }

#define STORE_SUM(sum, constant, sample_, quad)                    \
    if (learns(constant)) {                                        \
        constant_errors[place(constant, sample_, quad, quads)] = sum; \
    }

// The errors of a quad that lanes of the same sample publish: shown is where its workgroup's part of shared
// memory begins or, where recurrence is wide, the row.
vec4 received_error_of(uint shown, uint sample_, uint d, uint quads, uint quad) {
    if (WIDE != 0u) {
        return shown_errors[(min(sample_ + d, samples - 1u) * segment_rows + shown) * quads + quad];
    }
    return received[shown + d * quads + quad];
}

bool learns(uint constant) { return (LEARN >> constant & 1u) != 0u; }

// Where the sums of a quad lie for a learned constant.
uint place(uint constant, uint sample_, uint quad, uint quads) {
    uint learned = uint(bitCount(LEARN));
    return (sample_ * learned + uint(bitCount(LEARN & ((1u << constant) - 1u)))) * quads + quad;
}

// The spikes of a quad in a row of words, in the lowest four bits.
uint bits_of(uint row, uint words, uint quad) { return spikes[row * words + quad / 8u] >> (quad % 8u * 4u); }

// What a step needs of a quad of a sample.
struct Loaded {
    uint spiked;  // in the lowest four bits
    vec4 before;  // U[t] − A[t], of t > 0
    vec4 lost;    // if the gradient flows through the reset
    vec4 error;   // from above
};

// Surplus lanes load what the last sample has: a branch would wait for all loads.
Loaded load(uint sample_, uint quad, uint quads, uint words, uint t) {
    sample_ = min(sample_, samples - 1u);
    uint at = (sample_ * segment_rows + t - segment_origin) * quads + quad;
    Loaded loaded = Loaded(bits_of(sample_ * steps + t, words, quad), vec4(0.0), vec4(0.0), vec4(0.0));
    loaded.before = membranes[at - (t > 0u ? quads : 0u)];
    if (DIFFERENTIATE_RESET != 0u && RESET != RESET_SUBTRACTIVE) {
        loaded.lost = losts[at];
    }
    loaded.error = WIDE != 0u ? shown_errors[at] : errors[at];
    return loaded;
}

float derivative(Constants c, float before, float spike) {
    precise float u = before - c.threshold;
    if (LIMITED != 0u && (u < c.support_from || u > c.support_to)) {
        return 0.0;
    }
    vec3 parameters = vec3(c.surrogate_parameter0, c.surrogate_parameter1, c.surrogate_parameter2);
    return surrogate_derivative(SURROGATE, parameters, u, spike > 0.0);
}

void main() {
    uint quads = quads_of(neurons);
    uint words = words_of(neurons);
    uint slots = GROUP_SIZE / LANES;
    uint slot = slots == 1u ? 0u : gl_LocalInvocationIndex / LANES;
    uint lane = gl_LocalInvocationIndex - slot * LANES;
    uint first_sample = (gl_WorkGroupID.y * slots + slot) * DEPTH;

    // Index of arrays of DEPTH·BLOCKS: d·BLOCKS + k for sample d and quad k of the lane.
    Constants c = constants;
    Window window;
    if (CONVOLUTION != 0u && RECURRENT != 0u) {
        window = recurrent_window;
    }
    uint quad[BLOCKS];
    bool owned[DEPTH * BLOCKS];
    Quad adjoint[DEPTH * BLOCKS];
    precise vec4 recurrent_sum[DEPTH * BLOCKS];
    vec4 spike_error[DEPTH * BLOCKS];
    Own own_constants[BLOCKS];
    Sums sums[DEPTH * BLOCKS];
    Loaded now[DEPTH * BLOCKS];
    Loaded next[DEPTH * BLOCKS];
    [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
        uint own = (gl_WorkGroupID.x * BLOCKS + k) * LANES + lane;
        quad[k] = min(own, quads - 1u);  // surplus lanes recompute the last quad and discard it
        own_constants[k] = shared_constants(c);
        if (LEARN != 0u) {
            LOAD_OWN(own_constants[k], quad[k], quads)
        }
        [[unroll]] for (uint d = 0u; d < DEPTH; d++) {
            uint j = d * BLOCKS + k;
            owned[j] = first_sample + d < samples && own < quads;
            adjoint[j] = RESTING;
            spike_error[j] = owned[j] ? spike_errors[(first_sample + d) * quads + quad[k]] : vec4(0.0);
            sums[j] = Sums(vec4(0.0), vec4(0.0), vec4(0.0), vec4(0.0), vec4(0.0), vec4(0.0));
            if (AHEAD != 0u) {
                next[j] = load(first_sample + d, quad[k], quads, words, segment_last - 1u);
            }
            if (segment_last < steps && owned[j]) {
                uint sample_ = first_sample + d;
                LOAD_STATES(states, adjoint[j], states_of(MODEL) * sample_ * quads + quad[k], quads)
                EACH_LEARNED(LOAD_SUM, sums[j], sample_, quad[k])
            }
        }
    }

    for (uint t = segment_last; t-- > segment_first;) {
        vec4 spike[DEPTH * BLOCKS];
        vec4 error[DEPTH * BLOCKS];  // ∂L/∂h[t]
        [[unroll]] for (uint j = 0u; j < DEPTH * BLOCKS; j++) {
            recurrent_sum[j] = vec4(0.0);
            spike[j] = vec4(0.0);
            if (AHEAD != 0u) {
                now[j] = next[j];
                next[j] = load(first_sample + j / BLOCKS, quad[j % BLOCKS], quads, words, max(t, segment_first + 1u) - 1u);
                spike[j] = vec4(each_of(now[j].spiked));
            } else if (owned[j]) {
                spike[j] = vec4(each_of(bits_of((first_sample + j / BLOCKS) * steps + t, words, quad[j % BLOCKS])));
            }
            error[j] = received_error(MODEL, RESET, adjoint[j], spike[j]);
            if (WIDE != 0u && owned[j]) {
                uint at = ((first_sample + j / BLOCKS) * segment_rows + t - segment_origin) * quads + quad[j % BLOCKS];
                if (AHEAD == 0u) {
                    now[j].error = shown_errors[at];
                }
                shown_errors[at] = error[j];
            }
        }
        if (RECURRENT != 0u && t + recurrent_delay < steps) {
            uint shown = (t % 2u) * SHARED_QUADS + slot * DEPTH * quads;
            [[unroll]] for (uint d = 0u; d < DEPTH; d++) {
                [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                    uint j = d * BLOCKS + k;
                    if (WIDE == 0u && owned[j]) {
                        uint later = (first_sample + d) * segment_rows + t + recurrent_delay - segment_origin;
                        received[shown + d * quads + quad[k]] =
                            recurrent_delay == 0u ? error[j] : errors[later * quads + quad[k]];
                    }
                }
            }
            if (WIDE != 0u) {
                shown = t + recurrent_delay - segment_origin;
                memoryBarrierBuffer();
            }
            barrier();
            if (CONVOLUTION != 0u) {
                uint quads_unit = quads_of(filters);
                [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                    uint position = quad[k] / quads_unit;
                    uint y = position / window.below_width;
                    uint x = position - y * window.below_width;
                    uvec2 lines = positions_above(vertical(window), y);
                    uvec2 columns = positions_above(horizontal(window), x);
                    uint size = columns.y - columns.x;
                    for (uint i = 0u; i < (lines.y - lines.x) * size; i++) {
                        uint py = lines.x + i / size;
                        uint px = columns.x + i % size;
                        uint element = (y + window.padding_height - py * window.stride_height) * window.kernel_width +
                                       x + window.padding_width - px * window.stride_width;
                        uint weight = element * filters * quads_unit + quad[k] - position * quads_unit;
                        uint first = (py * window.positions_width + px) * quads_unit;
                        uint full = filters / 4u;
                        for (uint f = 0u; f < full; f++) {
                            uint at = weight + 4u * f * quads_unit;
                            vec4 w0 = recurrent_transposed[at];
                            vec4 w1 = recurrent_transposed[at + quads_unit];
                            vec4 w2 = recurrent_transposed[at + 2u * quads_unit];
                            vec4 w3 = recurrent_transposed[at + 3u * quads_unit];
                            [[unroll]] for (uint d = 0u; d < DEPTH; d++) {
                                vec4 x = received_error_of(shown, first_sample, d, quads, first + f);
                                ADD_PRODUCTS(recurrent_sum[d * BLOCKS + k], x, w0, w1, w2, w3)
                            }
                        }
                        for (uint n = 4u * full; n < filters; n++) {
                            vec4 w = recurrent_transposed[weight + n * quads_unit];
                            [[unroll]] for (uint d = 0u; d < DEPTH; d++) {
                                uint j = d * BLOCKS + k;
                                ADD_PRODUCT(recurrent_sum[j], received_error_of(shown, first_sample, d, quads, first + full)[n - 4u * full], w);
                            }
                        }
                    }
                }
            }
            uint full = CONVOLUTION != 0u ? 0u : neurons / 4u;
            uint pairs = AHEAD != 0u ? full / 2u : 0u;  // of quads, whose loads overlap
            for (uint q = 0u; q < 2u * pairs; q += 2u) {
                [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                    uint at = 4u * q * quads + quad[k];
                    vec4 w0 = recurrent_transposed[at];
                    vec4 w1 = recurrent_transposed[at + quads];
                    vec4 w2 = recurrent_transposed[at + 2u * quads];
                    vec4 w3 = recurrent_transposed[at + 3u * quads];
                    vec4 w4 = recurrent_transposed[at + 4u * quads];
                    vec4 w5 = recurrent_transposed[at + 5u * quads];
                    vec4 w6 = recurrent_transposed[at + 6u * quads];
                    vec4 w7 = recurrent_transposed[at + 7u * quads];
                    [[unroll]] for (uint d = 0u; d < DEPTH; d++) {
                        vec4 x = received_error_of(shown, first_sample, d, quads, q);
                        vec4 y = received_error_of(shown, first_sample, d, quads, q + 1u);
                        ADD_PRODUCTS(recurrent_sum[d * BLOCKS + k], x, w0, w1, w2, w3)
                        ADD_PRODUCTS(recurrent_sum[d * BLOCKS + k], y, w4, w5, w6, w7)
                    }
                }
            }
            for (uint q = 2u * pairs; q < full; q++) {
                vec4 x[DEPTH];
                [[unroll]] for (uint d = 0u; d < DEPTH; d++) {
                    x[d] = received_error_of(shown, first_sample, d, quads, q);
                }
                [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                    uint at = 4u * q * quads + quad[k];
                    vec4 w0 = recurrent_transposed[at];
                    vec4 w1 = recurrent_transposed[at + quads];
                    vec4 w2 = recurrent_transposed[at + 2u * quads];
                    vec4 w3 = recurrent_transposed[at + 3u * quads];
                    [[unroll]] for (uint d = 0u; d < DEPTH; d++) {
                        ADD_PRODUCTS(recurrent_sum[d * BLOCKS + k], x[d], w0, w1, w2, w3)
                    }
                }
            }
            for (uint n = 4u * full; CONVOLUTION == 0u && n < neurons; n++) {
                [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                    vec4 w = recurrent_transposed[n * quads + quad[k]];
                    [[unroll]] for (uint d = 0u; d < DEPTH; d++) {
                        uint j = d * BLOCKS + k;
                        ADD_PRODUCT(recurrent_sum[j], received_error_of(shown, first_sample, d, quads, full)[n - 4u * full], w);
                    }
                }
            }
        }

        [[unroll]] for (uint j = 0u; j < DEPTH * BLOCKS; j++) {
            if (!owned[j]) {
                continue;
            }
            uint sample_ = first_sample + j / BLOCKS;
            uint own = quad[j % BLOCKS];
            uint at = (sample_ * segment_rows + t - segment_origin) * quads + own;
            Loaded loaded = now[j];
            if (AHEAD == 0u) {
                loaded = load(sample_, own, quads, words, t);
            }
            vec4 before = vec4(0.0);  // U[t] − A[t]
            if (LEARN != 0u) {
                before = potential(MODEL, true, learns(CONSTANT_NOISE_BETA), own_constants[j % BLOCKS], RESTING);
            }
            if (t > 0u) {
                before = loaded.before;
            }
            vec4 lost = own_constants[j % BLOCKS].threshold;
            if (DIFFERENTIATE_RESET != 0u && RESET != RESET_SUBTRACTIVE) {
                lost = loaded.lost;
            }
            vec4 above = now[j].error;
            if (WIDE == 0u) {
                above = loaded.error;
                errors[at] = error[j];
            }
            precise vec4 spike_adjoint = above + recurrent_sum[j];
            spike_adjoint = spike_adjoint + spike_error[j];
            vec4 slope = vec4(derivative(c, before.x, spike[j].x), derivative(c, before.y, spike[j].y),
                              derivative(c, before.z, spike[j].z), derivative(c, before.w, spike[j].w));
            if (REFRACTORY != 0u) {
                uint resting = 0u;
                for (uint i = 1u; i <= min(t, REFRACTORY); i++) {
                    resting |= bits_of(sample_ * steps + t - i, words, own);
                }
                slope = mix(slope, vec4(0.0), notEqual(each_of(resting), uvec4(0u)));
            }
            if (learns(CONSTANT_NOISE_BETA)) {
                precise vec4 steeper = slope * own_constants[j % BLOCKS].steepness;
                slope = flush_state(steeper);
            }
            Quad later = adjoint[j];
            vec4 sloped = retreat(MODEL, RESET, DIFFERENTIATE_RESET != 0u, own_constants[j % BLOCKS], adjoint[j], spike_adjoint, slope, lost, spike[j]);
            if (LEARN != 0u) {
                Quad held = RESTING;
                if (t > 0u) {
                    LOAD_STATES(trace, held, states_of(MODEL) * (at - own - quads) + own, quads)
                }
                add_constants(MODEL, RESET, own_constants[j % BLOCKS], sums[j], held, later, sloped, spike[j]);
            }
        }
    }

    if (LEARN != 0u) {
        [[unroll]] for (uint j = 0u; j < DEPTH * BLOCKS; j++) {
            if (owned[j]) {
                uint sample_ = first_sample + j / BLOCKS;
                EACH_LEARNED(STORE_SUM, sums[j], sample_, quad[j % BLOCKS])
            }
        }
    }
    if (segment_last - segment_first < steps) {
        [[unroll]] for (uint j = 0u; j < DEPTH * BLOCKS; j++) {
            if (owned[j]) {
                STORE_STATES(states, adjoint[j], states_of(MODEL) * (first_sample + j / BLOCKS) * quads + quad[j % BLOCKS], quads)
            }
        }
    }
}
