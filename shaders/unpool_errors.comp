// Carries the errors of pooled spikes to the layer: for a sum, to every position of a cell;
// for a maximum, to the first that has a spike, or the first if none has. Twin of
// cpuref/unpool_errors.go. Each lane handles one quad of the layer at a step.
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint KIND = 0u;

layout(std430, binding = 0) writeonly buffer Error { vec4 errors[]; };
layout(std430, binding = 1) readonly buffer Pooled { vec4 pooled[]; };
layout(std430, binding = 2) readonly buffer Spikes { uint spikes[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint height;  // positions of the layer
    uint width;
    uint cell_height;
    uint cell_width;
    uint unit;            // numbers per position
    uint segment_first;   // steps to compute
    uint segment_last;
    uint segment_origin;  // step of a sample's first row of errors
    uint segment_rows;    // rows per sample
};

void main() {
    uint quads_unit = unit / 4u;
    uint quads = height * width * quads_unit;
    uint length = segment_last - segment_first;
    uint lane = flat_lane();
    if (lane >= samples * length * quads) {
        return;
    }
    uint line = lane / quads;
    uint own = lane - line * quads;
    uint sample_ = line / length;
    uint t = line - sample_ * length + segment_first;
    uint held = sample_ * segment_rows + t - segment_origin;

    uint position = own / quads_unit;
    uint quad = own - position * quads_unit;
    uint y = position / width;
    uint x = position - y * width;
    uint cy = y / cell_height;
    uint cx = x / cell_width;
    uint across = width / cell_width;
    uint down = height / cell_height;
    vec4 error = vec4(0.0);
    if (cy < down && cx < across) {
        error = pooled[(held * down * across + cy * across + cx) * quads_unit + quad];
        if (KIND == POOL_MAX) {
            // The spikes of the quad at positions of the cell up to its own.
            uint from = (sample_ * steps + t) * words_of(4u * quads);
            uint ordinal = (y - cy * cell_height) * cell_width + x - cx * cell_width;
            uint before = 0u;
            uint mine = 0u;
            uint all = 0u;
            for (uint i = 0u; i < cell_height * cell_width; i++) {
                uint number = ((cy * cell_height + i / cell_width) * width + cx * cell_width + i % cell_width) * unit + 4u * quad;
                uint bits = (spikes[from + number / 32u] >> (number % 32u)) & 15u;
                before |= i < ordinal ? bits : 0u;
                mine |= i == ordinal ? bits : 0u;
                all |= bits;
            }
            uint takes = (mine & ~before) | (ordinal == 0u ? ~all : 0u);
            error.x = (takes & 1u) != 0u ? error.x : 0.0;
            error.y = (takes & 2u) != 0u ? error.y : 0.0;
            error.z = (takes & 4u) != 0u ? error.z : 0.0;
            error.w = (takes & 8u) != 0u ? error.w : 0.0;
        }
    }
    errors[held * quads + own] = error;
}
