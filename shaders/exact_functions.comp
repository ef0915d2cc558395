// Applies an exact function to a run of arguments given by their bits, so that all
// of float32 can be compared with cpuref/exact.go. Each lane handles one argument.
#version 450
#include "grid.glsl"
#include "exact.glsl"

const uint FUNCTION_EXP = 0u;
const uint FUNCTION_LOG = 1u;
const uint FUNCTION_RECIPROCAL = 2u;

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint FUNCTION = 0u;  // 3: the square root

layout(std430, binding = 0) writeonly buffer Results { float results[]; };

layout(push_constant) uniform Parameters {
    uint count;
    uint first;     // bits of the first argument
    uint increment; // between the bits of neighbouring arguments
};

void main() {
    uint i = flat_lane();
    if (i >= count) {
        return;
    }
    float x = uintBitsToFloat(first + i * increment);
    if (FUNCTION == FUNCTION_EXP) {
        results[i] = exact_exp(x);
    } else if (FUNCTION == FUNCTION_LOG) {
        results[i] = exact_log(x);
    } else if (FUNCTION == FUNCTION_RECIPROCAL) {
        results[i] = exact_reciprocal(x);
    } else {
        results[i] = exact_sqrt(x);
    }
}
