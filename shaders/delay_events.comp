// Moves every spike by the learned delay of its input. Twin of cpuref/delay_events.go. Each lane handles one
// row of events (sample and step); several may set bits of one word, in any order. Spikes are 0
// before.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "philox.glsl"
#include "delays.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Spikes { uint spikes[]; };
layout(std430, binding = 1) readonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 2) readonly buffer Index { uint index[]; };
layout(std430, binding = 3) readonly buffer Numbers { uint numbers[]; };  // seed, stream, samples
layout(std430, binding = 4) readonly buffer Shares { float shares[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint inputs;
    uint layer;
    uint longest;
    uint drawn;  // 1: between two steps
};

void main() {
    uint row = flat_lane();
    if (row >= samples * steps) {
        return;
    }
    uint sample_ = row / steps;
    uint t = row - sample_ * steps;
    uint words = (inputs + 31u) / 32u;
    uvec2 range = rows[row];
    for (uint e = range.x; e < range.y; e++) {
        uint n = index[e];
        uint at = t + delay_of(shares[n], longest, drawn, numbers[0], numbers[2u + sample_], n, layer);
        if (at < steps) {
            atomicOr(spikes[(sample_ * steps + at) * words + n / 32u], 1u << (n % 32u));
        }
    }
}
