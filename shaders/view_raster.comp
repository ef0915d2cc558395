// Draws spikes as a raster: steps to the right, rows upwards. A pixel shows the spikes of
// all cells that it covers. Each lane handles one pixel. The live window's; it has no twin.
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
    uint steps;
    uint base_bit;
    uint row_bits;
    uint step_bits;
    uint marked;
    uint paper;
    uint ink;
    uint mark;
};

void main() {
    uint lane = flat_lane();
    if (lane >= width * height) {
        return;
    }
    uint y = lane / width;
    uint x = lane - y * width;
    uint up = height - 1u - y;
    uint first_row = first_cell(up, height, rows);
    uint last_row = last_cell(up, height, rows);
    uint last_step = last_cell(x, width, steps);
    bool spiked = false;
    if (!between_cells(x, width, steps) && !between_cells(up, height, rows)) {
        for (uint row = first_row; row < last_row; row++) {
            uint at = base_bit + order[row] * row_bits;
            for (uint step_ = first_cell(x, width, steps); step_ < last_step; step_++) {
                uint bit = at + step_ * step_bits;
                spiked = spiked || (spikes[bit >> 5u] >> (bit & 31u) & 1u) != 0u;
            }
        }
    }
    bool picked = marked >= first_row && marked < last_row;
    canvas[(top + y) * canvas_width + left + x] = spiked ? ink : picked ? mark : paper;
}
