// Philox4x32-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC
// 2011). Twin of cpuref/philox.go.

uvec4 philox(uvec2 key, uvec4 counter) {
    for (int round = 0; round < 10; round++) {
        uint a_high, a_low, b_high, b_low;
        umulExtended(counter.x, 0xD2511F53u, a_high, a_low);
        umulExtended(counter.z, 0xCD9E8D57u, b_high, b_low);
        counter = uvec4(b_high ^ counter.y ^ key.x, b_low, a_high ^ counter.w ^ key.y, a_low);
        key += uvec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return counter;
}

// Turns a random word into a number of (0, 1): the upper 23 bits and a half.
float uniform_of(uint word) {
    precise float result = float((word >> 8) | 1u) * 5.9604644775390625e-8;  // 2^-24
    return result;
}
