// The learned delays of the inputs of a layer. Twin of cpuref/delays.go. Needs philox.glsl.

const uint STREAM_DELAY = 8u;  // stream of random numbers

// The delay of an input in a sample, whose number in the run is given, in steps: drawn between two,
// or rounded.
uint delay_of(float share, uint longest, uint drawn, uint seed, uint number, uint input_, uint layer) {
    float part = 0.5;
    if (drawn != 0u) {
        part = uniform_of(philox(uvec2(seed, STREAM_DELAY), uvec4(number, ~0u, input_ / 4u, layer))[input_ % 4u]);
    }
    precise float exact = float(longest) * share;
    precise float moved = exact + part;
    uint delay = uint(moved);  // not negative, so this rounds down
    return delay < longest ? delay : longest;
}
