// Carries errors back through learned delays: a spike gets the error of the step in which it
// arrives. Twin of cpuref/delay_errors.go. Each lane handles one input of a sample, all its steps, ascending.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "philox.glsl"
#include "delays.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Error { float errors[]; };
layout(std430, binding = 1) readonly buffer Numbers { uint numbers[]; };  // seed, stream, samples
layout(std430, binding = 2) readonly buffer Shares { float shares[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint inputs;
    uint layer;
    uint longest;
    uint drawn;  // 1: between two steps
};

void main() {
    uint lane = flat_lane();
    if (lane >= samples * inputs) {
        return;
    }
    uint sample_ = lane / inputs;
    uint n = lane - sample_ * inputs;
    uint stride = stride_of(inputs);
    uint delay = delay_of(shares[n], longest, drawn, numbers[0], numbers[2u + sample_], n, layer);
    for (uint t = 0u; t < steps; t++) {
        float error = 0.0;
        if (t + delay < steps) {
            error = errors[(sample_ * steps + t + delay) * stride + n];
        }
        errors[(sample_ * steps + t) * stride + n] = error;
    }
}
