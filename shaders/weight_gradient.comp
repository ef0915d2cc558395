// The partial weight gradients of all chunks of a batch, rows of errors added for
// every spike of an input: samples ascending, each from zero; in a sample words of
// steps descending, in a word positions ascending, for a position copies of an input
// that spikes several times in a step, and of those steps descending.
// Segments are done in descending order; the sums of samples are kept between them.
// Twin of cpuref/weight_gradient.go.
//
// Each lane handles one row of the weights and BLOCKS quads of neurons, so that the words
// of the spike train are searched once for all of them. Chunks lie along z. With few
// rows, SPREAD lanes share the samples of a chunk, one each, and the first of them
// adds what the others found.
#version 450
#extension GL_EXT_control_flow_attributes : require
#include "kinds.glsl"
#include "grid.glsl"
#include "window.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint BLOCKS = 1u;  // quads per lane
layout(constant_id = 2) const uint SPREAD = 1u;  // 1 or CHUNK_SAMPLES

layout(std430, binding = 0) writeonly buffer Partial { vec4 partial[]; };
layout(std430, binding = 1) readonly buffer Trains { uint trains[]; };
layout(std430, binding = 2) readonly buffer Error { vec4 errors[]; };
layout(std430, binding = 3) buffer Samplewise { vec4 samplewise[]; };  // of segments: the sums of single samples
layout(std430, binding = 4) readonly buffer Geometry { Window geometry; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint inputs;   // rows of the weights
    uint copies;   // trains of a number below
    uint neurons;  // of a position
    uint delay;
    float scale;   // weight of a spike
    uint segment_first;   // steps of the spikes
    uint segment_last;
    uint segment_origin;  // step of a sample's first row of errors
    uint segment_rows;    // rows per sample
};

shared vec4 sums_of_samples[SPREAD > 1u ? GROUP_SIZE * BLOCKS : 1u];

void main() {
    uint quads = quads_of(neurons);
    uint lanes = (quads + BLOCKS - 1u) / BLOCKS;  // per input
    uint apart = GROUP_SIZE / SPREAD;             // of lanes that share a chunk: neighbours do neighbouring quads
    uint member = SPREAD > 1u ? gl_LocalInvocationIndex / apart : 0u;
    uint lane = SPREAD > 1u ? (flat_lane() / GROUP_SIZE) * apart + gl_LocalInvocationIndex % apart : flat_lane();
    bool works = lane < inputs * lanes;
    if (SPREAD == 1u && !works) {
        return;
    }
    lane = min(lane, inputs * lanes - 1u);
    uint words = words_of(steps);
    uint i = lane / lanes;
    uint first_quad = lane - i * lanes;
    uint chunk = gl_WorkGroupID.z;
    uint first = chunk * CHUNK_SAMPLES;
    uint last = min(first + CHUNK_SAMPLES, samples);

    Window window = geometry;
    bool dense = window.positions_height == 0u;
    uint positions = dense ? 1u : window.positions_height * window.positions_width;
    // Positions that the row weighs an input of, and that input for position (0, 0), modulo 2³².
    uvec2 lines = uvec2(0u, 1u);
    uvec2 columns = uvec2(0u, 1u);
    uint origin = i;
    if (!dense) {
        uint element = i / window.unit;  // of the kernel
        uint line = element / window.kernel_width;
        uint plane = line / window.kernel_height;
        uint down = line - plane * window.kernel_height;
        uint right = element - line * window.kernel_width;
        lines = reached(vertical(window), down);
        columns = reached(horizontal(window), right);
        origin = ((plane * window.below_height + down - window.padding_height) * window.below_width + right - window.padding_width) *
                     window.unit + i % window.unit;
    }

    uint quad[BLOCKS];
    precise vec4 sum[BLOCKS];
    precise vec4 sample_sum[BLOCKS];
    [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
        quad[k] = min(first_quad + k * lanes, quads - 1u);
        sum[k] = vec4(0.0);
        sample_sum[k] = vec4(0.0);
    }
    uint begin = SPREAD > 1u ? min(first + member, last) : first;
    uint end = SPREAD > 1u ? min(begin + 1u, last) : last;
    for (uint b = begin; b < end; b++) {
        [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
            sample_sum[k] = segment_last < steps ? samplewise[(b * inputs + i) * quads + quad[k]] : vec4(0.0);
        }
        for (uint w = words_of(segment_last); w-- > segment_first / 32u;) {
            uint size = columns.y - columns.x;
            for (uint at = 0u; at < (lines.y - lines.x) * size; at++) {
                uint py = lines.x + at / size;
                uint px = columns.x + at % size;
                uint p = py * window.positions_width + px;
                uint from = origin + (py * window.stride_height * window.below_width + px * window.stride_width) * window.unit;
                for (uint turn = 0u; turn < copies; turn++) {
                    uint word = trains[((from * copies + turn) * samples + b) * words + w];
                    while (word != 0u) {
                        uint bit = uint(findMSB(word));
                        word &= ~(1u << bit);
                        uint t = 32u * w + bit + delay;
                        if (t < steps) {
                            uint row = ((b * segment_rows + t - segment_origin) * positions + p) * quads;
                            [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                                sample_sum[k] = sample_sum[k] + errors[row + quad[k]];
                            }
                        }
                    }
                }
            }
        }
        [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
            sum[k] = sum[k] + sample_sum[k];
            if (segment_first > 0u && first_quad + k * lanes < quads && works) {
                samplewise[(b * inputs + i) * quads + quad[k]] = sample_sum[k];
            }
        }
    }
    if (segment_first > 0u) {
        return;
    }
    if (SPREAD > 1u) {
        [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
            sums_of_samples[k * GROUP_SIZE + gl_LocalInvocationIndex] = sample_sum[k];
        }
        barrier();
        if (member > 0u || !works) {
            return;
        }
        for (uint other = 1u; other < last - first; other++) {
            [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
                sum[k] = sum[k] + sums_of_samples[k * GROUP_SIZE + gl_LocalInvocationIndex + other * apart];
            }
        }
    }
    [[unroll]] for (uint k = 0u; k < BLOCKS; k++) {
        if (first_quad + k * lanes < quads) {
            precise vec4 scaled = scale * sum[k];
            partial[(chunk * inputs + i) * quads + quad[k]] = scaled;
        }
    }
}
