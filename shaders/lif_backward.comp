// The reverse of the layer of leaky integrate-and-fire neurons, in place and
// backwards in time, in one dispatch. Twin of cpuref/lif_backward.go.
//
// Lanes own samples and quads as in lif_forward.comp. With recurrence the lanes of
// a sample show each other ∂L/∂h in shared memory, in two halves used in turn, so
// that one barrier a step is enough.
#version 450
#include "kinds.glsl"
#include "exact.glsl"
#include "surrogate.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP_SIZE = 1u;  // see grid.glsl
layout(constant_id = 1) const uint SURROGATE = 0u;
layout(constant_id = 2) const uint RESET = 0u;
layout(constant_id = 3) const uint DIFFERENTIATE_RESET = 0u;  // 1: gradient flows through the reset
layout(constant_id = 4) const uint RECURRENT = 0u;            // 1: with recurrent weights
layout(constant_id = 5) const uint LANES = 1u;                // lanes a sample
layout(constant_id = 6) const uint BLOCKS = 1u;               // quads a lane
layout(constant_id = 7) const uint SHARED_QUADS = 1u;         // samples a workgroup times quads a sample

layout(std430, binding = 0) buffer Error { vec4 errors[]; };
layout(std430, binding = 1) readonly buffer Spikes { uint spikes[]; };
layout(std430, binding = 2) readonly buffer Membrane { vec4 membranes[]; };
layout(std430, binding = 3) readonly buffer Current { vec4 currents[]; };
layout(std430, binding = 4) readonly buffer SpikeError { vec4 spike_errors[]; };
layout(std430, binding = 5) readonly buffer RecurrentTransposed { vec4 recurrent_transposed[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint neurons;
    uint recurrent_delay;
    float decay_membrane;
    float drive_membrane;
    float decay_synapse;
    float threshold;
    float surrogate_parameter0;
    float surrogate_parameter1;
    float surrogate_parameter2;
};

shared vec4 received[2u * SHARED_QUADS];

float derivative(float before, uint bit) {
    precise float u = before - threshold;
    vec3 parameters = vec3(surrogate_parameter0, surrogate_parameter1, surrogate_parameter2);
    return surrogate_derivative(SURROGATE, parameters, u, bit != 0u);
}

void main() {
    uint quads = quads_of(neurons);
    uint words = words_of(neurons);
    uint samples_in_group = GROUP_SIZE / LANES;
    uint slot = samples_in_group == 1u ? 0u : gl_LocalInvocationIndex / LANES;
    uint lane = gl_LocalInvocationIndex - slot * LANES;
    uint sample_ = gl_WorkGroupID.y * samples_in_group + slot;
    bool present = sample_ < samples;  // no early return: barriers follow

    uint quad[BLOCKS];
    bool owned[BLOCKS];
    precise vec4 current[BLOCKS];   // adjoint of I[t+1]
    precise vec4 membrane[BLOCKS];  // adjoint of U[t+1]
    precise vec4 recurrent_sum[BLOCKS];
    vec4 spike_error[BLOCKS];
    for (uint k = 0u; k < BLOCKS; k++) {
        uint own = (gl_WorkGroupID.x * BLOCKS + k) * LANES + lane;
        owned[k] = present && own < quads;
        quad[k] = min(own, quads - 1u);  // a lane too many computes in vain and stores nothing
        current[k] = vec4(0.0);
        membrane[k] = vec4(0.0);
        spike_error[k] = owned[k] ? spike_errors[sample_ * quads + quad[k]] : vec4(0.0);
    }

    for (uint t = steps; t-- > 0u;) {
        uint row = sample_ * steps + t;
        for (uint k = 0u; k < BLOCKS; k++) {
            recurrent_sum[k] = vec4(0.0);
        }
        if (RECURRENT != 0u && t + recurrent_delay < steps) {
            uint shown = (t % 2u) * SHARED_QUADS + slot * quads;
            for (uint k = 0u; k < BLOCKS; k++) {
                if (owned[k]) {
                    received[shown + quad[k]] = recurrent_delay == 0u
                        ? current[k] : errors[(row + recurrent_delay) * quads + quad[k]];
                }
            }
            barrier();
            if (present) {
                uint full = neurons / 4u;
                for (uint q = 0u; q < full; q++) {
                    vec4 x = received[shown + q];
                    for (uint k = 0u; k < BLOCKS; k++) {
                        uint at = 4u * q * quads + quad[k];
                        precise vec4 p0 = vec4(x.x) * recurrent_transposed[at];
                        precise vec4 p1 = vec4(x.y) * recurrent_transposed[at + quads];
                        precise vec4 p2 = vec4(x.z) * recurrent_transposed[at + 2u * quads];
                        precise vec4 p3 = vec4(x.w) * recurrent_transposed[at + 3u * quads];
                        recurrent_sum[k] = recurrent_sum[k] + p0;
                        recurrent_sum[k] = recurrent_sum[k] + p1;
                        recurrent_sum[k] = recurrent_sum[k] + p2;
                        recurrent_sum[k] = recurrent_sum[k] + p3;
                    }
                }
                for (uint n = 4u * full; n < neurons; n++) {
                    vec4 x = vec4(received[shown + full][n - 4u * full]);
                    for (uint k = 0u; k < BLOCKS; k++) {
                        precise vec4 p = x * recurrent_transposed[n * quads + quad[k]];
                        recurrent_sum[k] = recurrent_sum[k] + p;
                    }
                }
            }
        }

        for (uint k = 0u; k < BLOCKS; k++) {
            if (!owned[k]) {
                continue;
            }
            uint at = row * quads + quad[k];
            vec4 before = vec4(0.0);          // U[t]
            vec4 current_before = vec4(0.0);  // I[t]
            if (t > 0u) {
                before = membranes[at - quads];
                if (DIFFERENTIATE_RESET != 0u && RESET == RESET_MULTIPLICATIVE) {
                    current_before = currents[at - quads];
                }
            }
            uint bits = spikes[row * words + quad[k] / 8u] >> (quad[k] % 8u * 4u);
            vec4 spike = vec4(bits & 1u, (bits >> 1) & 1u, (bits >> 2) & 1u, (bits >> 3) & 1u);
            precise vec4 gate = vec4(1.0) - spike;

            precise vec4 spike_adjoint = errors[at] + recurrent_sum[k];
            spike_adjoint = spike_adjoint + spike_error[k];
            errors[at] = current[k];

            precise vec4 leak = membrane[k];   // what the adjoint of U[t+1] passes to that of U[t]
            precise vec4 drive = membrane[k];  // and to that of I[t]
            if (RESET == RESET_MULTIPLICATIVE) {
                leak = gate * membrane[k];
                drive = leak;
            } else if (RESET == RESET_MEMBRANE_ONLY) {
                leak = gate * membrane[k];
            }
            if (DIFFERENTIATE_RESET != 0u) {
                precise vec4 lost = vec4(threshold);
                if (RESET == RESET_MULTIPLICATIVE) {
                    precise vec4 leaked = vec4(decay_membrane) * before;
                    precise vec4 driven = vec4(drive_membrane) * current_before;
                    precise vec4 sum = leaked + driven;
                    lost = flush_state(sum);
                } else if (RESET == RESET_MEMBRANE_ONLY) {
                    precise vec4 leaked = vec4(decay_membrane) * before;
                    lost = flush_state(leaked);
                }
                precise vec4 share = lost * membrane[k];
                spike_adjoint = spike_adjoint - share;
            }
            vec4 slope = vec4(derivative(before.x, bits & 1u), derivative(before.y, bits & 2u),
                              derivative(before.z, bits & 4u), derivative(before.w, bits & 8u));
            precise vec4 kept = vec4(decay_synapse) * current[k];
            precise vec4 driving = vec4(drive_membrane) * drive;
            precise vec4 next_current = kept + driving;
            precise vec4 leaking = vec4(decay_membrane) * leak;
            precise vec4 sloped = slope * flush_state(spike_adjoint);
            precise vec4 next_membrane = leaking + sloped;
            current[k] = flush_state(next_current);
            membrane[k] = flush_state(next_membrane);
        }
    }
}
