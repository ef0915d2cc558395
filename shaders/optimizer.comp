// Updates weights by their gradients. Twin of cpuref/optimizer.go. Each lane updates one
// weight.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint KIND = 0u;  // the optimizer

layout(std430, binding = 0) buffer Weights { float weights[]; };
layout(std430, binding = 1) buffer State0 { float state0[]; };
layout(std430, binding = 2) buffer State1 { float state1[]; };
layout(std430, binding = 3) buffer State2 { float state2[]; };
layout(std430, binding = 4) readonly buffer Gradient { float gradients[]; };

// Values that may change between updates: in a buffer, so that a recorded stream can be
// resubmitted with other values.
layout(std430, binding = 5) readonly buffer Update {
    float inverse_batch;
    float learning_rate;
    float weight_decay;
    float momentum;
    float momentum1;
    float second_moment;
    float second_moment1;
    float correction;
    float correction2;
    float epsilon;
};

layout(push_constant) uniform Parameters {
    uint count;
};

const float TINY_SQUARE = 7.8886090522101180541172856528278622967320643510902e-31;  // 2^-100

// Gradients beyond these are clamped before they are squared: see cpuref/optimizer.go.
const float LARGEST_ADAM = 4611686018427387904.0;  // 2^62
const float LARGEST_SMORMS3 = 562949953421312.0;   // 2^49

// Limits the magnitude of a finite number; others stay. By bits, since a compiler may assume
// that numbers are finite.
float limit_finite(float x, float magnitude) {
    uint bits = floatBitsToUint(x);
    uint absolute = bits & 0x7fffffffu;
    uint limit = floatBitsToUint(magnitude);
    return uintBitsToFloat(absolute > limit && absolute < 0x7f800000u ? (bits ^ absolute) | limit : bits);
}

float step_sgd(uint i, float gradient) {
    precise float kept = momentum * state0[i];
    precise float sum = kept + gradient;
    float velocity = flush_state(sum);
    state0[i] = velocity;
    precise float step_ = learning_rate * velocity;
    return step_;
}

float step_adam(uint i, float given, float w) {
    float gradient = limit_finite(given, LARGEST_ADAM);
    precise float kept = momentum * state0[i];
    precise float added = momentum1 * gradient;
    precise float sum = kept + added;
    float first = flush_state(sum);
    precise float kept2 = second_moment * state1[i];
    precise float square = gradient * gradient;
    precise float added2 = second_moment1 * square;
    precise float sum2 = kept2 + added2;
    float second = flush_below(sum2, TINY_SQUARE);
    state0[i] = first;
    state1[i] = second;
    precise float corrected2 = second * correction2;
    precise float denominator = exact_sqrt(corrected2) + epsilon;
    float scale = exact_reciprocal(denominator);
    precise float corrected = first * correction;
    precise float scaled = corrected * scale;
    precise float step_ = learning_rate * flush_state(scaled);
    if (KIND == OPTIMIZER_ADAMW) {
        precise float factor = learning_rate * weight_decay;
        precise float decay = factor * w;
        step_ = step_ + decay;
    }
    return step_;
}

float step_smorms3(uint i, float given) {
    float gradient = limit_finite(given, LARGEST_SMORMS3);
    float memory = state2[i];
    precise float longer = memory + 1.0;
    float rate = exact_reciprocal(longer);
    precise float rest = 1.0 - rate;
    precise float kept = rest * state0[i];
    precise float added = rate * gradient;
    precise float sum = kept + added;
    float first = flush_below(sum, TINY_GRADIENT);
    precise float kept2 = rest * state1[i];
    precise float square = gradient * gradient;
    precise float added2 = rate * square;
    precise float sum2 = kept2 + added2;
    float second = flush_below(sum2, TINY_SQUARE);
    precise float square1 = first * first;
    precise float denominator = second + epsilon;
    precise float ratio = square1 * exact_reciprocal(denominator);
    state0[i] = first;
    state1[i] = second;
    precise float forgotten = 1.0 - ratio;
    precise float remembered = memory * forgotten;
    precise float next = remembered + 1.0;
    state2[i] = next;
    float bounded = ratio > learning_rate ? learning_rate : ratio;
    precise float divisor = exact_sqrt(second) + epsilon;
    precise float scaled = gradient * exact_reciprocal(divisor);
    precise float step_ = flush_state(bounded) * scaled;
    return step_;
}

void main() {
    uint i = flat_lane();
    if (i >= count) {
        return;
    }
    float w = weights[i];
    precise float gradient = gradients[i] * inverse_batch;
    if (KIND != OPTIMIZER_ADAMW) {
        precise float decay = weight_decay * w;
        gradient = gradient + decay;
    }
    gradient = flush_below(gradient, TINY_GRADIENT);
    float step_;
    if (KIND == OPTIMIZER_SGD) {
        step_ = step_sgd(i, gradient);
    } else if (KIND == OPTIMIZER_SMORMS3) {
        step_ = step_smorms3(i, gradient);
    } else {
        step_ = step_adam(i, gradient, w);
    }
    precise float next = w - step_;
    weights[i] = flush_weight(next);
}
