// The partial weight gradients of all chunks of a batch, rows of errors added for
// every spike of an input: samples ascending, steps descending. Twin of
// cpuref/weight_gradient.go.
//
// A lane does one input and BLOCKS quads of neurons, so that the words of the spike
// train are searched once for all of them. Chunks lie along z.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint BLOCKS = 1u;  // quads a lane

layout(std430, binding = 0) writeonly buffer Partial { vec4 partial[]; };
layout(std430, binding = 1) readonly buffer Trains { uint trains[]; };
layout(std430, binding = 2) readonly buffer Error { vec4 errors[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint inputs;
    uint neurons;
    uint delay;
};

void main() {
    uint quads = quads_of(neurons);
    uint lanes = (quads + BLOCKS - 1u) / BLOCKS;  // an input
    uint lane = flat_lane();
    if (lane >= inputs * lanes) {
        return;
    }
    uint words = words_of(steps);
    uint i = lane / lanes;
    uint first_quad = lane - i * lanes;
    uint chunk = gl_WorkGroupID.z;
    uint last = min((chunk + 1u) * CHUNK_SAMPLES, samples);

    uint quad[BLOCKS];
    precise vec4 sum[BLOCKS];
    for (uint k = 0u; k < BLOCKS; k++) {
        quad[k] = min(first_quad + k * lanes, quads - 1u);
        sum[k] = vec4(0.0);
    }
    for (uint b = chunk * CHUNK_SAMPLES; b < last; b++) {
        uint train = (i * samples + b) * words;
        for (uint w = words; w-- > 0u;) {
            uint word = trains[train + w];
            while (word != 0u) {
                uint bit = uint(findMSB(word));
                word &= ~(1u << bit);
                uint t = 32u * w + bit + delay;
                if (t < steps) {
                    uint row = (b * steps + t) * quads;
                    for (uint k = 0u; k < BLOCKS; k++) {
                        sum[k] = sum[k] + errors[row + quad[k]];
                    }
                }
            }
        }
    }
    for (uint k = 0u; k < BLOCKS; k++) {
        if (first_quad + k * lanes < quads) {
            partial[(chunk * inputs + i) * quads + quad[k]] = sum[k];
        }
    }
}
