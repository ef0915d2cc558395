// exp, log, reciprocal and square root as fixed sequences of operations that
// every device rounds in the same way, and what flushes subnormal numbers.
// The operation-by-operation twin of cpuref/exact.go, which states ranges,
// accuracy and sources. `precise` on every result keeps compilers from fusing or
// reordering.

const float TINY_WEIGHT = 9.094947017729282379150390625e-13;         // 2^-40
const float TINY_GRADIENT = 8.8817841970012523233890533447265625e-16; // 2^-50
const float TINY_STATE = 8.67361737988403547205962240695953369e-19;  // 2^-60

// Sets x below a magnitude to +0.
float flush_below(float x, float magnitude) {
    return (x < magnitude && x > -magnitude) ? 0.0 : x;
}

float flush_weight(float x) { return flush_below(x, TINY_WEIGHT); }

float flush_state(float x) { return flush_below(x, TINY_STATE); }

vec4 flush_state(vec4 x) {
    return vec4(flush_state(x.x), flush_state(x.y), flush_state(x.z), flush_state(x.w));
}

float exact_exp(float argument) {
    float x = argument;
    if (x < -87.0) {
        x = -87.0;
    }
    if (x > 88.0) {
        x = 88.0;
    }
    precise float scaled = x * 1.44269504088896341;
    precise float shifted = scaled + 0.5;
    float n = floor(shifted);
    precise float high = n * 0.693359375;
    precise float low = n * -2.12194440e-4;
    precise float r = x - high;
    r = r - low;
    precise float p = 1.9875691500e-4;
    p = p * r;
    p = p + 1.3981999507e-3;
    p = p * r;
    p = p + 8.3334519073e-3;
    p = p * r;
    p = p + 4.1665795894e-2;
    p = p * r;
    p = p + 1.6666665459e-1;
    p = p * r;
    p = p + 5.0000001201e-1;
    precise float square = r * r;
    p = p * square;
    p = p + r;
    p = p + 1.0;
    // 2^n: the last bits of 1.5·2^23 + n are those of n, and software drivers convert a
    // float to an integer lane by lane.
    precise float aligned = n + 12582912.0;
    precise float result = p * uintBitsToFloat((floatBitsToUint(aligned) + 127u) << 23);
    return result;
}

float exact_log(float x) {
    int bits = floatBitsToInt(x);
    int e = (bits - 0x3f3504f3) >> 23;
    precise float f = intBitsToFloat(bits - (e << 23)) - 1.0;
    float n = float(e);
    precise float p = 7.0376836292e-2;
    p = p * f;
    p = p - 1.1514610310e-1;
    p = p * f;
    p = p + 1.1676998740e-1;
    p = p * f;
    p = p - 1.2420140846e-1;
    p = p * f;
    p = p + 1.4249322787e-1;
    p = p * f;
    p = p - 1.6668057665e-1;
    p = p * f;
    p = p + 2.0000714765e-1;
    p = p * f;
    p = p - 2.4999993993e-1;
    p = p * f;
    p = p + 3.3333331174e-1;
    precise float square = f * f;
    precise float y = p * f;
    y = y * square;
    precise float low = n * -2.12194440e-4;
    y = y + low;
    precise float halved = 0.5 * square;
    y = y - halved;
    y = y + f;
    precise float high = n * 0.693359375;
    precise float result = y + high;
    return result;
}

float exact_reciprocal(float x) {
    float y = uintBitsToFloat(0x7ef311c7u - floatBitsToUint(x));
    for (int i = 0; i < 3; i++) {
        precise float product = x * y;
        precise float rest = 1.0 - product;
        precise float correction = y * rest;
        precise float refined = y + correction;
        y = refined;
    }
    return y;
}

float exact_sqrt(float x) {
    if (x == 0.0) {
        return 0.0;
    }
    precise float halved = 0.5 * x;
    float y = uintBitsToFloat(0x5f3759dfu - (floatBitsToUint(x) >> 1));
    for (int i = 0; i < 3; i++) {
        precise float product = halved * y;
        precise float square = product * y;
        precise float factor = 1.5 - square;
        precise float refined = y * factor;
        y = refined;
    }
    precise float s = x * y;
    precise float half_inverse = 0.5 * y;
    precise float square = s * s;
    precise float rest = x - square;
    precise float correction = half_inverse * rest;
    precise float result = s + correction;
    return result;
}

// Bounds of arguments of exp on the path of spikes, so that no product with its
// result leaves the normal numbers.
const float EXPONENT_LIMIT = 40.0;

float limit_exponent(float argument) {
    float x = argument;
    if (x < -EXPONENT_LIMIT) {
        x = -EXPONENT_LIMIT;
    }
    if (x > EXPONENT_LIMIT) {
        x = EXPONENT_LIMIT;
    }
    return x;
}
