// Buffers that are read and written by address where that is faster: see
// gpu.PipelineSpec.Addresses.
//
// A software driver checks the bounds of a binding lane by lane and load by load; what an
// address points to it gathers for all lanes at once, and 64 bits as fast as 32.
#ifdef ADDRESSES
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

#define BUFFER(access, number, Block, type, name) \
    layout(std430, buffer_reference, buffer_reference_align = 16) access buffer Block { type name[]; }
#define QUADS u64vec2
#define PAIRS uint64_t

// At the end of the push constants come the addresses of all bindings, in order.
#define ADDRESS_OF(Block, name) Block name##_address;

// Numbers, pairs of words and quads: number i is read, or written.
#define AT(name, i) name##_address.name[i]
#define PAIR(name, i) unpackUint2x32(name##_address.name[i])
#define QUAD(name, i) quad_of(name##_address.name[i])
#define PUT_QUAD(name, i, quad) name##_address.name[i] = pairs_of(quad)

vec4 quad_of(u64vec2 pairs) {
    return uintBitsToFloat(uvec4(unpackUint2x32(pairs.x), unpackUint2x32(pairs.y)));
}

u64vec2 pairs_of(vec4 quad) {
    uvec4 bits = floatBitsToUint(quad);
    return u64vec2(packUint2x32(bits.xy), packUint2x32(bits.zw));
}
#else
#define BUFFER(access, number, Block, type, name) \
    layout(std430, binding = number) access buffer Block { type name[]; }
#define QUADS vec4
#define PAIRS uvec2
#define ADDRESS_OF(Block, name)
#define AT(name, i) name[i]
#define PAIR(name, i) name[i]
#define QUAD(name, i) name[i]
#define PUT_QUAD(name, i, quad) name[i] = quad
#endif
