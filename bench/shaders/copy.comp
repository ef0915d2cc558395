// Copies 16 bytes a lane: what memory can do.
#version 450

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Parameters { uint count; } p;

layout(std430, binding = 0) writeonly buffer Destination { uvec4 destination[]; };
layout(std430, binding = 1) readonly buffer Source { uvec4 source[]; };

void main() {
    uint i = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    if (i >= p.count) return;
    destination[i] = source[i];
}
