// Varies the input spikes of presented samples: drops, moves and inserts spikes. Twin of
// cpuref/augment.go, which describes how. Each lane handles the spikes of one row (sample and step)
// and puts them into the rows where they go, which others share, hence the atomics.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "philox.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Spikes { uint spikes[]; };  // zeroed beforehand
layout(std430, binding = 1) readonly buffer Rows { uvec2 rows[]; };
layout(std430, binding = 2) readonly buffer Index { uint index[]; };
layout(std430, binding = 3) readonly buffer Numbers { uint numbers[]; };  // seed, stream, samples
// Key, drop, stretch of time and of channels, height and width of a plane, numbers of limits of
// time, channels, time, channels and pixels together and inserted spikes, then the limits.
layout(std430, binding = 4) readonly buffer Augmentation { uint augmentation[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint channels;
};

const uint AUGMENT_SPIKE = 1u;   // last words of counters
const uint AUGMENT_INSERT = 2u;
const uint AUGMENT_WHOLE = 3u;
const uint AUGMENTATION_HEADER = 13u;  // numbers before the limits

// The number of limits that a random word reaches, of count from first on.
uint reached(uint first, uint count, uint word) {
    uint low = 0u;
    uint high = count;
    while (low < high) {
        uint middle = (low + high) / 2u;
        if (word >= augmentation[first + middle]) {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return low;
}

// The factor, in 2^-16, that a random word stands for; it differs from 1 by most at most.
uint factor(uint most, uint word) {
    uint high;
    uint low;
    umulExtended(word, 2u * most + 1u, high, low);
    return (1u << 16) - most + high;
}

// A step or channel times a factor in 2^-16.
uint stretch(uint place, uint by) {
    uint high;
    uint low;
    umulExtended(place, by, high, low);
    return high << 16 | low >> 16;
}

void mark(uint row, uint channel) {
    atomicOr(spikes[row * words_of(channels) + channel / 32u], 1u << (channel % 32u));
}

void main() {
    uint row = flat_lane();
    if (row >= samples * steps) {
        return;
    }
    uint sample_ = row / steps;
    uint t = row - sample_ * steps;
    uint number = numbers[2u + sample_];
    uvec2 key = uvec2(augmentation[0], augmentation[1]);
    uint drop = augmentation[2];
    uint most_time = augmentation[3];
    uint most_channels = augmentation[4];
    uint height = augmentation[5];
    uint width = augmentation[6];
    uint times = augmentation[7];
    uint moves = augmentation[8];
    uint all_times = augmentation[9];
    uint all_moves = augmentation[10];
    uint pixels = augmentation[11];
    uint inserts = augmentation[12];
    uint first_time = AUGMENTATION_HEADER;
    uint first_move = first_time + times;
    uint first_all_time = first_move + moves;
    uint first_all_move = first_all_time + all_times;
    uint first_pixel = first_all_move + all_moves;
    uint first_insert = first_pixel + pixels;

    // What happens to all spikes of the presentation: their step and channel times
    // factors in 2^-16, and moves.
    uvec4 whole = philox(key, uvec4(number, 0u, 0u, AUGMENT_WHOLE));
    uint channel_factor = factor(most_channels, whole.w);
    uint all_step = stretch(t, factor(most_time, whole.z)) + reached(first_all_time, all_times, whole.x) - all_times / 2u;
    uint all_move = reached(first_all_move, all_moves, whole.y) - all_moves / 2u;

    uvec2 by = uvec2(0u);  // rows and columns
    if (pixels > 0u) {
        uvec4 random = philox(key, uvec4(number, 1u, 0u, AUGMENT_WHOLE));
        by = uvec2(reached(first_pixel, pixels, random.x), reached(first_pixel, pixels, random.y)) - pixels / 2u;
    }

    uvec2 range = rows[row];
    for (uint e = range.x; e < range.y; e++) {
        uvec4 random = philox(key, uvec4(number, t, index[e], AUGMENT_SPIKE));
        // Moves below 0 wrap around and are too large.
        uint to_step = all_step + reached(first_time, times, random.y) - times / 2u;
        uint moved = stretch(index[e], channel_factor);
        bool inside = true;
        if (pixels > 0u) {
            uint line = moved / width;
            uint plane = line / height;
            uint y = line - plane * height + by.x;
            uint x = moved - line * width + by.y;
            inside = y < height && x < width;
            moved = (plane * height + y) * width + x;
        }
        uint to_channel = moved + all_move + reached(first_move, moves, random.z) - moves / 2u;
        if (inside && random.x >= drop && to_step < steps && to_channel < channels) {
            mark(sample_ * steps + to_step, to_channel);
        }
    }
    if (inserts > 0u) {
        uint count = reached(first_insert, inserts, philox(key, uvec4(number, t, 0u, AUGMENT_INSERT)).x);
        uvec4 random = uvec4(0u);
        for (uint k = 0u; k < count; k++) {
            if (k % 4u == 0u) {
                random = philox(key, uvec4(number, t, 1u + k / 4u, AUGMENT_INSERT));
            }
            uint channel;
            uint low;
            umulExtended(random[k % 4u], channels, channel, low);
            mark(row, channel);
        }
    }
}
