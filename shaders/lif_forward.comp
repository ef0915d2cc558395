// A layer of leaky integrate-and-fire neurons over all steps in one dispatch.
// Twin of cpuref/lif_forward.go.
//
// Each lane owns BLOCKS quads of neighbouring neurons of one sample and keeps their states
// in registers; LANES lanes serve a sample, and a workgroup holds as many samples as fit.
// Without recurrence the quads of a sample may be spread over workgroups along x; with
// recurrence one workgroup holds them all, and one barrier per step shares the step's spikes
// among its lanes, through their rows in memory or through shared memory. The latter has room
// for three steps: while lanes read the spikes of one, others may set those of the next, and
// the third is cleared. A long sample is run in segments, each from the states that the one
// before left.
#version 450
#extension GL_EXT_control_flow_attributes : require
#include "kinds.glsl"
#include "exact.glsl"
#include "philox.glsl"
#include "escape_noise.glsl"
#include "neuron.glsl"
#include "window.glsl"
#include "inputs.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP_SIZE = 1u;  // see grid.glsl
layout(constant_id = 1) const uint NOISE = 0u;
layout(constant_id = 2) const uint RESET = 0u;
layout(constant_id = 3) const uint RECURRENT = 0u;      // 1: with recurrent weights
layout(constant_id = 4) const uint STORE_LOST = 0u;     // 1: write what a spike subtracts from the membrane
layout(constant_id = 5) const uint LANES = 1u;          // lanes per sample
layout(constant_id = 6) const uint BLOCKS = 1u;         // quads per lane
layout(constant_id = 7) const uint CONVOLUTION = 0u;    // 1: connections have windows
layout(constant_id = 8) const uint MODEL = 0u;
layout(constant_id = 9) const uint BIAS = 0u;    // 1: with biases
layout(constant_id = 10) const uint VARIED = 0u;  // 1: constants differ from neuron to neuron, and states are stored
layout(constant_id = 11) const uint INPUTS = 0u;  // see inputs.glsl; sums lie where the membranes will be
layout(constant_id = 12) const uint REFRACTORY = 0u;  // refractory steps after a spike
layout(constant_id = 13) const uint STEEP = 0u;  // 1: β of the noise is learned
layout(constant_id = 14) const uint SHARED = 0u;  // 1: recurrent spikes arrive in their own step, through shared memory
layout(constant_id = 15) const uint SHARED_WORDS = 1u;  // samples per workgroup times words per sample

layout(std430, binding = 0) coherent buffer Spikes { uint spikes[]; };  // zeroed beforehand
layout(std430, binding = 1) buffer Membrane { vec4 membranes[]; };
layout(std430, binding = 2) writeonly buffer Lost { vec4 losts[]; };
layout(std430, binding = 3) readonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 4) readonly buffer Index { uint index[]; };
layout(std430, binding = 5) readonly buffer InputWeights { vec4 input_weights[]; };
layout(std430, binding = 6) readonly buffer RecurrentWeights { vec4 recurrent_weights[]; };
layout(std430, binding = 7) readonly buffer Numbers { uint numbers[]; };  // seed, stream, samples, flips
layout(std430, binding = 8) buffer States { vec4 states[]; };              // of segments: those of a sample, one after another
layout(std430, binding = 9) readonly buffer ConstantsOfLayer { Constants constants; };
layout(std430, binding = 10) readonly buffer Bias { vec4 biases[]; };  // of the neurons of a position
layout(std430, binding = 11) readonly buffer InputGeometry { Window input_window; };
layout(std430, binding = 12) readonly buffer RecurrentGeometry { Window recurrent_window; };
layout(std430, binding = 13) readonly buffer Varied { vec4 varied[]; };
layout(std430, binding = 14) writeonly buffer Trace { vec4 trace[]; };  // of a row, the states one after another

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint neurons;
    uint filters;  // neurons per position; all neurons of a dense layer
    uint delay;
    uint recurrent_delay;
    uint layer;
    uint flips;  // where flips begin in numbers; 0: none
    float input_scale;    // weight of an input spike
    uint segment_first;   // steps to compute
    uint segment_last;
    uint segment_origin;  // step of a sample's first row of membranes
    uint segment_rows;    // rows per sample
};

bool decide(Constants c, float above, uint word) {
    precise float u = above - c.threshold;
    return spikes_at(NOISE, vec2(c.noise_parameter0, c.noise_parameter1), u, uniform_of(word));
}

// The spikes of a quad at a step, as four bits.
uint decide_quad(Constants c, vec4 above, uint number, uint step_, uint quad) {
    uvec4 random = uvec4(0u);
    if (NOISE != NOISE_THRESHOLD) {
        random = philox(uvec2(numbers[0], numbers[1]), uvec4(number, step_, quad, layer));
    }
    uint bits = decide(c, above.x, random.x) ? 1u : 0u;
    bits |= decide(c, above.y, random.y) ? 2u : 0u;
    bits |= decide(c, above.z, random.z) ? 4u : 0u;
    bits |= decide(c, above.w, random.w) ? 8u : 0u;
    uint left = filters - min(filters, 4u * (quad % quads_of(filters)));
    return left >= 4u ? bits : bits & ((1u << left) - 1u);
}

#include "gather.glsl"

shared uint shown[3u * SHARED_WORDS];

// A word of the recurrent spikes of a row.
uint recurrent_word(uint from_row, uint w) { return SHARED != 0u ? shown[from_row + w] : spikes[from_row + w]; }

// The sum of the recurrent weights of a quad over the spikes of the layer itself in a row of
// words, added to a sum. Its window holds at least its own position.
vec4 gather_spikes(Window window, vec4 begun, uint from_row, uint quad) {
    uint quads_unit = quads_of(filters);
    uint p = quad / quads_unit;
    uint py = p / window.positions_width;
    uint px = p - py * window.positions_width;
    uvec2 lines = span(vertical(window), py);
    uvec2 columns = span(horizontal(window), px);
    precise vec4 sum = begun;
    for (uint down = lines.x; down < lines.y; down++) {
        Line line = line_of(window, 0u, py, px, down, columns);
        uint from = line.shift * quads_unit + quad - p * quads_unit;
        for (uint w = line.low / 32u; 32u * w < line.high; w++) {
            uint word = recurrent_word(from_row, w);
            if (32u * w < line.low) {
                word &= ~0u << (line.low - 32u * w);
            }
            if (32u * w + 32u > line.high) {
                word &= (1u << (line.high - 32u * w)) - 1u;
            }
            for (; word != 0u; word &= word - 1u) {
                sum = sum + recurrent_weights[(32u * w + uint(findLSB(word))) * quads_unit + from];
            }
        }
    }
    return sum;
}

void main() {
    uint quads = quads_of(neurons);
    uint words = words_of(neurons);
    uint samples_in_group = GROUP_SIZE / LANES;
    uint slot = samples_in_group == 1u ? 0u : gl_LocalInvocationIndex / LANES;
    uint lane = gl_LocalInvocationIndex - slot * LANES;
    uint sample_ = gl_WorkGroupID.y * samples_in_group + slot;
    bool present = sample_ < samples;  // no early return: barriers follow
    uint number = present ? numbers[2u + sample_] : 0u;
    // The spike to flip: layer, step, neuron of every sample follow all numbers.
    uint flip_step = 0xffffffffu;
    uint flip_neuron = 0u;
    if (flips != 0u && present) {
        uint at = flips + 3u * sample_;
        flip_step = numbers[at] == layer ? numbers[at + 1u] : 0xffffffffu;
        flip_neuron = numbers[at + 2u];
    }

    Constants c = constants;
    Window window;
    Window own_window;
    if (CONVOLUTION != 0u) {
        window = input_window;
        if (RECURRENT != 0u) {
            own_window = recurrent_window;
        }
    }
    uint quad[BLOCKS];
    bool owned[BLOCKS];
    Quad neuron[BLOCKS];
    precise vec4 input_sum[BLOCKS];
    precise vec4 recurrent_sum[BLOCKS];
    vec4 bias[BLOCKS];
    uint bits[BLOCKS];
    Own own_constants[BLOCKS];
    uvec4 recent[BLOCKS];  // spikes of the steps before, as resting takes them
    vec4 ahead[BLOCKS];    // sums of the next step, loaded while a step is computed
    // Of step 0. Surplus lanes load what the last sample has: a branch would wait for all loads.
    uint first_row = min(sample_, samples - 1u) * segment_rows - segment_origin;
    uint own_words = slot * words;
    if (SHARED != 0u) {
        for (uint i = gl_LocalInvocationIndex; i < 3u * SHARED_WORDS; i += GROUP_SIZE) {
            shown[i] = 0u;
        }
        barrier();
    }
    [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
        uint own = (gl_WorkGroupID.x * BLOCKS + k) * LANES + lane;
        owned[k] = present && own < quads;
        quad[k] = min(own, quads - 1u);  // surplus lanes recompute the last quad and discard it
        bias[k] = BIAS != 0u ? biases[quad[k] % quads_of(filters)] : vec4(0.0);
        neuron[k] = RESTING;
        recent[k] = uvec4(0u);
        for (uint i = 0u; i < REFRACTORY && i < segment_first && owned[k]; i++) {
            uint from_row = sample_ * steps + segment_first - 1u - i;
            recent[k] |= each_of(spikes[from_row * words + quad[k] / 8u] >> (quad[k] % 8u * 4u)) << i;
        }
        ahead[k] = vec4(0.0);
        if (INPUTS == SUMS_ALONE) {
            ahead[k] = membranes[(first_row + segment_first) * quads + quad[k]];
        }
        own_constants[k] = shared_constants(c);
        if (VARIED != 0u) {
            LOAD_OWN(own_constants[k], quad[k], quads)
        }
        if (segment_first > 0u && owned[k]) {
            LOAD_STATES(states, neuron[k], states_of(MODEL) * sample_ * quads + quad[k], quads)
            uint before = (sample_ * segment_rows + segment_first - 1u - segment_origin) * quads;
            membranes[before + quad[k]] = potential(MODEL, VARIED != 0u, STEEP != 0u, own_constants[k], neuron[k]);
            if (VARIED != 0u) {
                STORE_STATES(trace, neuron[k], states_of(MODEL) * before + quad[k], quads)
            }
        }
    }

    for (uint t = segment_first; t < segment_last; t++) {
        uint row = sample_ * steps + t;                                    // of spikes and events
        uint held = (sample_ * segment_rows + t - segment_origin) * quads;  // of membranes
        uint third = SHARED != 0u ? t % 3u * SHARED_WORDS + own_words : 0u;
        vec4 arrived[BLOCKS];
        [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
            arrived[k] = ahead[k];
            if (INPUTS == SUMS_ALONE) {
                ahead[k] = membranes[(first_row + min(t + 1u, segment_last - 1u)) * quads + quad[k]];
            }
            bits[k] = decide_quad(c, potential(MODEL, VARIED != 0u, STEEP != 0u, own_constants[k], neuron[k]), number, t, quad[k]);
            if (REFRACTORY != 0u) {
                bits[k] &= ~resting(recent[k], REFRACTORY);
            }
            if (t == flip_step && flip_neuron / 4u == quad[k]) {
                bits[k] ^= 1u << (flip_neuron % 4u);
            }
            if (REFRACTORY != 0u) {
                recent[k] = recent[k] << 1 | each_of(bits[k]);
            }
            if (owned[k] && bits[k] != 0u) {
                uint placed = bits[k] << (quad[k] % 8u * 4u);
                if (SHARED != 0u) {
                    atomicOr(shown[third + quad[k] / 8u], placed);
                } else {
                    atomicOr(spikes[row * words + quad[k] / 8u], placed);
                }
            }
            input_sum[k] = vec4(0.0);
            recurrent_sum[k] = bias[k];
        }
        if (SHARED != 0u) {
            barrier();
            uint next = (t + 2u) % 3u * SHARED_WORDS + own_words;
            for (uint w = lane; w < words; w += LANES) {
                shown[next + w] = 0u;
                if (present) {
                    spikes[row * words + w] = shown[third + w];
                }
            }
        } else if (RECURRENT != 0u) {
            memoryBarrierBuffer();
            barrier();
        }

        if (INPUTS != SUMS_ALONE && present && t >= delay) {
            uvec2 range = rows[row - delay];
            if (CONVOLUTION != 0u) {
                [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                    input_sum[k] = gather_events(window, range, quad[k]);
                }
            } else {
                for (uint e = range.x; e < range.y; e++) {
                    uint from = index[e] * quads;
                    [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                        input_sum[k] = input_sum[k] + input_weights[from + quad[k]];
                    }
                }
            }
        }
        if (RECURRENT != 0u && present && t >= recurrent_delay) {
            uint from_row = SHARED != 0u ? third : (row - recurrent_delay) * words;
            if (CONVOLUTION != 0u) {
                [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                    recurrent_sum[k] = gather_spikes(own_window, recurrent_sum[k], from_row, quad[k]);
                }
            } else if (SHARED != 0u) {
                // Four rows of weights at a time, so that their loads overlap.
                uint w = 0u;
                uint word = 0u;
                uvec4 from = uvec4(0u);
                bvec4 found = bvec4(true);
                while (found.w) {
                    [[unroll]] for (uint i = 0u; i < 4u; i++) {
                        while (word == 0u && w < words) {
                            word = shown[from_row + w];
                            w++;
                        }
                        found[i] = word != 0u;
                        if (found[i]) {
                            from[i] = (32u * (w - 1u) + uint(findLSB(word))) * quads;
                            word &= word - 1u;
                        }
                    }
                    if (!found.x) {
                        break;
                    }
                    [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                        vec4 first = recurrent_weights[from.x + quad[k]];
                        vec4 second = recurrent_weights[from.y + quad[k]];
                        vec4 next_one = recurrent_weights[from.z + quad[k]];
                        vec4 fourth = recurrent_weights[from.w + quad[k]];
                        recurrent_sum[k] = recurrent_sum[k] + first;
                        if (found.y) {
                            recurrent_sum[k] = recurrent_sum[k] + second;
                        }
                        if (found.z) {
                            recurrent_sum[k] = recurrent_sum[k] + next_one;
                        }
                        if (found.w) {
                            recurrent_sum[k] = recurrent_sum[k] + fourth;
                        }
                    }
                }
            } else {
                for (uint w = 0u; w < words; w++) {
                    for (uint word = spikes[from_row + w]; word != 0u; word &= word - 1u) {
                        uint from = (32u * w + uint(findLSB(word))) * quads;
                        [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                            recurrent_sum[k] = recurrent_sum[k] + recurrent_weights[from + quad[k]];
                        }
                    }
                }
            }
        }

        [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
            vec4 spike = vec4(bits[k] & 1u, (bits[k] >> 1) & 1u, (bits[k] >> 2) & 1u, (bits[k] >> 3) & 1u);
            precise vec4 scaled = arrived[k];
            if (INPUTS != SUMS_ALONE) {
                scaled = input_scale * input_sum[k];
            }
            if (INPUTS == EVENTS_AND_SUMS && owned[k]) {
                scaled = membranes[held + quad[k]] + scaled;
            }
            precise vec4 received = scaled + recurrent_sum[k];
            vec4 lost = advance(MODEL, RESET, own_constants[k], neuron[k], received, spike);
            if (owned[k]) {
                membranes[held + quad[k]] = potential(MODEL, VARIED != 0u, STEEP != 0u, own_constants[k], neuron[k]);
                if (VARIED != 0u) {
                    STORE_STATES(trace, neuron[k], states_of(MODEL) * held + quad[k], quads)
                }
                if (STORE_LOST != 0u) {
                    losts[held + quad[k]] = lost;
                }
            }
        }
    }

    if (segment_last - segment_first < steps) {
        [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
            if (owned[k]) {
                STORE_STATES(states, neuron[k], states_of(MODEL) * sample_ * quads + quad[k], quads)
            }
        }
    }
}
