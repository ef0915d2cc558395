// Multiplies and adds in registers, separately as all float code of the engines does:
// what arithmetic units can do. 2·4·8 operations a round and lane.
#version 450

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Parameters { uint rounds; } p;

layout(std430, binding = 0) writeonly buffer Result { vec4 result[]; };

void main() {
    precise vec4 a = vec4(gl_GlobalInvocationID.x) * 1e-9, b = a + 1.0, c = a + 2.0, d = a + 3.0;
    precise vec4 e = a + 4.0, f = a + 5.0, g = a + 6.0, h = a + 7.0;
    vec4 factor = vec4(0.999, 0.998, 0.997, 0.996), term = vec4(0.001, 0.002, 0.003, 0.004);
    for (uint i = 0; i < p.rounds; i++) {
        a = a * factor + term;
        b = b * factor + term;
        c = c * factor + term;
        d = d * factor + term;
        e = e * factor + term;
        f = f * factor + term;
        g = g * factor + term;
        h = h * factor + term;
    }
    precise vec4 sum = (a + b) + (c + d) + ((e + f) + (g + h));
    result[gl_GlobalInvocationID.x] = sum;
}
