// Partial sums of the squares of a gradient, a block of NORM_BLOCK numbers per lane.
// Twin of cpuref/squared_norm.go.
#version 450
#include "grid.glsl"
#include "exact.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Partial { float partial[]; };
layout(std430, binding = 1) readonly buffer Gradient { float gradients[]; };
layout(std430, binding = 2) readonly buffer Update { float inverse_batch; };

layout(push_constant) uniform Parameters {
    uint count;  // numbers of the gradient
};

const uint NORM_BLOCK = 256u;

void main() {
    uint block = flat_lane();
    if (block * NORM_BLOCK >= count) {
        return;
    }
    precise float sum = 0.0;
    uint last = min((block + 1u) * NORM_BLOCK, count);
    for (uint i = block * NORM_BLOCK; i < last; i++) {
        precise float scaled = gradients[i] * inverse_batch;
        scaled = flush_below(scaled, TINY_GRADIENT);
        precise float square = scaled * scaled;
        sum = sum + square;
    }
    partial[block] = sum;
}
