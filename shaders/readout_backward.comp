// The adjoint of the readout, in place and backwards in time. Twin of
// cpuref/readout_backward.go. Each lane owns a quad of classes of one sample.
#version 450
#include "kinds.glsl"
#include "grid.glsl"
#include "exact.glsl"

layout(local_size_x_id = 0) in;

layout(std430, binding = 0) buffer Error { vec4 errors[]; };

layout(push_constant) uniform Parameters {
    uint samples;
    uint steps;
    uint classes;
    float decay_membrane;
    float drive_membrane;
    float decay_synapse;
};

void main() {
    uint quads = quads_of(classes);
    uint lane = flat_lane();
    if (lane >= samples * quads) {
        return;
    }
    uint sample_ = lane / quads;
    uint quad = lane - sample_ * quads;
    precise vec4 current = vec4(0.0);   // adjoint of I[t+1]
    precise vec4 membrane = vec4(0.0);  // a_r times the adjoint of U[t+2]
    for (uint t = steps; t-- > 0u;) {
        uint at = (sample_ * steps + t) * quads + quad;
        precise vec4 sum = errors[at] + membrane;
        precise vec4 adjoint = flush_state(sum);
        errors[at] = current;
        precise vec4 kept = vec4(decay_synapse) * current;
        precise vec4 drive = vec4(drive_membrane) * adjoint;
        precise vec4 next = kept + drive;
        current = flush_state(next);
        membrane = vec4(decay_membrane) * adjoint;
    }
}
