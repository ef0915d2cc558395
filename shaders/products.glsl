// Dense products whose rows several lanes need alike.
//
// Neighbouring lanes read the same numbers of a row. A GPU reads them once for all; a
// software driver reads them again for every lane, which took most of the time of such
// a product. With QUAD_LOADS, four lanes read a row each and show each other what they
// read: rows come in fours, and the four lanes must be alive and do the same rows.
// TestPlainLoads forces what software drivers do not choose.
#ifdef QUAD_LOADS
#extension GL_KHR_shader_subgroup_quad : require

// How many of a lane's rows it reads itself; which the one of place i is; how many rows it
// gets to see at a time, those out of what was read, and what is done with each, row i.
// That is written out: the optimizer of shaders forgets `precise` in loops that it unrolls.
#define OWN(rows) ((rows) / 4u)
#define PLACE(i) (4u * (i) + (gl_SubgroupInvocationID & 3u))
#define TOGETHER 4u
#define SHOWN(x, own, first)                             \
    x[0] = subgroupQuadBroadcast(own[(first) / 4u], 0u); \
    x[1] = subgroupQuadBroadcast(own[(first) / 4u], 1u); \
    x[2] = subgroupQuadBroadcast(own[(first) / 4u], 2u); \
    x[3] = subgroupQuadBroadcast(own[(first) / 4u], 3u)
#define EACH_SHOWN(work)        \
    { const uint i = 0u; work } \
    { const uint i = 1u; work } \
    { const uint i = 2u; work } \
    { const uint i = 3u; work }
#else
#define OWN(rows) (rows)
#define PLACE(i) (i)
#define TOGETHER 1u
#define SHOWN(x, own, first) x[0] = own[first]
#define EACH_SHOWN(work) { const uint i = 0u; work }
#endif

// Adds the products of four numbers with a row of weights each, in ascending order, and
// the product of one. The sum is an lvalue that was declared precise.
#define ADD_PRODUCTS(sum, four, w0, w1, w2, w3) \
    {                                           \
        precise vec4 p0 = vec4(four.x) * w0;    \
        precise vec4 p1 = vec4(four.y) * w1;    \
        precise vec4 p2 = vec4(four.z) * w2;    \
        precise vec4 p3 = vec4(four.w) * w3;    \
        sum = sum + p0;                         \
        sum = sum + p1;                         \
        sum = sum + p2;                         \
        sum = sum + p3;                         \
    }
#define ADD_PRODUCT(sum, one, w)              \
    {                                         \
        precise vec4 product = vec4(one) * w; \
        sum = sum + product;                  \
    }
