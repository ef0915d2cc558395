// Carries the error of a layer to the layer below: a dense product with the
// transposed input weights, in ascending index. Twin of cpuref/error_below.go.
//
// Each lane computes one quad of the layer below for TILE rows (sample and step) at a
// time, so that a row of weights is loaded once for all of them.
#version 450
#extension GL_EXT_control_flow_attributes : require
#include "kinds.glsl"
#include "grid.glsl"
#include "products.glsl"
#include "window.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint TILE = 4u;
layout(constant_id = 2) const uint ADD = 0u;  // 1: add to the errors from other layers above

layout(std430, binding = 0) buffer Error { vec4 errors[]; };
layout(std430, binding = 1) readonly buffer Above { vec4 above[]; };
layout(std430, binding = 2) readonly buffer Transposed { vec4 transposed[]; };
layout(std430, binding = 3) readonly buffer Geometry { Window geometry; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint neurons;
    uint below;
    uint filters;  // neurons above a position; all neurons of a dense layer
    uint delay;
    uint segment_first;         // steps to compute
    uint segment_last;
    uint segment_origin;        // step of a sample's first row of errors
    uint segment_rows;          // rows per sample
    uint above_segment_first;   // not used
    uint above_segment_last;    // not used
    uint above_segment_origin;  // the same of errors above
    uint above_segment_rows;
};

void main() {
    uint quads = quads_of(neurons);
    uint quads_below = quads_of(below);
    uint length = segment_last - segment_first;
    uint row_count = samples * length;
    uint lane = flat_lane();
    if (lane >= (row_count + TILE - 1u) / TILE * quads_below) {
        return;
    }
    uint tile = lane / quads_below;
    uint quad = lane - tile * quads_below;

    precise vec4 sum[TILE];
    [[unroll]] for (uint r = 0u; r < TILE; r++) {
        sum[r] = vec4(0.0);
    }
    uint from[TILE];
    [[unroll]] for (uint r = 0u; r < TILE; r++) {
        uint row = min(tile * TILE + r, row_count - 1u);
        uint sample_ = row / length;
        uint t = row - sample_ * length + segment_first;
        from[r] = (sample_ * above_segment_rows + t + (t + delay < steps ? delay : 0u) - above_segment_origin) * quads;
    }
    Window window = geometry;
    bool dense = window.positions_height == 0u;
    uint quads_unit = dense ? quads_below : window.unit / 4u;  // of a row of weights
    uint q = quad / quads_unit;                                // position below
    uint y = dense ? 0u : q / window.below_width;
    uint x = dense ? 0u : q - y * window.below_width;
    uvec2 lines = dense ? uvec2(0u, 1u) : positions_above(vertical(window), y);
    uvec2 columns = dense ? uvec2(0u, 1u) : positions_above(horizontal(window), x);
    uint size = columns.y - columns.x;
    uint full = filters / 4u;
    for (uint i = 0u; i < (lines.y - lines.x) * size; i++) {
        uint py = lines.x + i / size;
        uint px = columns.x + i % size;
        uint element = (y + window.padding_height - py * window.stride_height) * window.kernel_width +
                       x + window.padding_width - px * window.stride_width;  // of the kernel; 0 if dense
        uint weight = element * filters * quads_unit + quad - q * quads_unit;
        uint position = (py * window.positions_width + px) * quads_of(filters);
        // Four neurons above at a time; the last ones may be fewer.
        for (uint f = 0u; f < full; f++) {
            uint at = weight + 4u * f * quads_unit;
            vec4 w0 = transposed[at];
            vec4 w1 = transposed[at + quads_unit];
            vec4 w2 = transposed[at + 2u * quads_unit];
            vec4 w3 = transposed[at + 3u * quads_unit];
            [[unroll]] for (uint r = 0u; r < TILE; r++) {
                vec4 x = above[from[r] + position + f];
                ADD_PRODUCTS(sum[r], x, w0, w1, w2, w3)
            }
        }
        for (uint k = 4u * full; k < filters; k++) {
            vec4 w = transposed[weight + k * quads_unit];
            [[unroll]] for (uint r = 0u; r < TILE; r++) {
                float x = above[from[r] + position + full][k - 4u * full];
                ADD_PRODUCT(sum[r], x, w)
            }
        }
    }
    [[unroll]] for (uint r = 0u; r < TILE; r++) {
        uint row = tile * TILE + r;
        if (row < row_count) {
            uint sample_ = row / length;
            uint t = row - sample_ * length + segment_first;
            uint held = sample_ * segment_rows + t - segment_origin;
            uint at = held * quads_below + quad;
            precise vec4 error = t + delay < steps ? sum[r] : vec4(0.0);
            if (ADD != 0u) {
                error = errors[at] + error;
            }
            errors[at] = error;
        }
    }
}
