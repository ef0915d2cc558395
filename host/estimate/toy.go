package estimate

import "spikegrad/cpuref"

// Toy is a network of four sigmoid units without spikes, in which the bias of
// surrogate gradients can be seen directly (Gygax & Zenke 2025, section on surrogate
// gradients in deterministic networks):
//
//	g = σ(w·x), h1 = σ(v1·g), h2 = σ(v2·g), y = σ(u1·h1 + u2·h2), σ(z) = 1/(1+exp(−βz))
//
// The values are the parameters w, v1, v2, u1, u2.
type Toy [5]float64

// ToyRun is a run of the toy network on one input.
type ToyRun struct {
	Input, G, H1, H2, Output float64
}

// Run computes the network for input x at steepness β ≥ 0.
func (p Toy) Run(x, beta float64) ToyRun {
	r := ToyRun{Input: x}
	r.G = sigmoid(p[0]*x, beta)
	r.H1 = sigmoid(p[1]*r.G, beta)
	r.H2 = sigmoid(p[2]*r.G, beta)
	r.Output = sigmoid(float64(p[3]*r.H1)+float64(p[4]*r.H2), beta)
	return r
}

// Gradient returns the derivative of the output with respect to the five parameters,
// with σ′ at steepness betaSurrogate in every unit, the output included, and the
// activations of the run. With the run's own β it is the true gradient, with any other
// it is a surrogate gradient.
func (p Toy) Gradient(r ToyRun, betaSurrogate float64) [5]float64 {
	output := sigmoidDerivative(float64(p[3]*r.H1)+float64(p[4]*r.H2), betaSurrogate)
	hidden1 := float64(float64(output*p[3]) * sigmoidDerivative(p[1]*r.G, betaSurrogate))
	hidden2 := float64(float64(output*p[4]) * sigmoidDerivative(p[2]*r.G, betaSurrogate))
	first := float64((float64(hidden1*p[1]) + float64(hidden2*p[2])) * sigmoidDerivative(p[0]*r.Input, betaSurrogate))
	return [5]float64{
		float64(first * r.Input),
		float64(hidden1 * r.G),
		float64(hidden2 * r.G),
		float64(output * r.H1),
		float64(output * r.H2),
	}
}

// sigmoid returns 1/(1+exp(−βz)), computed with an exponent that is never positive, so
// that no steepness overflows.
func sigmoid(z, beta float64) float64 {
	if z < 0 {
		e := cpuref.Exp64(float64(beta * z))
		return e / (1 + e)
	}
	return 1 / (1 + cpuref.Exp64(-float64(beta*z)))
}

// sigmoidDerivative returns β·σ(βz)·(1−σ(βz)), without the cancellation of 1−σ.
func sigmoidDerivative(z, beta float64) float64 {
	if z < 0 {
		z = -z
	}
	e := cpuref.Exp64(-float64(beta * z))
	below := 1 / (1 + e)
	return float64(beta * float64(float64(e*below)*below))
}
