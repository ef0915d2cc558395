package cpuref

// EscapeNoise is how a membrane potential determines a spike (Gygax & Zenke 2025, section on
// stochastic neurons). u is the membrane potential minus the threshold.
type EscapeNoise uint32

// The kinds of escape noise, with their parameters.
const (
	NoiseThreshold   EscapeNoise = iota // a spike if u > 0: no noise
	NoiseSigmoid                        // p = 1/(1 + exp(−βu)); {β}
	NoiseExponential                    // p = min(1, p0·exp(u/Δu)); {p0, 1/Δu}
	NoiseHazard                         // p = 1 − exp(−dt·ρ0·exp(u/Δu)); {dt·ρ0, 1/Δu}
	NoiseSuperSpike                     // p = (1 + βu/(1 + β|u|))/2; {β}
)

// exponentLimit bounds arguments of exp wherever spikes depend on them, so that no product with the
// result leaves the range of normal numbers.
const exponentLimit = 40

// limitExponent bounds x to ±exponentLimit.
func limitExponent[T Float](x T) T {
	if x < -exponentLimit {
		x = -exponentLimit
	}
	if x > exponentLimit {
		x = exponentLimit
	}
	return x
}

// ratioLimit bounds βu of [NoiseSuperSpike], so that no sum overflows.
const ratioLimit = 1 << 30

// ratio returns 1 + β|u| and 1 + β|u| + βu; p is half the quotient of the second and the first.
func ratio[T Float](beta, u T) (below, above T) {
	x := T(beta * u)
	switch {
	case x > ratioLimit:
		x = ratioLimit
	case x < -ratioLimit:
		x = -ratioLimit
	}
	if x < 0 {
		return 1 - x, 1
	}
	return 1 + x, 1 + (x + x)
}

// Spikes decides whether there is a spike: ξ < p(u), with ξ uniform in (0, 1), written so that no
// division is needed.
func Spikes[T Float](noise EscapeNoise, parameters [2]T, u, xi T) bool {
	switch noise {
	case NoiseSigmoid:
		e := Exp(limitExponent(-T(parameters[0] * u)))
		return T(xi*(1+e)) < 1
	case NoiseExponential:
		e := Exp(limitExponent(T(u * parameters[1])))
		return xi < T(parameters[0]*e)
	case NoiseHazard:
		hazard := T(parameters[0] * Exp(limitExponent(T(u*parameters[1]))))
		return xi < 1-Exp(limitExponent(-hazard))
	case NoiseSuperSpike:
		below, above := ratio(parameters[0], u)
		share := T(xi * below)
		return share+share < above
	}
	return u > 0
}

// SpikeProbability is p(u) in theory, the probability that [Spikes] is true.
func SpikeProbability[T Float](noise EscapeNoise, parameters [2]T, u T) T {
	switch noise {
	case NoiseSigmoid:
		return Reciprocal(1 + Exp(limitExponent(-T(parameters[0]*u))))
	case NoiseExponential:
		p := T(parameters[0] * Exp(limitExponent(T(u*parameters[1]))))
		if p > 1 {
			p = 1
		}
		return p
	case NoiseHazard:
		hazard := T(parameters[0] * Exp(limitExponent(T(u*parameters[1]))))
		return 1 - Exp(limitExponent(-hazard))
	case NoiseSuperSpike:
		below, above := ratio(parameters[0], u)
		return T(T(0.5*above) * Reciprocal(below))
	}
	if u > 0 {
		return 1
	}
	return 0
}
