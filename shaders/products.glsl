// Sums of products with rows of weights. They are macros because the shader optimizer
// drops `precise` from function arguments.

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
