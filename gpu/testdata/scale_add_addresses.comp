#version 450
#extension GL_EXT_buffer_reference : require
// The same as scale_add.comp by the addresses of both buffers, which follow an odd number of words.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint factor = 1;
layout(buffer_reference, std430) writeonly buffer Result { uint result[]; };
layout(buffer_reference, std430) readonly buffer Operand { uint operand[]; };
layout(push_constant) uniform Parameters { uint count; uint addend; uint offset; Result to; Operand from; };

void main() {
    const uint i = gl_GlobalInvocationID.x;
    if (i >= count) {
        return;
    }
    to.result[i] = factor * from.operand[i] + addend + offset;
}
