// Lists the spikes of a layer for the layer above. Twin of cpuref/build_events.go.
// Each lane handles one row (sample and step). Compact, rows lie in the index one after
// another, in whatever order lanes get there: the contents of a row do not depend on it.
#version 450
#include "grid.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint COMPACT = 0u;  // 1: rows do not lie capacity entries apart

layout(std430, binding = 0) writeonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 1) writeonly buffer Index { uint index[]; };
layout(std430, binding = 2) readonly buffer Spikes { uint spikes[]; };
layout(std430, binding = 3) buffer Used { uint used; };  // entries of a compact index; zero before

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint words;           // words per row of spikes
    uint capacity;        // entries per row of index
    uint segment_first;   // steps to compute
    uint segment_last;
    uint segment_origin;  // step of a sample's first row of index
    uint segment_rows;    // rows per sample
};

void main() {
    uint lane = flat_lane();
    uint length = segment_last - segment_first;
    if (lane >= samples * length) {
        return;
    }
    uint sample_ = lane / length;
    uint t = lane - sample_ * length + segment_first;
    uint row = sample_ * steps + t;
    uint begin = (sample_ * segment_rows + t - segment_origin) * capacity;
    if (COMPACT != 0u) {
        uint count = 0u;
        for (uint w = 0u; w < words; w++) {
            count += uint(bitCount(spikes[row * words + w]));
        }
        begin = atomicAdd(used, count);
    }
    uint end = begin;
    for (uint w = 0u; w < words; w++) {
        for (uint word = spikes[row * words + w]; word != 0u; word &= word - 1u) {
            index[end] = 32u * w + uint(findLSB(word));
            end++;
        }
    }
    rows[row] = uvec2(begin, end);
}
