// Leaves out, in training, some of what a layer hands up; the events kept move to the
// beginning of their row. Twin of cpuref/drop_events.go. Each lane handles one row (sample and step).
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "philox.glsl"
#include "dropout.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Rows { uvec2 rows[]; };
layout(std430, binding = 1) buffer Index { uint index[]; };
layout(std430, binding = 2) readonly buffer Numbers { uint numbers[]; };  // seed, stream, samples

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint layer;
    float rate;
    uint together;        // 1: in all steps or in none
    uint segment_first;   // steps to compute
    uint segment_last;
    uint segment_origin;  // not used
    uint segment_rows;    // not used
};

void main() {
    uint lane = flat_lane();
    uint length = segment_last - segment_first;
    if (lane >= samples * length) {
        return;
    }
    uint sample_ = lane / length;
    uint t = lane - sample_ * length + segment_first;
    uint row = sample_ * steps + t;
    uvec2 range = rows[row];
    uint end = range.x;
    uint drawn = 0xffffffffu;  // quad whose decisions are held; events ascend
    bvec4 kept = bvec4(false);
    for (uint e = range.x; e < range.y; e++) {
        uint n = index[e];
        if (n / 4u != drawn) {
            drawn = n / 4u;
            kept = kept_of(numbers[0], numbers[2u + sample_], t, drawn, layer, rate, together);
        }
        if (kept[n % 4u]) {
            index[end] = n;
            end++;
        }
    }
    rows[row] = uvec2(range.x, end);
}
