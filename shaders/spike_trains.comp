// Turns events into spike trains, one bit per step. Twin of cpuref/spike_trains.go. Each
// lane handles one row (sample and step) and puts its bit into the word of every
// neuron that spikes; neighbouring steps share words, hence the atomic. A neuron that
// spikes several times in a step has as many trains, and n spikes are a bit in the first n.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Trains { uint trains[]; };  // zeroed beforehand
layout(std430, binding = 1) readonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 2) readonly buffer Index { uint index[]; };

layout(push_constant) uniform Parameters {
    uint neurons;
    uint copies;  // trains of a neuron
    uint samples;
    uint steps;
    uint segment_first;   // steps to compute
    uint segment_last;
    uint segment_origin;  // not used
    uint segment_rows;    // not used
};

void main() {
    uint lane = flat_lane();
    uint length = segment_last - segment_first;
    if (lane >= samples * length) {
        return;
    }
    uint words = words_of(steps);
    uint sample_ = lane / length;
    uint t = lane - sample_ * length + segment_first;
    uint at = sample_ * words + t / 32u;
    uint bit = 1u << (t % 32u);
    uvec2 range = rows[sample_ * steps + t];
    uint before = 0xffffffffu;
    uint turn = 0u;
    for (uint e = range.x; e < range.y; e++) {
        uint n = index[e];
        turn = n == before ? turn + 1u : 0u;
        before = n;
        atomicOr(trains[(n * copies + turn) * samples * words + at], bit);
    }
}
