// Adds up the spikes of a layer, sample by sample. Twin of SpikeTotals in
// cpuref/spike_totals.go. Each lane handles one sample.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Totals { uint totals[]; };
layout(std430, binding = 1) readonly buffer Counts { uint counts[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint neurons;
};

void main() {
    uint sample_ = flat_lane();
    if (sample_ >= samples) {
        return;
    }
    uint at = sample_ * stride_of(neurons);
    uint total = 0u;
    for (uint n = 0u; n < neurons; n++) {
        total += counts[at + n];
    }
    totals[sample_] = total;
}
