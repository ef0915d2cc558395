// Cross-entropy of a softmax and its derivative. Twin of cpuref/cross_entropy.go.
// Each lane handles one sample and recomputes softmax values where it needs them
// instead of storing them.
#version 450
#extension GL_EXT_control_flow_attributes : require
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint KIND = 0u;         // the loss
layout(constant_id = 2) const uint WRITE_ERROR = 0u;  // 1: write the derivative

layout(std430, binding = 0) writeonly buffer Loss { float losses[]; };
layout(std430, binding = 1) writeonly buffer Predicted { uint predicted[]; };
layout(std430, binding = 2) buffer Logits { float logits[]; };
layout(std430, binding = 3) writeonly buffer Error { float errors[]; };
layout(std430, binding = 4) writeonly buffer SpikeError { float spike_errors[]; };
layout(std430, binding = 5) readonly buffer Readout { float readout[]; };
layout(std430, binding = 6) readonly buffer Counts { uint counts[]; };
layout(std430, binding = 7) readonly buffer Labels { uint labels[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint classes;
};

// The parts of a softmax over the classes: the largest entry, the sum of
// exp(x − largest), and the inverse of that.
struct Softmax {
    float largest;
    float total;
    float inverse;
};

float exponential(float x, float largest) {
    precise float difference = x - largest;
    return exact_exp(difference);
}

float probability(float x, Softmax s) {
    precise float product = exponential(x, s.largest) * s.inverse;
    return flush_state(product);
}

Softmax softmax_of_step(uint at) {
    Softmax s;
    s.largest = readout[at];
    for (uint c = 1u; c < classes; c++) {
        s.largest = readout[at + c] > s.largest ? readout[at + c] : s.largest;
    }
    precise float total = 0.0;
    for (uint c = 0u; c < classes; c++) {
        total = total + exponential(readout[at + c], s.largest);
    }
    s.total = total;
    s.inverse = exact_reciprocal(total);
    return s;
}

// The step of the largest potential of class c, the first of equals.
uint maximum_step(uint base, uint c, uint stride) {
    uint best = 0u;
    float largest = readout[base + c];
    // Several steps per iteration: some software drivers stop a lane that loops too often.
    for (uint from = 0u; from < steps; from += 16u) {
        [[unroll]] for (uint k = 0u; k < 16u; k++) {
            uint t = min(from + k, steps - 1u);  // the last step once more changes nothing
            float u = readout[base + t * stride + c];
            if (u > largest) {
                largest = u;
                best = t;
            }
        }
    }
    return best;
}

void collect_logits(uint x, uint base, uint stride) {
    for (uint c = 0u; c < stride; c++) {
        logits[x + c] = 0.0;
    }
    if (KIND == LOSS_COUNTS) {
        for (uint c = 0u; c < classes; c++) {
            logits[x + c] = float(counts[x + c]);
        }
    } else if (KIND == LOSS_MAX_OVER_TIME) {
        for (uint c = 0u; c < classes; c++) {
            logits[x + c] = readout[base + maximum_step(base, c, stride) * stride + c];
        }
    } else if (KIND == LOSS_SUM_OF_SOFTMAX) {
        for (uint t = 0u; t < steps; t++) {
            uint at = base + t * stride;
            Softmax s = softmax_of_step(at);
            for (uint c = 0u; c < classes; c++) {
                precise float sum = logits[x + c] + probability(readout[at + c], s);
                logits[x + c] = sum;
            }
        }
    } else {
        for (uint c = 0u; c < classes; c++) {
            logits[x + c] = readout[base + (steps - 1u) * stride + c];
        }
    }
}

// Derivative of the loss with respect to logit c.
float gradient(uint x, uint c, Softmax s, uint label) {
    precise float g = probability(logits[x + c], s);
    if (c == label) {
        g = g - 1.0;
    }
    return flush_state(g);
}

void spread_error(uint x, uint base, uint stride, Softmax s, uint label) {
    if (KIND == LOSS_SUM_OF_SOFTMAX) {
        for (uint t = 0u; t < steps; t++) {
            uint at = base + t * stride;
            Softmax own = softmax_of_step(at);
            precise float mean = 0.0;
            for (uint c = 0u; c < classes; c++) {
                precise float product = probability(readout[at + c], own) * gradient(x, c, s, label);
                mean = mean + product;
            }
            for (uint c = 0u; c < stride; c++) {
                precise float product = 0.0;
                if (c < classes) {
                    precise float rest = gradient(x, c, s, label) - mean;
                    product = probability(readout[at + c], own) * rest;
                }
                errors[at + c] = flush_state(product);
            }
        }
        return;
    }
    for (uint c = 0u; c < classes; c++) {
        uint t = KIND == LOSS_MAX_OVER_TIME ? maximum_step(base, c, stride) : steps - 1u;
        errors[base + t * stride + c] = gradient(x, c, s, label);
    }
}

void main() {
    uint sample_ = flat_lane();
    if (sample_ >= samples) {
        return;
    }
    uint stride = stride_of(classes);
    uint x = sample_ * stride;
    uint base = sample_ * steps * stride;
    collect_logits(x, base, stride);

    uint best = 0u;
    Softmax s;
    s.largest = logits[x];
    for (uint c = 1u; c < classes; c++) {
        float logit = logits[x + c];
        if (logit > s.largest) {
            best = c;
            s.largest = logit;
        }
    }
    predicted[sample_] = best;
    precise float total = 0.0;
    for (uint c = 0u; c < classes; c++) {
        total = total + exponential(logits[x + c], s.largest);
    }
    s.total = total;
    s.inverse = exact_reciprocal(total);

    uint label = labels[sample_];
    precise float lead = logits[x + label] - s.largest;
    precise float loss = exact_log(total) - lead;
    losses[sample_] = loss;

    if (WRITE_ERROR == 0u) {
        return;
    }
    if (KIND == LOSS_COUNTS) {
        for (uint c = 0u; c < stride; c++) {
            spike_errors[x + c] = c < classes ? gradient(x, c, s, label) : 0.0;
        }
    } else {
        spread_error(x, base, stride, s, label);
    }
}
