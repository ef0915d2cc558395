// The values neurons use for a learned constant. Twin of cpuref/learned_constants.go,
// which gives the formulas. Each lane handles one number of the padded row. The first position
// clamps the learned number to its bounds; the others clamp it for themselves, so it does
// not matter whether they see the clamped number.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"
#include "neuron.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Varied { float varied[]; };
layout(std430, binding = 1) buffer Learned { float learned[]; };

layout(push_constant) uniform Parameters {
    uint neurons;
    uint filters;  // neurons per position; all neurons of a dense layer
    uint units;    // learned numbers: one per neuron of a position, or 1
    uint constant;
    float factor;
};

const float LEARNED_BOUND = 4.0;

void main() {
    uint n = flat_lane();
    uint stride = stride_of(neurons);
    if (n >= stride) {
        return;
    }
    uint i = units == 1u ? 0u : n % stride_of(filters);
    float rho = learned[i];
    if (rho > LEARNED_BOUND) {
        rho = LEARNED_BOUND;
    }
    if (rho < -LEARNED_BOUND) {
        rho = -LEARNED_BOUND;
    }
    if (n == i) {
        learned[i] = rho;
    }
    uint slope = (ROW_SLOPES + constant) * stride + n;
    if (constant == CONSTANT_NOISE_BETA) {
        varied[ROW_STEEPNESS * stride + n] = flush_weight(exact_exp(rho));
        varied[slope] = 1.0;
        return;
    }
    if (constant == CONSTANT_THRESHOLD || constant == CONSTANT_ADAPTATION) {
        precise float scaled = factor * exact_exp(rho);
        float value = flush_weight(scaled);
        varied[slope] = value;
        if (constant == CONSTANT_ADAPTATION) {
            varied[ROW_ADAPTATION * stride + n] = value;
            return;
        }
        precise float raised = value - 1.0;
        varied[ROW_THRESHOLD * stride + n] = value;
        varied[ROW_RAISED * stride + n] = flush_state(raised);
        return;
    }
    precise float x = factor * exact_exp(-rho);
    if (x > EXPONENT_LIMIT) {
        x = EXPONENT_LIMIT;
    }
    float decay = flush_weight(exact_exp(-x));
    precise float falling = decay * x;
    varied[slope] = flush_weight(falling);
    if (constant == CONSTANT_TAU_MEMBRANE) {
        precise float drive = 1.0 - decay;
        varied[ROW_DECAY_MEMBRANE * stride + n] = decay;
        varied[ROW_DRIVE_MEMBRANE * stride + n] = flush_weight(drive);
    } else if (constant == CONSTANT_TAU_SYNAPSE) {
        varied[ROW_DECAY_SYNAPSE * stride + n] = decay;
    } else {
        varied[ROW_DECAY_ADAPTATION * stride + n] = decay;
    }
}
