// The input of a quad of a convolution from the spikes below. Needs window.glsl and, of the shader,
// `index`, `input_weights` and `filters`.

// The sum of the input weights of a quad over the events of a window, row by row of the
// kernel; those of a row are searched for among the events that follow the row before.
vec4 gather_events(Window window, uvec2 range, uint quad) {
    uint quads_unit = quads_of(filters);
    uint p = quad / quads_unit;
    uint py = p / window.positions_width;
    uint px = p - py * window.positions_width;
    uvec2 lines = span(vertical(window), py);
    uvec2 columns = span(horizontal(window), px);
    precise vec4 sum = vec4(0.0);
    uint e = range.x;
    for (uint plane = 0u; plane < window.planes; plane++) {
        for (uint down = lines.x; down < lines.y; down++) {
            Line line = line_of(window, plane, py, px, down, columns);
            uint last = range.y;
            while (e < last) {
                uint middle = (e + last) / 2u;
                if (index[middle] < line.low) {
                    e = middle + 1u;
                } else {
                    last = middle;
                }
            }
            uint from = line.shift * quads_unit + quad - p * quads_unit;
            // Two events at a time: the loop condition waits for half as many loads.
            for (; e < range.y; e += 2u) {
                uint one = index[e];
                uint other = index[min(e + 1u, range.y - 1u)];
                if (one >= line.high) {
                    break;
                }
                sum = sum + input_weights[one * quads_unit + from];
                if (other >= line.high || e + 1u == range.y) {
                    e++;
                    break;
                }
                sum = sum + input_weights[other * quads_unit + from];
            }
        }
    }
    return sum;
}
