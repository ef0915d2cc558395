// Draws curves as lines over a grid: points to the right, values upwards. Each lane draws
// one column of pixels, curve after curve, so that they lie over one another in a fixed
// order. The live window's; it has no twin.
//
// Style holds what changes from picture to picture: the value at the bottom, pixels per
// unit of value, points, points per pixel, curves, lines of the grid; from 8 on for each
// line its distance from the bottom and colour; from 24 on for each curve its number,
// its colour, half its thickness in pixels and its first point.
#version 450
#include "grid.glsl"
#include "view.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Canvas { uint canvas[]; };
layout(std430, binding = 1) readonly buffer Values { float values[]; };
layout(std430, binding = 2) readonly buffer Style { uint style[]; };

layout(push_constant) uniform Parameters {
    uint canvas_width;
    uint left;
    uint top;
    uint width;
    uint height;
    uint base;
    uint point_stride;
    uint curve_stride;
    uint paper;
};

// The interpolated value of a curve.
float value_at(uint start, uint points, float place) {
    uint i = uint(place);
    precise float share = place - float(i);
    float a = values[start + i * point_stride];
    float b = values[start + min(i + 1u, points - 1u) * point_stride];
    precise float value = a + share * (b - a);
    return value;
}

void main() {
    uint x = flat_lane();
    if (x >= width) {
        return;
    }
    uint bottom = (top + height - 1u) * canvas_width + left + x;
    for (uint up = 0u; up < height; up++) {
        canvas[bottom - up * canvas_width] = paper;
    }
    for (uint i = 0u; i < style[5]; i++) {
        if (style[8u + 2u * i] < height) {
            canvas[bottom - style[8u + 2u * i] * canvas_width] = style[9u + 2u * i];
        }
    }
    uint points = style[2];
    if (points == 0u) {
        return;
    }
    float low = uintBitsToFloat(style[0]);
    float scale = uintBitsToFloat(style[1]);
    float ratio = uintBitsToFloat(style[3]);
    float last = float(points - 1u);
    precise float from = float(x) * ratio - 0.5;
    precise float to = from + ratio;
    if (to < 0.0 || from > last) {
        return;
    }
    to = to > last ? last : to;
    for (uint i = 0u; i < style[4]; i++) {
        uint start = base + style[24u + 4u * i] * curve_stride;
        float first = float(style[27u + 4u * i]);
        if (to < first) {
            continue;
        }
        float begin = from < first ? first : from;
        float least = value_at(start, points, begin);
        float most = least;
        for (uint k = uint(begin) + 1u; k <= uint(to) + 1u; k++) {
            float value = float(k) < to ? values[start + k * point_stride] : value_at(start, points, to);
            least = value < least ? value : least;
            most = value > most ? value : most;
        }
        float thickness = uintBitsToFloat(style[26u + 4u * i]);
        precise float below = (least - low) * scale - thickness;
        precise float above = (most - low) * scale + thickness;
        if (!(above > 0.0 && below < float(height))) {
            continue;
        }
        below = below < 0.0 ? 0.0 : below;
        above = above > float(height) ? float(height) : above;
        for (uint up = uint(below); float(up) < above; up++) {
            float inner = float(up) > below ? float(up) : below;
            float outer = float(up + 1u) < above ? float(up + 1u) : above;
            precise float cover = (outer - inner) * 256.0;
            uint at = bottom - up * canvas_width;
            canvas[at] = mixed(canvas[at], style[25u + 4u * i], uint(cover));
        }
    }
}
