// Copies blocks of weights, each into its transpose, both with padded rows. Twin of
// cpuref/transpose.go. Each lane copies one number.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Transposed { float transposed[]; };
layout(std430, binding = 1) readonly buffer Weights { float weights[]; };

layout(push_constant) uniform Parameters {
    uint rows;
    uint columns;
    uint blocks;
};

void main() {
    uint lane = flat_lane();
    if (lane >= blocks * rows * columns) {
        return;
    }
    uint block = lane / (rows * columns);
    uint rest = lane - block * rows * columns;
    uint column = rest / rows;
    uint row = rest - column * rows;
    transposed[(block * columns + column) * stride_of(rows) + row] = weights[(block * rows + row) * stride_of(columns) + column];
}
