// How a membrane potential u, minus the threshold, decides on a spike. Twin of
// cpuref/escape_noise.go, which gives formulas and parameters. Needs kinds.glsl
// and exact.glsl. `noise` is a specialization constant: one branch is left.

const float RATIO_LIMIT = 1073741824.0;

bool spikes_at(uint noise, vec2 parameters, float u, float xi) {
    if (noise == NOISE_SIGMOID) {
        precise float scaled = parameters.x * u;
        precise float denominator = 1.0 + exact_exp(limit_exponent(-scaled));
        precise float product = xi * denominator;
        return product < 1.0;
    }
    if (noise == NOISE_EXPONENTIAL) {
        precise float scaled = u * parameters.y;
        precise float probability = parameters.x * exact_exp(limit_exponent(scaled));
        return xi < probability;
    }
    if (noise == NOISE_HAZARD) {
        precise float scaled = u * parameters.y;
        precise float hazard = parameters.x * exact_exp(limit_exponent(scaled));
        precise float probability = 1.0 - exact_exp(limit_exponent(-hazard));
        return xi < probability;
    }
    if (noise == NOISE_SUPERSPIKE) {
        precise float x = parameters.x * u;
        if (x < -RATIO_LIMIT) {
            x = -RATIO_LIMIT;
        }
        if (x > RATIO_LIMIT) {
            x = RATIO_LIMIT;
        }
        precise float below = 1.0 + abs(x);
        precise float twice = x + abs(x);
        precise float above = 1.0 + twice;
        precise float share = xi * below;
        precise float doubled = share + share;
        return doubled < above;
    }
    return u > 0.0;
}
