// Dropout: what layers leave out of their output in training. Twin of cpuref/dropout.go.

const uint STREAM_DROPOUT = 7u;  // stream of random numbers

// Whether each number of a quad is kept in a step of a sample, whose number in the run is given;
// together, the step is cpuref.AllSteps.
bvec4 kept_of(uint seed, uint number, uint step_, uint quad, uint layer, float rate, uint together) {
    uvec4 random = philox(uvec2(seed, STREAM_DROPOUT), uvec4(number, together != 0u ? ~0u : step_, quad, layer));
    return bvec4(uniform_of(random.x) >= rate, uniform_of(random.y) >= rate, uniform_of(random.z) >= rate, uniform_of(random.w) >= rate);
}
