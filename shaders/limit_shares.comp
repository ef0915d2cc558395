// Limits learned shares to 0 to 1. Twin of cpuref/limit_shares.go. Each lane handles one number.
#version 450
#include "grid.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Shares { float shares[]; };

layout(push_constant) uniform Parameters {
    uint count;
};

void main() {
    uint i = flat_lane();
    if (i >= count) {
        return;
    }
    float share = shares[i];
    if (share < 0.0) {
        share = 0.0;
    }
    if (share > 1.0) {
        share = 1.0;
    }
    shares[i] = share;
}
