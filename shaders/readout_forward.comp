// The readout, leaky integrators without spikes, over all steps in one dispatch.
// Twin of cpuref/readout_forward.go. Each lane owns a quad of classes of one sample.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"
#include "inputs.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint BIAS = 0u;    // 1: with biases
layout(constant_id = 2) const uint INPUTS = 0u;  // see inputs.glsl; sums lie where the potentials will be

layout(std430, binding = 0) buffer Readout { vec4 readout[]; };
layout(std430, binding = 1) readonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 2) readonly buffer Index { uint index[]; };
layout(std430, binding = 3) readonly buffer Weights { vec4 weights[]; };
layout(std430, binding = 4) buffer States { vec4 states[]; };  // of segments: membrane and current of a sample
layout(std430, binding = 5) readonly buffer Bias { vec4 biases[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint classes;
    uint delay;
    float decay_membrane;
    float drive_membrane;
    float decay_synapse;
    float initial;
    float scale;          // weight of a spike
    uint segment_first;   // steps to compute; the readout has rows for all
    uint segment_last;
    uint segment_origin;  // not used
    uint segment_rows;    // not used
};

void main() {
    uint quads = quads_of(classes);
    uint lane = flat_lane();
    if (lane >= samples * quads) {
        return;
    }
    uint sample_ = lane / quads;
    uint quad = lane - sample_ * quads;
    precise vec4 current = vec4(0.0);
    precise vec4 membrane = vec4(initial);
    uint state = 2u * sample_ * quads + quad;
    if (segment_first > 0u) {
        membrane = states[state];
        current = states[state + quads];
    }
    vec4 ahead = vec4(0.0);  // sums of the next step, loaded while a step is computed
    if (INPUTS == SUMS_ALONE) {
        ahead = readout[(sample_ * steps + segment_first) * quads + quad];
    }
    for (uint t = segment_first; t < segment_last; t++) {
        uint row = sample_ * steps + t;
        vec4 arrived = ahead;
        if (INPUTS == SUMS_ALONE) {
            ahead = readout[(row + (t + 1u < segment_last ? 1u : 0u)) * quads + quad];
        }
        precise vec4 input_sum = vec4(0.0);
        if (INPUTS != SUMS_ALONE && t >= delay) {
            uvec2 range = rows[row - delay];
            for (uint e = range.x; e < range.y; e++) {
                input_sum = input_sum + weights[index[e] * quads + quad];
            }
        }
        precise vec4 received = arrived;
        if (INPUTS != SUMS_ALONE) {
            received = scale * input_sum;
        }
        if (INPUTS == EVENTS_AND_SUMS) {
            received = readout[row * quads + quad] + received;
        }
        if (BIAS != 0u) {
            received = received + biases[quad];
        }
        precise vec4 leak = vec4(decay_membrane) * membrane;
        precise vec4 drive = vec4(drive_membrane) * current;
        precise vec4 next = leak + drive;
        membrane = flush_state(next);
        precise vec4 kept = vec4(decay_synapse) * current;
        precise vec4 charged = kept + received;
        current = flush_state(charged);
        readout[row * quads + quad] = membrane;
    }
    if (segment_last - segment_first < steps) {
        states[state] = membrane;
        states[state + quads] = current;
    }
}
