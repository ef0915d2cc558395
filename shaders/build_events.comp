// Lists the spikes of a layer for the layer above. Twin of cpuref/build_events.go.
// A lane does one row (sample and step).
#version 450
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 1) writeonly buffer Index { uint index[]; };
layout(std430, binding = 2) readonly buffer Spikes { uint spikes[]; };

layout(push_constant) uniform Parameters {
    uint row_count;
    uint words;     // a row of spikes
    uint capacity;  // entries of a row of index
};

void main() {
    uint row = flat_lane();
    if (row >= row_count) {
        return;
    }
    uint begin = row * capacity;
    uint end = begin;
    for (uint w = 0u; w < words; w++) {
        for (uint word = spikes[row * words + w]; word != 0u; word &= word - 1u) {
            index[end] = 32u * w + uint(findLSB(word));
            end++;
        }
    }
    rows[row] = uvec2(begin, end);
}
