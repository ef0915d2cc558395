// Sums the input that the spikes of one source bring to a layer or a readout. Twin of
// cpuref/input_sums.go. Each lane handles one quad at a step.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "window.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint CONVOLUTION = 0u;  // 1: the connection has a window
layout(constant_id = 2) const uint ADD = 0u;          // 1: the sums are added to what is there

layout(std430, binding = 0) buffer Sums { vec4 sums[]; };
layout(std430, binding = 1) readonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 2) readonly buffer Index { uint index[]; };
layout(std430, binding = 3) readonly buffer Weights { vec4 input_weights[]; };
layout(std430, binding = 4) readonly buffer Geometry { Window geometry; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint neurons;
    uint filters;  // neurons per position; all neurons of a dense layer
    uint delay;
    float scale;  // weight of a spike
    uint segment_first;   // steps to compute
    uint segment_last;
    uint segment_origin;  // step of a sample's first row of sums
    uint segment_rows;    // rows per sample
};

#include "gather.glsl"

void main() {
    uint quads = quads_of(neurons);
    uint length = segment_last - segment_first;
    uint lane = flat_lane();
    if (lane >= samples * length * quads) {
        return;
    }
    uint line = lane / quads;
    uint quad = lane - line * quads;
    uint sample_ = line / length;
    uint t = line - sample_ * length + segment_first;
    uint at = (sample_ * segment_rows + t - segment_origin) * quads + quad;
    precise vec4 sum = vec4(0.0);
    if (t >= delay) {
        uvec2 range = rows[sample_ * steps + t - delay];
        if (CONVOLUTION != 0u) {
            Window window = geometry;
            sum = gather_events(window, range, quad);
        } else {
            // Four events at a time, so that their loads overlap.
            for (uint e = range.x; e < range.y; e += 4u) {
                uint last = range.y - 1u;
                vec4 first = input_weights[index[e] * quads + quad];
                vec4 second = input_weights[index[min(e + 1u, last)] * quads + quad];
                vec4 third = input_weights[index[min(e + 2u, last)] * quads + quad];
                vec4 fourth = input_weights[index[min(e + 3u, last)] * quads + quad];
                sum = sum + first;
                if (e + 1u <= last) {
                    sum = sum + second;
                }
                if (e + 2u <= last) {
                    sum = sum + third;
                }
                if (e + 3u <= last) {
                    sum = sum + fourth;
                }
            }
        }
    }
    precise vec4 scaled = scale * sum;
    if (ADD != 0u) {
        scaled = sums[at] + scaled;
    }
    sums[at] = scaled;
}
