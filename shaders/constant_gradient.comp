// Partial gradients of a learned constant, from what the backward pass added up for each
// sample. Twin of cpuref/constant_gradient.go. Each lane handles one learned number of one chunk,
// or, of a constant that all neurons share, a workgroup does a chunk: lanes add up every
// LANE-th neuron, and the first lane their sums.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"
#include "neuron.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint COMMON = 0u;  // 1: all neurons share the constant

layout(std430, binding = 0) writeonly buffer Partial { float partial[]; };
layout(std430, binding = 1) readonly buffer Samplewise { float samplewise[]; };
layout(std430, binding = 2) readonly buffer Varied { float varied[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint neurons;
    uint filters;  // neurons per position; all neurons of a dense layer
    uint constant;
    uint place;  // index among the learned constants
    uint count;  // learned constants
};

shared float strands[LANE];

// The sum of a neuron of all positions over the samples of a chunk.
float sum_of(uint chunk, uint n) {
    uint stride = stride_of(neurons);
    uint last = min((chunk + 1u) * CHUNK_SAMPLES, samples);
    precise float sum = 0.0;
    for (uint b = chunk * CHUNK_SAMPLES; b < last; b++) {
        uint sample_ = (b * count + place) * stride;
        for (uint at = n; at < stride; at += stride_of(filters)) {
            sum = sum + samplewise[sample_ + at];
        }
    }
    return sum;
}

void main() {
    uint chunks = (samples + CHUNK_SAMPLES - 1u) / CHUNK_SAMPLES;
    uint slopes = (ROW_SLOPES + constant) * stride_of(neurons);
    if (COMMON == 0u) {
        uint unit = stride_of(filters);
        uint lane = flat_lane();
        uint chunk = lane / unit;
        uint n = lane - chunk * unit;
        if (chunk >= chunks) {
            return;
        }
        precise float sloped = 0.0;
        if (n < filters) {
            sloped = sum_of(chunk, n) * varied[slopes + n];
        }
        partial[lane] = flush_state(sloped);
        return;
    }
    uint chunk = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
    bool present = chunk < chunks;  // no early return: a barrier follows
    for (uint strand = gl_LocalInvocationIndex; present && strand < LANE; strand += GROUP_SIZE) {
        precise float sum = 0.0;
        for (uint n = strand; n < filters; n += LANE) {
            sum = sum + sum_of(chunk, n);
        }
        strands[strand] = sum;
    }
    barrier();
    if (!present || gl_LocalInvocationIndex != 0u) {
        return;
    }
    precise float total = 0.0;
    for (uint strand = 0u; strand < LANE; strand++) {
        total = total + strands[strand];
    }
    precise float sloped = total * varied[slopes];
    partial[chunk * LANE] = flush_state(sloped);
    for (uint n = 1u; n < LANE; n++) {
        partial[chunk * LANE + n] = 0.0;
    }
}
