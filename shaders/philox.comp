// The four words of Philox4x32-10 at counters under keys. Twin of Philox in
// cpuref/philox.go. Each lane makes one call.
#version 450
#include "grid.glsl"
#include "philox.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Words { uvec4 words[]; };
layout(std430, binding = 1) readonly buffer Counters { uvec4 counters[]; };
layout(std430, binding = 2) readonly buffer Keys { uvec2 keys[]; };

layout(push_constant) uniform Parameters {
    uint count;
};

void main() {
    uint i = flat_lane();
    if (i >= count) {
        return;
    }
    words[i] = philox(keys[i], counters[i]);
}
