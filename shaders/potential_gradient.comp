// The partial gradients of weights that weigh the potentials of a layer whose neurons do not spike:
// a sample is summed from zero in ascending steps, samples are added in ascending order. Twin of
// cpuref/potential_gradient.go. Each lane handles one quad of a row of the weights; chunks lie along z.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "products.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Partial { vec4 partial[]; };
layout(std430, binding = 1) readonly buffer Potential { float potentials[]; };
layout(std430, binding = 2) readonly buffer Error { vec4 errors[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint inputs;
    uint neurons;
    uint delay;
};

void main() {
    uint quads = quads_of(neurons);
    uint lane = flat_lane();
    if (lane >= inputs * quads) {
        return;
    }
    uint i = lane / quads;
    uint quad = lane - i * quads;
    uint chunk = gl_WorkGroupID.z;
    uint first = chunk * CHUNK_SAMPLES;
    uint last = min(first + CHUNK_SAMPLES, samples);
    uint later = delay + 1u;  // from the row that holds U[t] to the error at t+d
    precise vec4 sum = vec4(0.0);
    for (uint b = first; b < last; b++) {
        precise vec4 sample_sum = vec4(0.0);
        for (uint t = 0u; t + later < steps; t++) {
            float u = potentials[(b * steps + t) * stride_of(inputs) + i];
            vec4 error = errors[(b * steps + t + later) * quads + quad];
            ADD_PRODUCT(sample_sum, u, error)
        }
        sum = sum + sample_sum;
    }
    partial[(chunk * inputs + i) * quads + quad] = sum;
}
