package cpuref

// Surrogate is the function g(u) that replaces the derivative of a spike with respect to the
// membrane potential in the backward pass; u is the membrane potential minus the threshold.
// Parameters are precomputed so that no division is needed.
type Surrogate uint32

// The surrogate derivatives, with their parameters.
const (
	SurrogateSuperSpike         Surrogate = iota // 1/(β|u|+1)²; {β} (Zenke & Ganguli 2018)
	SurrogateScaledSuperSpike                    // β/(2(β|u|+1)²); {β, β/2}: integrates to one
	SurrogateSigmoid                             // β·σ(βu)(1−σ(βu)); {β}
	SurrogateExponential                         // (p0/Δu)·exp(u/Δu); {p0/Δu, 1/Δu}
	SurrogateGaussian                            // exp(−u²/2s²)/(s√2π); {1/(2s²), 1/(s√2π)}
	SurrogateArctangent                          // (α/2)/(1+(παu/2)²); {πα/2, α/2}
	SurrogateTriangular                          // height·max(0, 1−|u|/width); {1/width, height}
	SurrogateRectangular                         // height if |u| < width, else 0; {width, height}
	SurrogateStraightThrough                     // 1
	SurrogateMultilayerSpiker                    // the spike itself (Gardner et al. 2015)
	SurrogateLimitedExponential                  // derivative of min(1, p0·exp(u/Δu)); {p0/Δu, 1/Δu, p0}
	SurrogateHazard                              // (dt·ρ0/Δu)·e·exp(−dt·ρ0·e), e = exp(u/Δu); {dt·ρ0/Δu, 1/Δu, dt·ρ0}
	SurrogateUnscaledSigmoid                     // σ(βu)(1−σ(βu)); {β}
	surrogates                                   // how many there are
)

// SurrogateDerivative is g(u), set to 0 below 2⁻⁴⁰.
func SurrogateDerivative[T Float](surrogate Surrogate, p [3]T, u T, spike bool) T {
	return FlushWeight(surrogateDerivative(surrogate, p, u, spike))
}

func surrogateDerivative[T Float](surrogate Surrogate, p [3]T, u T, spike bool) T {
	magnitude := u
	if u < 0 {
		magnitude = -u
	}
	switch surrogate {
	case SurrogateSuperSpike:
		r := Reciprocal(T(p[0]*magnitude) + 1)
		return T(r * r)
	case SurrogateScaledSuperSpike:
		r := Reciprocal(T(p[0]*magnitude) + 1)
		return T(p[1] * T(r*r))
	case SurrogateSigmoid:
		r := Reciprocal(1 + Exp(limitExponent(-T(p[0]*u))))
		return T(p[0] * T(r*(1-r)))
	case SurrogateExponential:
		return T(p[0] * Exp(limitExponent(T(u*p[1]))))
	case SurrogateGaussian:
		return T(p[1] * Exp(limitExponent(-T(p[0]*T(u*u)))))
	case SurrogateArctangent:
		x := T(p[0] * u)
		return T(p[1] * Reciprocal(1+T(x*x)))
	case SurrogateTriangular:
		height := 1 - T(magnitude*p[0])
		if height < 0 {
			height = 0
		}
		return T(p[1] * height)
	case SurrogateRectangular:
		if magnitude < p[0] {
			return p[1]
		}
		return 0
	case SurrogateStraightThrough:
		return 1
	case SurrogateMultilayerSpiker:
		if spike {
			return 1
		}
		return 0
	case SurrogateLimitedExponential:
		e := Exp(limitExponent(T(u * p[1])))
		if T(p[2]*e) < 1 {
			return T(p[0] * e)
		}
		return 0
	case SurrogateHazard:
		e := Exp(limitExponent(T(u * p[1])))
		hazard := T(p[2] * e)
		if hazard > exponentLimit {
			return 0 // limiting the exponent would leave e·exp(−limit), which grows with u
		}
		return T(T(p[0]*e) * Exp(-hazard))
	case SurrogateUnscaledSigmoid:
		r := Reciprocal(1 + Exp(limitExponent(-T(p[0]*u))))
		return T(r * (1 - r))
	}
	return 0
}
