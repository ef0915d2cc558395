// Partial gradients of learned delays, from those of the weights as spikes arrive and a step later.
// Twin of cpuref/delay_gradient.go. Each lane handles one input of one chunk.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Partial { float partial[]; };
layout(std430, binding = 1) readonly buffer Weights { float weights[]; };
layout(std430, binding = 2) readonly buffer Sums { float sums[]; };
layout(std430, binding = 3) readonly buffer Later { float later[]; };

layout(push_constant) uniform Parameters {
    uint chunks;
    uint inputs;
    uint neurons;
    uint longest;
};

void main() {
    uint lane = flat_lane();
    uint padded = stride_of(inputs);
    if (lane >= chunks * padded) {
        return;
    }
    uint chunk = lane / padded;
    uint n = lane - chunk * padded;
    if (n >= inputs) {
        partial[lane] = 0.0;
        return;
    }
    uint stride = stride_of(neurons);
    uint at = (chunk * inputs + n) * stride;
    precise float total = 0.0;
    for (uint j = 0u; j < neurons; j++) {
        precise float change = later[at + j] - sums[at + j];
        precise float term = weights[n * stride + j] * change;
        total = total + term;
    }
    precise float sloped = float(longest) * total;
    partial[lane] = flush_state(sloped);
}
