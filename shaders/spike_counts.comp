// Counts the spikes of every neuron in every sample. Twin of cpuref/spike_counts.go.
// Each lane handles one neuron of one sample.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Counts { uint counts[]; };
layout(std430, binding = 1) readonly buffer Trains { uint trains[]; };

layout(push_constant) uniform Parameters {
    uint neurons;
    uint samples;
    uint steps;
};

void main() {
    uint stride = stride_of(neurons);
    uint lane = flat_lane();
    if (lane >= samples * stride) {
        return;
    }
    uint sample_ = lane / stride;
    uint n = lane - sample_ * stride;
    uint words = words_of(steps);
    uint total = 0u;
    if (n < neurons) {
        uint at = (n * samples + sample_) * words;
        for (uint w = 0u; w < words; w++) {
            total += uint(bitCount(trains[at + w]));
        }
    }
    counts[lane] = total;
}
