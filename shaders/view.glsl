// What the kernels of the live window share. A canvas is rows of packed pixels from the
// top, 8 bits per channel, the order of the channels being the caller's; colours are packed
// in the same way.

// One colour over another; weight goes from 0 to 256.
uint mixed(uint below, uint above, uint weight) {
    uint result = 0u;
    for (uint shift = 0u; shift < 32u; shift += 8u) {
        uint a = below >> shift & 255u;
        uint b = above >> shift & 255u;
        result |= (a * (256u - weight) + b * weight) / 256u << shift;
    }
    return result;
}

// The first of the cells that pixel at of size shows, if cells lie over size pixels.
uint first_cell(uint at, uint size, uint cells) { return at * cells / size; }

// The cell after the last one; a pixel shows at least one.
uint last_cell(uint at, uint size, uint cells) {
    return max(at * cells / size + 1u, (at + 1u) * cells / size);
}

// Whether the pixel is left blank to separate neighbouring cells: the last one of
// a cell of at least 4.
bool between_cells(uint at, uint size, uint cells) {
    return size >= 4u * cells && at * cells / size != (at + 1u) * cells / size;
}
