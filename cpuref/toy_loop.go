package cpuref

// ToyLoopPoints is the number of neighbouring points of the curve that [ToyLoop] sums at once.
const ToyLoopPoints = 64

// ToyLoopArguments are the arrays and sizes of [ToyLoop].
type ToyLoopArguments[T Float] struct {
	Partial []T // written; [block of ToyLoopPoints points][4]: sums of gradient · tangent, surrogate and true, then zeros

	Angles     [][2]T // [point]: sine and cosine of the angle on the circle
	Directions []T    // [4][5]: coefficients of sine and cosine in the parameters, and in the tangent

	Points        int
	Beta          T // steepness of the activations under the surrogate gradient
	BetaSurrogate T // of the surrogate derivative, and of the network of the true gradient
}

// ToyLoop evaluates, along a closed curve in the space of five parameters, the scalar
// product of the gradient of a network of four sigmoid units and the tangent:
//
//	x = 1, g = σ(w·x), h1 = σ(v1·g), h2 = σ(v2·g), y = σ(u1·h1 + u2·h2), σ(z) = 1/(1+exp(−βz))
//	parameters (w, v1, v2, u1, u2) = sine·Directions[0] + cosine·Directions[1]
//	tangent                        = cosine·Directions[2] − sine·Directions[3]
//
// once with the surrogate derivative σ′ at BetaSurrogate at the activations of the network at Beta,
// once with the network at BetaSurrogate throughout, where it is the gradient. Blocks
// first ≤ block < last are processed, each summed in ascending order. Source: Gygax & Zenke 2025, section on
// surrogate gradients in deterministic networks. Twin: shaders/toy_loop.comp.
func ToyLoop[T Float](a *ToyLoopArguments[T], first, last int) {
	for block := first; block < last; block++ {
		var surrogate, truth T
		for k := block * ToyLoopPoints; k < min((block+1)*ToyLoopPoints, a.Points); k++ {
			sine, cosine := a.Angles[k][0], a.Angles[k][1]
			var p, tangent [5]T
			for i := range p {
				p[i] = FlushWeight(T(sine*a.Directions[i]) + T(cosine*a.Directions[5+i]))
				tangent[i] = FlushWeight(T(cosine*a.Directions[10+i]) - T(sine*a.Directions[15+i]))
			}
			surrogate += toyTerm(p, tangent, a.Beta, a.BetaSurrogate)
			truth += toyTerm(p, tangent, a.BetaSurrogate, a.BetaSurrogate)
		}
		a.Partial[4*block], a.Partial[4*block+1], a.Partial[4*block+2], a.Partial[4*block+3] = surrogate, truth, 0, 0
	}
}

// toyTerm is the gradient of the toy network, with derivatives at betaSurrogate and
// activations at beta, times the tangent.
func toyTerm[T Float](p, tangent [5]T, beta, betaSurrogate T) T {
	g := toySigmoid(p[0], beta)
	input1, input2 := FlushWeight(T(p[1]*g)), FlushWeight(T(p[2]*g))
	h1, h2 := toySigmoid(input1, beta), toySigmoid(input2, beta)
	last := FlushWeight(FlushWeight(T(p[3]*h1)) + FlushWeight(T(p[4]*h2)))

	output := toyDerivative(last, betaSurrogate)
	hidden1 := FlushState(T(FlushState(T(output*p[3])) * toyDerivative(input1, betaSurrogate)))
	hidden2 := FlushState(T(FlushState(T(output*p[4])) * toyDerivative(input2, betaSurrogate)))
	back := FlushState(FlushState(T(hidden1*p[1])) + FlushState(T(hidden2*p[2])))
	into := FlushState(T(back * toyDerivative(p[0], betaSurrogate)))

	sum := T(into * tangent[0])
	sum += T(FlushState(T(hidden1*g)) * tangent[1])
	sum += T(FlushState(T(hidden2*g)) * tangent[2])
	sum += T(FlushState(T(output*h1)) * tangent[3])
	sum += T(FlushState(T(output*h2)) * tangent[4])
	return FlushState(sum)
}

// toySigmoid is 1/(1+exp(−βz)).
func toySigmoid[T Float](z, beta T) T {
	return Reciprocal(1 + Exp(limitExponent(-T(beta*z))))
}

// toyDerivative is β·σ(βz)·(1−σ(βz)), without the cancellation of 1−σ.
func toyDerivative[T Float](z, beta T) T {
	if z > 0 {
		z = -z
	}
	e := Exp(limitExponent(T(beta * z)))
	below := Reciprocal(1 + e)
	return FlushState(T(beta * T(T(e*below)*below)))
}
