// Dense products whose rows several lanes need alike.
//
// Neighbouring lanes read the same numbers of a row. A GPU reads them once for all; a
// software driver reads them again for every lane, which took most of the time of such
// a product. With QUAD_LOADS, four lanes read a row each and show each other what they
// read: rows come in fours, and the four lanes must be alive and do the same rows.
// TestPlainLoads forces what software drivers do not choose.
#ifdef QUAD_LOADS
#extension GL_KHR_shader_subgroup_quad : require

// How many of a lane's rows it reads itself, which the one of place i is, how many rows
// it gets to see at a time, and those out of what was read.
#define OWN(rows) ((rows) / 4u)
#define PLACE(i) (4u * (i) + (gl_SubgroupInvocationID & 3u))
#define TOGETHER 4u
#define SHOWN(x, own, first)                             \
    x[0] = subgroupQuadBroadcast(own[(first) / 4u], 0u); \
    x[1] = subgroupQuadBroadcast(own[(first) / 4u], 1u); \
    x[2] = subgroupQuadBroadcast(own[(first) / 4u], 2u); \
    x[3] = subgroupQuadBroadcast(own[(first) / 4u], 3u)
#else
#define OWN(rows) (rows)
#define PLACE(i) (i)
#define TOGETHER 1u
#define SHOWN(x, own, first) x[0] = own[first]
#endif

// Adds the products of four numbers with a row of weights each, in ascending order.
vec4 add_products(vec4 sum, vec4 x, vec4 w0, vec4 w1, vec4 w2, vec4 w3) {
    precise vec4 p0 = vec4(x.x) * w0;
    precise vec4 p1 = vec4(x.y) * w1;
    precise vec4 p2 = vec4(x.z) * w2;
    precise vec4 p3 = vec4(x.w) * w3;
    precise vec4 result = sum + p0;
    result = result + p1;
    result = result + p2;
    result = result + p3;
    return result;
}

// Adds the product of one number with a row of weights.
vec4 add_product(vec4 sum, float x, vec4 w) {
    precise vec4 product = vec4(x) * w;
    precise vec4 result = sum + product;
    return result;
}
