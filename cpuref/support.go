package cpuref

// Support is the range of potentials, relative to the threshold, outside of which a surrogate
// derivative is 0, ignoring small values as in Perez-Nieves & Goodman 2021. The zero Support is
// unlimited.
type Support[T Float] struct {
	Limited  bool
	From, To T // both inside
}

// Derivative is the surrogate derivative of a neuron at a potential relative to the
// threshold: 0 outside of its support.
func (p *Neuron[T]) Derivative(u T, spike bool) T {
	if s := &p.Support; s.Limited && (u < s.From || u > s.To) {
		return 0
	}
	return SurrogateDerivative(p.Surrogate, p.SurrogateParameter, u, spike)
}
