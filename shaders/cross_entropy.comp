// Cross-entropy of a softmax and its derivative. Twin of cpuref/cross_entropy.go.
// LANES lanes handle one sample: maxima over parts of the steps, softmaxes of several steps
// and classes at a time. Sums are in ascending order. Softmax values are recomputed where
// they are needed instead of being stored.
#version 450
#extension GL_EXT_control_flow_attributes : require
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint KIND = 0u;         // the loss
layout(constant_id = 2) const uint WRITE_ERROR = 0u;  // 1: write the derivative
layout(constant_id = 3) const uint LANES = 1u;        // lanes per sample, a divisor of the workgroup

layout(std430, binding = 0) writeonly buffer Loss { float losses[]; };
layout(std430, binding = 1) writeonly buffer Predicted { uint predicted[]; };
layout(std430, binding = 2) coherent buffer Logits { float logits[]; };
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

shared float values[GROUP_SIZE];    // logits, largest potentials or inverses of sums
shared float largests[GROUP_SIZE];  // potentials of a step
shared uint maxima[GROUP_SIZE];     // steps

// What a lane is to its sample.
uint x;       // where the sample's logits begin
uint base;    // its potentials
uint stride;
uint lane;    // among those of the sample
uint first;   // of these, in shared memory
bool present; // surplus lanes recompute the last sample and discard it

// Waits until the lanes of the sample have written to shared memory, or may write again.
void meet() {
    if (LANES > 1u) {
        barrier();
    }
}

// The step of the largest potential of class c, the first of equals: each of several lanes
// searches a part of the steps, and the lane of the first part compares theirs. The lanes
// of as many classes as there are columns do so at once; the result is that lane's.
uint maximum_step(uint c, uint columns) {
    uint parts = min(LANES / columns, steps);
    uint part = lane / columns;
    uint best = 0u;
    if (part < parts && c < classes) {
        uint from = part * steps / parts;
        uint to = (part + 1u) * steps / parts;
        best = from;
        float largest = readout[base + from * stride + c];
        // Several steps per iteration: some software drivers stop a lane that loops too often.
        for (; from < to; from += 16u) {
            [[unroll]] for (uint k = 0u; k < 16u; k++) {
                uint t = min(from + k, to - 1u);  // the last step once more changes nothing
                float u = readout[base + t * stride + c];
                if (u > largest) {
                    largest = u;
                    best = t;
                }
            }
        }
        values[first + lane] = largest;
        maxima[first + lane] = best;
    }
    meet();
    if (part == 0u && c < classes) {
        float largest = values[first + lane];
        for (uint p = 1u; p < parts; p++) {
            uint other = first + lane + p * columns;
            if (values[other] > largest) {
                largest = values[other];
                best = maxima[other];
            }
        }
    }
    meet();
    return best;
}

void put_logit(uint c, float logit) {
    if (present) {
        logits[x + c] = logit;
    }
}

// Returns the step of the maximum of the last class that the lane searched.
uint collect_logits(uint columns) {
    for (uint c = classes + lane; c < stride; c += LANES) {
        put_logit(c, 0.0);
    }
    uint best = 0u;
    if (KIND == LOSS_MAX_OVER_TIME) {
        for (uint from = 0u; from < classes; from += columns) {
            uint c = from + lane % columns;
            best = maximum_step(c, columns);
            if (lane < columns && c < classes) {
                put_logit(c, readout[base + best * stride + c]);
            }
        }
    } else if (KIND == LOSS_SUM_OF_SOFTMAX) {
        for (uint c = lane; c < classes; c += LANES) {
            put_logit(c, 0.0);
        }
        for (uint from = 0u; from < steps; from += LANES) {
            if (from + lane < steps) {
                Softmax own = softmax_of_step(base + (from + lane) * stride);
                largests[first + lane] = own.largest;
                values[first + lane] = own.inverse;
            }
            meet();
            uint count = min(LANES, steps - from);
            for (uint c = lane; c < classes; c += LANES) {
                precise float sum = logits[x + c];
                for (uint k = 0u; k < count; k++) {
                    Softmax own = Softmax(largests[first + k], 0.0, values[first + k]);
                    sum = sum + probability(readout[base + (from + k) * stride + c], own);
                }
                put_logit(c, sum);
            }
            meet();
        }
    } else {
        for (uint c = lane; c < classes; c += LANES) {
            put_logit(c, KIND == LOSS_COUNTS ? float(counts[x + c]) : readout[base + (steps - 1u) * stride + c]);
        }
    }
    return best;
}

// A logit: from shared memory, where all of the sample's fit.
float logit_of(uint c) { return stride <= LANES ? values[first + c] : logits[x + c]; }

// Derivative of the loss with respect to logit c.
float gradient(uint c, Softmax s, uint label) {
    precise float g = probability(logit_of(c), s);
    if (c == label) {
        g = g - 1.0;
    }
    return flush_state(g);
}

void spread_over_steps(Softmax s, uint label) {
    for (uint t = lane; t < steps; t += LANES) {
        uint at = base + t * stride;
        Softmax own = softmax_of_step(at);
        precise float mean = 0.0;
        for (uint c = 0u; c < classes; c++) {
            precise float product = probability(readout[at + c], own) * gradient(c, s, label);
            mean = mean + product;
        }
        for (uint c = 0u; c < stride && present; c++) {
            precise float product = 0.0;
            if (c < classes) {
                precise float rest = gradient(c, s, label) - mean;
                product = probability(readout[at + c], own) * rest;
            }
            errors[at + c] = flush_state(product);
        }
    }
}

void spread_error(uint best, uint columns, Softmax s, uint label) {
    if (KIND == LOSS_SUM_OF_SOFTMAX) {
        spread_over_steps(s, label);
        return;
    }
    // Searches again only where there are more classes than lanes, whose logits are not in shared memory.
    for (uint from = 0u; from < classes; from += columns) {
        uint c = from + lane % columns;
        uint t = steps - 1u;
        if (KIND == LOSS_MAX_OVER_TIME) {
            t = classes <= columns ? best : maximum_step(c, columns);
        }
        if (present && lane < columns && c < classes) {
            errors[base + t * stride + c] = gradient(c, s, label);
        }
    }
}

void main() {
    uint sample_ = flat_lane() / LANES;
    lane = flat_lane() % LANES;
    first = gl_LocalInvocationIndex - lane;
    present = sample_ < samples;  // no early return: barriers follow
    sample_ = min(sample_, samples - 1u);
    stride = stride_of(classes);
    x = sample_ * stride;
    base = sample_ * steps * stride;
    uint columns = min(LANES, stride);
    uint kept = collect_logits(columns);
    if (LANES > 1u) {
        memoryBarrierBuffer();
        barrier();
        if (stride <= LANES) {
            if (lane < stride) {
                values[first + lane] = logits[x + lane];
            }
            barrier();
        }
    }

    uint best = 0u;
    Softmax s;
    s.largest = logit_of(0u);
    for (uint c = 1u; c < classes; c++) {
        float logit = logit_of(c);
        if (logit > s.largest) {
            best = c;
            s.largest = logit;
        }
    }
    precise float total = 0.0;
    for (uint c = 0u; c < classes; c++) {
        total = total + exponential(logit_of(c), s.largest);
    }
    s.total = total;
    s.inverse = exact_reciprocal(total);

    uint label = labels[sample_];
    precise float lead = logit_of(label) - s.largest;
    precise float loss = exact_log(total) - lead;
    if (present && lane == 0u) {
        predicted[sample_] = best;
        losses[sample_] = loss;
    }

    if (WRITE_ERROR == 0u) {
        return;
    }
    if (KIND == LOSS_COUNTS) {
        for (uint c = lane; c < stride && present; c += LANES) {
            spike_errors[x + c] = c < classes ? gradient(c, s, label) : 0.0;
        }
    } else {
        spread_error(kept, columns, s, label);
    }
}
