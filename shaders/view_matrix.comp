// Draws a weight array as an image: columns to the right, rows upwards. A pixel shows the
// weight of largest magnitude of those that it covers. Each lane handles one pixel. The live
// window's; it has no twin.
#version 450
#include "grid.glsl"
#include "view.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) writeonly buffer Canvas { uint canvas[]; };
layout(std430, binding = 1) readonly buffer Weights { float weights[]; };
layout(std430, binding = 2) readonly buffer Order { uint order[]; };
layout(std430, binding = 3) readonly buffer Scale { float scale[]; }; // 256 over the weight of full colour

layout(push_constant) uniform Parameters {
    uint canvas_width;
    uint left;
    uint top;
    uint width;
    uint height;
    uint rows;
    uint columns;
    uint stride;
    uint paper;
    uint negative;
    uint positive;
};

void main() {
    uint lane = flat_lane();
    if (lane >= width * height) {
        return;
    }
    uint y = lane / width;
    uint x = lane - y * width;
    uint up = height - 1u - y;
    uint last_row = last_cell(up, height, rows);
    uint last_column = last_cell(x, width, columns);
    float largest = 0.0;
    for (uint column = first_cell(x, width, columns); column < last_column; column++) {
        uint at = order[column] * stride;
        for (uint row = first_cell(up, height, rows); row < last_row; row++) {
            float weight = weights[at + row];
            largest = abs(weight) > abs(largest) ? weight : largest;
        }
    }
    precise float amount = abs(largest) * scale[0];
    uint share = amount < 256.0 ? uint(amount) : 256u;
    canvas[(top + y) * canvas_width + left + x] = mixed(paper, largest < 0.0 ? negative : positive, share);
}
