// Turns events into spike trains, a bit a step. Twin of cpuref/spike_trains.go. A
// lane does one row (sample and step) and puts its bit into the word of every
// neuron that spikes; neighbouring steps share words, hence the atomic.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Trains { uint trains[]; };  // zero before
layout(std430, binding = 1) readonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 2) readonly buffer Index { uint index[]; };

layout(push_constant) uniform Parameters {
    uint neurons;
    uint samples;
    uint steps;
};

void main() {
    uint row = flat_lane();
    if (row >= samples * steps) {
        return;
    }
    uint words = words_of(steps);
    uint sample_ = row / steps;
    uint t = row - sample_ * steps;
    uint at = sample_ * words + t / 32u;
    uint bit = 1u << (t % 32u);
    uvec2 range = rows[row];
    for (uint e = range.x; e < range.y; e++) {
        atomicOr(trains[index[e] * samples * words + at], bit);
    }
}
