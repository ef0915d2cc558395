// Lays a picture over a part of the canvas: pixels packed like the canvas's, with the
// opacity in the highest byte. Each lane handles one pixel. The live window's; it has no twin.
#version 450
#include "grid.glsl"
#include "view.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Canvas { uint canvas[]; };
layout(std430, binding = 1) readonly buffer Glass { uint glass[]; };

layout(push_constant) uniform Parameters {
    uint canvas_width;
    uint left;
    uint top;
    uint width;
    uint height;
};

void main() {
    uint lane = flat_lane();
    if (lane >= width * height) {
        return;
    }
    uint y = lane / width;
    uint at = (top + y) * canvas_width + left + lane - y * width;
    uint opacity = glass[lane] >> 24u;
    canvas[at] = mixed(canvas[at], glass[lane] | 0xff000000u, opacity + (opacity >> 7u));
}
