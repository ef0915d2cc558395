// Carries errors back through dropout: 0 where spikes are left out, elsewhere scaled. Twin of
// cpuref/drop_errors.go. Each lane handles one quad of what is handed up at a step.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "philox.glsl"
#include "dropout.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Error { vec4 errors[]; };
layout(std430, binding = 1) readonly buffer Numbers { uint numbers[]; };  // seed, stream, samples

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint neurons;  // numbers handed up
    uint layer;
    float rate;
    float scale;   // factor of what is kept
    uint together;        // 1: in all steps or in none
    uint segment_first;   // steps to compute
    uint segment_last;
    uint segment_origin;  // step of a sample's first row of errors
    uint segment_rows;    // rows per sample
};

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
    bvec4 kept = kept_of(numbers[0], numbers[2u + sample_], t, quad, layer, rate, together);
    precise vec4 scaled = scale * errors[at];
    errors[at] = mix(vec4(0.0), scaled, kept);
}
