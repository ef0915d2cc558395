// Draws the spikes of some steps at the rows and columns of a plane: the more there are at a
// position, the stronger. The first channel has a colour of its own. Each lane handles one pixel.
// The live window's; it has no twin.
#version 450
#include "grid.glsl"
#include "view.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Canvas { uint canvas[]; };
layout(std430, binding = 1) readonly buffer Spikes { uint spikes[]; };
layout(std430, binding = 2) readonly buffer Order { uint order[]; };

layout(push_constant) uniform Parameters {
    uint canvas_width;
    uint left;
    uint top;
    uint width;
    uint height;
    uint rows;
    uint columns;
    uint channels;
    uint steps;
    uint base_bit;
    uint step_bits;
    uint full;
    uint paper;
    uint first;
    uint others;
};

// The weight of a colour for a number of spikes.
uint strength(uint count) { return count == 0u ? 0u : min(256u, 64u + 192u * count / full); }

void main() {
    uint lane = flat_lane();
    if (lane >= width * height) {
        return;
    }
    uint y = lane / width;
    uint x = lane - y * width;
    uint of_first = 0u;
    uint of_others = 0u;
    for (uint row = first_cell(y, height, rows); row < last_cell(y, height, rows); row++) {
        for (uint column = first_cell(x, width, columns); column < last_cell(x, width, columns); column++) {
            for (uint channel = 0u; channel < channels; channel++) {
                uint at = base_bit + order[(channel * rows + row) * columns + column];
                uint count = 0u;
                for (uint step_ = 0u; step_ < steps; step_++) {
                    uint bit = at + step_ * step_bits;
                    count += spikes[bit >> 5u] >> (bit & 31u) & 1u;
                }
                of_first += channel == 0u ? count : 0u;
                of_others += channel == 0u ? 0u : count;
            }
        }
    }
    uint color = paper;
    if (first == others) {
        color = mixed(color, first, strength(of_first + of_others));
    } else {
        color = mixed(color, first, strength(of_first));
        color = mixed(color, others, strength(of_others) / (of_first > 0u ? 2u : 1u));
    }
    canvas[(top + y) * canvas_width + left + x] = color;
}
