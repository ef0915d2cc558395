// Carries the error of a layer to the layer below: a dense product with the
// transposed input weights, in ascending index. Twin of cpuref/error_below.go.
//
// A lane computes one quad of the layer below for TILE rows (sample and step) at a
// time, so that a row of weights is loaded once for all of them.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint TILE = 4u;

layout(std430, binding = 0) writeonly buffer Error { vec4 errors[]; };
layout(std430, binding = 1) readonly buffer Above { vec4 above[]; };
layout(std430, binding = 2) readonly buffer Transposed { vec4 transposed[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint neurons;
    uint below;
    uint delay;
};

void main() {
    uint quads = quads_of(neurons);
    uint quads_below = quads_of(below);
    uint row_count = samples * steps;
    uint lane = flat_lane();
    if (lane >= (row_count + TILE - 1u) / TILE * quads_below) {
        return;
    }
    uint tile = lane / quads_below;
    uint quad = lane - tile * quads_below;

    uint from[TILE];
    bool reached[TILE];
    precise vec4 sum[TILE];
    for (uint r = 0u; r < TILE; r++) {
        uint row = min(tile * TILE + r, row_count - 1u);
        reached[r] = row % steps + delay < steps;
        from[r] = (reached[r] ? row + delay : row) * quads;
        sum[r] = vec4(0.0);
    }
    // Four neurons above at a time; the last ones may be fewer.
    uint full = neurons / 4u;
    for (uint q = 0u; q < full; q++) {
        uint at = 4u * q * quads_below + quad;
        vec4 w0 = transposed[at];
        vec4 w1 = transposed[at + quads_below];
        vec4 w2 = transposed[at + 2u * quads_below];
        vec4 w3 = transposed[at + 3u * quads_below];
        for (uint r = 0u; r < TILE; r++) {
            vec4 x = above[from[r] + q];
            precise vec4 p0 = vec4(x.x) * w0;
            precise vec4 p1 = vec4(x.y) * w1;
            precise vec4 p2 = vec4(x.z) * w2;
            precise vec4 p3 = vec4(x.w) * w3;
            sum[r] = sum[r] + p0;
            sum[r] = sum[r] + p1;
            sum[r] = sum[r] + p2;
            sum[r] = sum[r] + p3;
        }
    }
    for (uint k = 4u * full; k < neurons; k++) {
        vec4 w = transposed[k * quads_below + quad];
        for (uint r = 0u; r < TILE; r++) {
            precise vec4 p = vec4(above[from[r] + full][k - 4u * full]) * w;
            sum[r] = sum[r] + p;
        }
    }
    for (uint r = 0u; r < TILE; r++) {
        uint row = tile * TILE + r;
        if (row < row_count) {
            errors[row * quads_below + quad] = reached[r] ? sum[r] : vec4(0.0);
        }
    }
}
