// The surrogate derivative g(u) of a spike, u the membrane potential minus the
// threshold. Twin of cpuref/surrogate.go, which gives formulas and parameters.
// Needs kinds.glsl and exact.glsl. `surrogate` is a specialization constant: one
// branch is left.

float unflushed_surrogate_derivative(uint surrogate, vec3 p, float u, bool spike) {
    float magnitude = u < 0.0 ? -u : u;
    if (surrogate == SURROGATE_SUPERSPIKE || surrogate == SURROGATE_SCALED_SUPERSPIKE) {
        precise float scaled = p.x * magnitude;
        precise float denominator = scaled + 1.0;
        float r = exact_reciprocal(denominator);
        precise float square = r * r;
        if (surrogate == SURROGATE_SUPERSPIKE) {
            return square;
        }
        precise float result = p.y * square;
        return result;
    }
    if (surrogate == SURROGATE_SIGMOID || surrogate == SURROGATE_UNSCALED_SIGMOID) {
        precise float scaled = p.x * u;
        precise float denominator = 1.0 + exact_exp(limit_exponent(-scaled));
        float r = exact_reciprocal(denominator);
        precise float rest = 1.0 - r;
        precise float product = r * rest;
        if (surrogate == SURROGATE_UNSCALED_SIGMOID) {
            return product;
        }
        precise float result = p.x * product;
        return result;
    }
    if (surrogate == SURROGATE_EXPONENTIAL) {
        precise float scaled = u * p.y;
        precise float result = p.x * exact_exp(limit_exponent(scaled));
        return result;
    }
    if (surrogate == SURROGATE_GAUSSIAN) {
        precise float square = u * u;
        precise float scaled = p.x * square;
        precise float result = p.y * exact_exp(limit_exponent(-scaled));
        return result;
    }
    if (surrogate == SURROGATE_ARCTANGENT) {
        precise float x = p.x * u;
        precise float square = x * x;
        precise float denominator = 1.0 + square;
        precise float result = p.y * exact_reciprocal(denominator);
        return result;
    }
    if (surrogate == SURROGATE_TRIANGULAR) {
        precise float fall = magnitude * p.x;
        precise float height = 1.0 - fall;
        if (height < 0.0) {
            height = 0.0;
        }
        precise float result = p.y * height;
        return result;
    }
    if (surrogate == SURROGATE_RECTANGULAR) {
        return magnitude < p.x ? p.y : 0.0;
    }
    if (surrogate == SURROGATE_STRAIGHT_THROUGH) {
        return 1.0;
    }
    if (surrogate == SURROGATE_MULTILAYERSPIKER) {
        return spike ? 1.0 : 0.0;
    }
    if (surrogate == SURROGATE_LIMITED_EXPONENTIAL) {
        precise float scaled = u * p.y;
        float e = exact_exp(limit_exponent(scaled));
        precise float probability = p.z * e;
        precise float result = p.x * e;
        return probability < 1.0 ? result : 0.0;
    }
    if (surrogate == SURROGATE_HAZARD) {
        precise float scaled = u * p.y;
        float e = exact_exp(limit_exponent(scaled));
        precise float slope = p.x * e;
        precise float hazard = p.z * e;
        precise float result = slope * exact_exp(-hazard);
        return hazard > EXPONENT_LIMIT ? 0.0 : result;
    }
    return 0.0;
}

float surrogate_derivative(uint surrogate, vec3 p, float u, bool spike) {
    return flush_weight(unflushed_surrogate_derivative(surrogate, p, u, spike));
}
