// The geometry of a connection between neurons in rows of positions; see Window of
// cpuref/window.go. No positions stand for a dense connection.

struct Window {
    uint positions;  // above
    uint below;      // positions below
    uint unit;       // numbers a position below takes
    uint kernel;     // positions below that feed one above
    uint stride;
    uint padding;
};

// Whether element k of the kernel of position p lies inside the layer below.
bool inside(Window w, uint p, uint k) {
    uint at = p * w.stride + k;
    return at >= w.padding && at < w.padding + w.below;
}

// The first element of the kernel of position p inside the layer below, and the one
// after the last; twice the same if the window lies in the padding.
uvec2 span(Window w, uint p) {
    uint begin = p * w.stride;
    uint end = w.padding + w.below;
    uint first = w.padding > begin ? w.padding - begin : 0u;
    uint last = end > begin ? min(w.kernel, end - begin) : 0u;
    return uvec2(first, max(first, last));
}

// The positions above that position q below feeds: the first, and the one after the
// last.
uvec2 positions_above(Window w, uint q) {
    uint reach = q + w.padding;
    uint first = reach >= w.kernel ? (reach - w.kernel) / w.stride + 1u : 0u;
    return uvec2(first, min(reach / w.stride + 1u, w.positions));
}
