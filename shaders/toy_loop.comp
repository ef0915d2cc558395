// Gradient times tangent of a network of four sigmoid units along a closed curve,
// summed over blocks of neighbouring points. Twin of cpuref/toy_loop.go, which has
// the equations. Each lane handles one block.
#version 450
#include "grid.glsl"
#include "exact.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Partial { vec4 partial[]; };
layout(std430, binding = 1) readonly buffer Angles { vec2 angles[]; };  // sine, cosine
layout(std430, binding = 2) readonly buffer Directions { float directions[]; };

layout(push_constant) uniform Parameters {
    uint points;
    float beta;
    float beta_surrogate;
};

const uint TOY_LOOP_POINTS = 64u;

float sigmoid(float z, float steepness) {
    precise float scaled = steepness * z;
    precise float e = 1.0 + exact_exp(limit_exponent(-scaled));
    return exact_reciprocal(e);
}

float derivative(float z, float steepness) {
    precise float scaled = steepness * (z > 0.0 ? -z : z);
    float e = exact_exp(limit_exponent(scaled));
    precise float sum = 1.0 + e;
    float below = exact_reciprocal(sum);
    precise float product = e * below;
    product = product * below;
    product = steepness * product;
    return flush_state(product);
}

// x·y, too small ones 0.
float times(float x, float y) {
    precise float product = x * y;
    return flush_state(product);
}

float weigh(float x, float y) {
    precise float product = x * y;
    return flush_weight(product);
}

float term(float p[5], float tangent[5], float activation, float surrogate) {
    float g = sigmoid(p[0], activation);
    float input1 = weigh(p[1], g);
    float input2 = weigh(p[2], g);
    float h1 = sigmoid(input1, activation);
    float h2 = sigmoid(input2, activation);
    precise float weighted = weigh(p[3], h1) + weigh(p[4], h2);
    float last = flush_weight(weighted);

    float output_ = derivative(last, surrogate);
    float hidden1 = times(times(output_, p[3]), derivative(input1, surrogate));
    float hidden2 = times(times(output_, p[4]), derivative(input2, surrogate));
    precise float both = times(hidden1, p[1]) + times(hidden2, p[2]);
    float back = flush_state(both);
    float into = times(back, derivative(p[0], surrogate));

    precise float sum = into * tangent[0];
    precise float product = times(hidden1, g) * tangent[1];
    sum = sum + product;
    product = times(hidden2, g) * tangent[2];
    sum = sum + product;
    product = times(output_, h1) * tangent[3];
    sum = sum + product;
    product = times(output_, h2) * tangent[4];
    sum = sum + product;
    return flush_state(sum);
}

void main() {
    uint block = flat_lane();
    if (block * TOY_LOOP_POINTS >= points) {
        return;
    }
    precise float surrogate = 0.0;
    precise float truth = 0.0;
    uint last = min((block + 1u) * TOY_LOOP_POINTS, points);
    for (uint k = block * TOY_LOOP_POINTS; k < last; k++) {
        float sine = angles[k].x;
        float cosine = angles[k].y;
        float p[5];
        float tangent[5];
        for (uint i = 0u; i < 5u; i++) {
            precise float a = sine * directions[i];
            precise float b = cosine * directions[5u + i];
            precise float place = a + b;
            p[i] = flush_weight(place);
            precise float c = cosine * directions[10u + i];
            precise float d = sine * directions[15u + i];
            precise float along = c - d;
            tangent[i] = flush_weight(along);
        }
        surrogate = surrogate + term(p, tangent, beta, beta_surrogate);
        truth = truth + term(p, tangent, beta_surrogate, beta_surrogate);
    }
    partial[block] = vec4(surrogate, truth, 0.0, 0.0);
}
