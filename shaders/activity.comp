// Adds a regularizer on the activity of a layer. Twin of cpuref/activity.go. Each
// lane handles one sample, group by group, because the loss sums in that order.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint LOWER = 0u;    // 1: penalize what is below the threshold
layout(constant_id = 2) const uint SQUARED = 0u;  // 1: the square of the excess

layout(std430, binding = 0) buffer SpikeError { float spike_errors[]; };
layout(std430, binding = 1) buffer Loss { float losses[]; };
layout(std430, binding = 2) readonly buffer Counts { uint counts[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint neurons;
    uint filters;  // neurons per position; all neurons of a dense layer
    uint group;
    float threshold;
    float inverse_size;
    float loss_factor;
    float error_factor;
};

void main() {
    uint sample_ = flat_lane();
    if (sample_ >= samples) {
        return;
    }
    uint base = sample_ * stride_of(neurons);
    uint unit = stride_of(filters);
    precise float loss = 0.0;
    for (uint g = 0u; g < neurons; g += group) {
        if (group == 1u && g % unit >= filters) {
            continue;  // no neuron
        }
        uint total = 0u;
        for (uint n = g; n < g + group; n++) {
            total += counts[base + n];
        }
        precise float mean = float(total) * inverse_size;
        precise float excess = mean - threshold;
        if (LOWER != 0u) {
            excess = -excess;
        }
        if (excess <= 0.0) {
            continue;
        }
        precise float slope = error_factor;
        precise float punished = excess;
        if (SQUARED != 0u) {
            slope = slope * excess;
            punished = excess * excess;
        }
        precise float share = loss_factor * punished;
        loss = loss + share;
        for (uint n = g; n < g + group; n++) {
            if (n % unit >= filters) {
                continue;
            }
            precise float sum = spike_errors[base + n] + slope;
            spike_errors[base + n] = flush_state(sum);
        }
    }
    precise float sum = losses[sample_] + loss;
    losses[sample_] = flush_state(sum);
}
