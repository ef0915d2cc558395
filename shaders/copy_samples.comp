// Copies the first words of samples of one array to samples of another. Twin of
// cpuref/copy_samples.go. Each lane handles one word.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer To { uint to[]; };
layout(std430, binding = 1) readonly buffer From { uint from[]; };
layout(std430, binding = 2) readonly buffer Sources { uint sources[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint words;
    uint to_stride;
    uint from_stride;
};

void main() {
    uint lane = flat_lane();
    if (lane >= samples * words) {
        return;
    }
    uint sample_ = lane / words;
    uint w = lane - sample_ * words;
    to[sample_ * to_stride + w] = from[sources[sample_] * from_stride + w];
}
