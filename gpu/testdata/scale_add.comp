#version 450
// result[i] = factor * operand[i] + addend, in whole numbers modulo 2^32.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint factor = 1;
layout(push_constant) uniform Parameters { uint count; uint addend; };
layout(set = 0, binding = 0) writeonly buffer Result { uint result[]; };
layout(set = 0, binding = 1) readonly buffer Operand { uint operand[]; };

void main() {
    const uint i = gl_GlobalInvocationID.x;
    if (i >= count) {
        return;
    }
    result[i] = factor * operand[i] + addend;
}
