// How far spikes are from target spikes. Twin of cpuref/spike_distance.go. Each lane handles
// one neuron of one sample.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint KIND = 0u;         // the loss
layout(constant_id = 2) const uint WRITE_ERROR = 0u;  // 1: write the derivative

layout(std430, binding = 0) writeonly buffer Distance { float distances[]; };
layout(std430, binding = 1) writeonly buffer Error { float errors[]; };
layout(std430, binding = 2) readonly buffer Spikes { uint spikes[]; };
layout(std430, binding = 3) readonly buffer Targets { uint targets[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint neurons;
    float decay_membrane;
    float drive_membrane;
    float decay_synapse;
    float scale;
    float half_scale;
};

void main() {
    uint stride = stride_of(neurons);
    uint lane = flat_lane();
    if (lane >= samples * stride) {
        return;
    }
    uint sample_ = lane / stride;
    uint n = lane - sample_ * stride;
    uint words = words_of(neurons);
    precise float current = 0.0;
    precise float membrane = 0.0;
    precise float sum = 0.0;
    for (uint t = 0u; t < steps; t++) {
        uint row = sample_ * steps + t;
        precise float f = 0.0;
        if (n < neurons) {
            uint at = row * words + n / 32u;
            f = float((spikes[at] >> (n % 32u)) & 1u) - float((targets[at] >> (n % 32u)) & 1u);
        }
        if (KIND == LOSS_VAN_ROSSUM) {
            precise float leak = decay_membrane * membrane;
            precise float drive = drive_membrane * current;
            precise float driven = leak + drive;
            membrane = flush_state(driven);
            precise float kept = decay_synapse * current;
            precise float received = kept + f;
            current = flush_state(received);
            f = membrane;
        }
        precise float square = f * f;
        sum = sum + square;
        if (WRITE_ERROR != 0u) {
            precise float slope = scale * f;
            errors[row * stride + n] = flush_state(slope);
        }
    }
    precise float distance = half_scale * flush_state(sum);
    distances[lane] = flush_state(distance);
}
