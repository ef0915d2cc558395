// Lists the spikes that a layer hands up when its positions are pooled, in ascending
// number: of a maximum each number once, of a sum as often as positions of the cell have a
// spike. Twin of cpuref/pool_events.go. Each lane handles one row (sample and step).
#version 450
#include "kinds.glsl"
#include "grid.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint KIND = 0u;

layout(std430, binding = 0) writeonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 1) writeonly buffer Index { uint index[]; };
layout(std430, binding = 2) readonly buffer Spikes { uint spikes[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint height;  // positions of the layer
    uint width;
    uint cell_height;
    uint cell_width;
    uint unit;            // numbers per position
    uint capacity;        // entries per row of index
    uint segment_first;   // steps to compute
    uint segment_last;
    uint segment_origin;  // step of a sample's first row of index
    uint segment_rows;    // rows per sample
};

// The spikes of LANE neurons from number on, in a row of words.
uint lane_bits(uint from, uint number) {
    return (spikes[from + number / 32u] >> (number % 32u)) & ((1u << LANE) - 1u);
}

void main() {
    uint lane = flat_lane();
    uint length = segment_last - segment_first;
    if (lane >= samples * length) {
        return;
    }
    uint sample_ = lane / length;
    uint t = lane - sample_ * length + segment_first;
    uint row = sample_ * steps + t;
    uint from = row * words_of(height * width * unit);
    uint begin = (sample_ * segment_rows + t - segment_origin) * capacity;
    uint end = begin;
    uint across = width / cell_width;
    uint cells = height / cell_height * across;
    uint area = cell_height * cell_width;
    for (uint c = 0u; c < cells; c++) {
        uint y = c / across;
        uint corner = (y * cell_height * width + (c - y * across) * cell_width) * unit;
        for (uint first = 0u; first < unit; first += LANE) {
            uint any = 0u;
            for (uint i = 0u; i < area; i++) {
                any |= lane_bits(from, corner + (i / cell_width * width + i % cell_width) * unit + first);
            }
            for (; any != 0u; any &= any - 1u) {
                uint bit = uint(findLSB(any));
                uint count = 1u;
                if (KIND == POOL_SUM) {
                    count = 0u;
                    for (uint i = 0u; i < area; i++) {
                        count += (lane_bits(from, corner + (i / cell_width * width + i % cell_width) * unit + first) >> bit) & 1u;
                    }
                }
                for (; count > 0u; count--) {
                    index[end] = c * unit + first + bit;
                    end++;
                }
            }
        }
    }
    rows[row] = uvec2(begin, end);
}
