// The geometry of a connection between neurons at positions; see Window of
// cpuref/window.go. No positions stand for a dense connection. It lies in a buffer of the
// connection, as WindowNumbers of kernels/window.go lists it.

struct Window {
    uint positions_height;  // above
    uint positions_width;
    uint below_height;  // positions of a plane below
    uint below_width;
    uint planes;  // below
    uint unit;    // numbers a position below takes
    uint kernel_height;  // positions of a plane below that feed one above
    uint kernel_width;
    uint stride_height;
    uint stride_width;
    uint padding_height;
    uint padding_width;
};

// One direction of a window.
struct Axis {
    uint positions;
    uint below;
    uint kernel;
    uint stride;
    uint padding;
};

Axis vertical(Window w) { return Axis(w.positions_height, w.below_height, w.kernel_height, w.stride_height, w.padding_height); }

Axis horizontal(Window w) { return Axis(w.positions_width, w.below_width, w.kernel_width, w.stride_width, w.padding_width); }

// The first element of the kernel of position p inside the layer below, and the one
// after the last; twice the same if the window lies in the padding.
uvec2 span(Axis a, uint p) {
    uint begin = p * a.stride;
    uint end = a.padding + a.below;
    uint first = a.padding > begin ? a.padding - begin : 0u;
    uint last = end > begin ? min(a.kernel, end - begin) : 0u;
    return uvec2(first, max(first, last));
}

// The positions above for which element k of the kernel lies inside the layer below: the
// first, and the one after the last.
uvec2 reached(Axis a, uint k) {
    uint first = k < a.padding ? (a.padding - k + a.stride - 1u) / a.stride : 0u;
    uint end = a.padding + a.below;
    uint last = end > k ? min((end - 1u - k) / a.stride + 1u, a.positions) : 0u;
    return uvec2(first, max(first, last));
}

// The positions above that position q below feeds: the first, and the one after the
// last. Position p reaches q by element q + padding − p·stride of the kernel.
uvec2 positions_above(Axis a, uint q) {
    uint reach = q + a.padding;
    uint first = reach >= a.kernel ? (reach - a.kernel) / a.stride + 1u : 0u;
    return uvec2(first, max(first, min(reach / a.stride + 1u, a.positions)));
}

// The elements of the kernel of a position in a row of a plane below.
struct Line {
    uint low;    // numbers below: the first, and the one after the last
    uint high;
    uint shift;  // from a number below to its row of weights, modulo 2³²
};

// Row `down` of the kernel of position (py, px) in a plane, columns being its span.
Line line_of(Window w, uint plane, uint py, uint px, uint down, uvec2 columns) {
    // The position below of column 0, which may lie in the padding: modulo 2³².
    uint begin = (plane * w.below_height + py * w.stride_height + down - w.padding_height) * w.below_width +
                 px * w.stride_width - w.padding_width;
    uint block = (plane * w.kernel_height + down) * w.kernel_width;
    return Line((begin + columns.x) * w.unit, (begin + columns.y) * w.unit, (block - begin) * w.unit);
}
