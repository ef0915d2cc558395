// Finds the smallest and the largest of a table's numbers: every lane those of its share,
// for the host to combine. The live window's; it has no twin.
#version 450
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Ranges { float ranges[]; };
layout(std430, binding = 1) readonly buffer Values { float values[]; };

layout(push_constant) uniform Parameters {
    uint lanes;
    uint base;
    uint rows;
    uint columns;
    uint stride;
};

void main() {
    uint lane = flat_lane();
    if (lane >= lanes) {
        return;
    }
    float least = values[base];
    float most = least;
    for (uint i = lane; i < rows * columns; i += lanes) {
        uint row = i / columns;
        float value = values[base + row * stride + i - row * columns];
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    ranges[2u * lane] = least;
    ranges[2u * lane + 1u] = most;
}
