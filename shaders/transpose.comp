// Copies a weight matrix into its transpose, both with padded rows. Twin of
// cpuref/transpose.go. A lane copies one number.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Transposed { float transposed[]; };
layout(std430, binding = 1) readonly buffer Weights { float weights[]; };

layout(push_constant) uniform Parameters {
    uint rows;
    uint columns;
};

void main() {
    uint lane = flat_lane();
    if (lane >= rows * columns) {
        return;
    }
    uint column = lane / rows;
    uint row = lane - column * rows;
    transposed[column * stride_of(rows) + row] = weights[row * stride_of(columns) + column];
}
