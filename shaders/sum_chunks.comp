// One level of the tree that adds up partial results: partial k gets partial
// k + gap, for every k that is a multiple of twice the gap. Twin of
// cpuref/sum_chunks.go. Each lane adds four numbers; pairs lie along z.
#version 450
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Partial { vec4 partial[]; };

layout(push_constant) uniform Parameters {
    uint quads;  // a partial result, in groups of four numbers
    uint count;  // partial results
    uint gap;    // between the two of a pair, a power of two
};

void main() {
    uint quad = flat_lane();
    uint to = 2u * gap * gl_WorkGroupID.z;
    if (quad >= quads || to + gap >= count) {
        return;
    }
    precise vec4 sum = partial[to * quads + quad] + partial[(to + gap) * quads + quad];
    partial[to * quads + quad] = sum;
}
