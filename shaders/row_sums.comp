// The sums of the rows of an array, in ascending order. Twin of cpuref/row_sums.go. Each
// lane handles one row.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Sums { float sums[]; };
layout(std430, binding = 1) readonly buffer Values { float values[]; };

layout(push_constant) uniform Parameters {
    uint rows;
    uint columns;
};

void main() {
    uint row = flat_lane();
    if (row >= rows) {
        return;
    }
    uint at = row * stride_of(columns);
    precise float sum = 0.0;
    for (uint c = 0u; c < columns; c++) {
        sum = sum + values[at + c];
    }
    sums[row] = sum;
}
