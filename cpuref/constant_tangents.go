package cpuref

// ConstantTangents are the derivatives of the states of one neuron with respect to ρ of each
// [Constant], with all spikes held fixed.
type ConstantTangents[T Float] [learnable]NeuronState[T]

// Potential is the derivative of what spikes are drawn from, [Neuron.Potential] minus the threshold
// at the configured β, with respect to ρ of a constant; for a learned β, whatever has the same
// effect on the spike. States are the current ones; rows and n as in [Neuron.Own].
func (d *ConstantTangents[T]) Potential(p *Neuron[T], states *NeuronState[T], c Constant, rows []T, n int) T {
	var sums [learnable]T
	p.AddConstants(&sums, states, new(NeuronState[T]), 1, 1)
	held := p.Held()
	held.Raised, held.Learn = 0, 0
	return held.Potential(&d[c]) + T(sums[c]*slopeOf(rows, c, n))
}

// Advance takes the derivatives from step t to t+1: states are those at t, gate is 1 − S[t]. The
// direct effect of the constants on a state comes from [Neuron.AddConstants], its transpose.
func (d *ConstantTangents[T]) Advance(p *Neuron[T], states *NeuronState[T], gate T, rows []T, n int) {
	held := p.Held()
	for c := range learnable {
		if p.Learn.Has(c) {
			held.Advance(&d[c], 0, gate)
		}
	}
	for state := range p.Model.States() {
		var sums [learnable]T
		adjoint := NeuronState[T]{}
		adjoint[state] = 1
		p.AddConstants(&sums, states, &adjoint, 0, gate)
		for c := range learnable {
			if p.Learn.Has(c) {
				d[c][state] += T(sums[c] * slopeOf(rows, c, n))
			}
		}
	}
}

// slopeOf is the derivative of a constant of neuron n with respect to its ρ.
func slopeOf[T Float](rows []T, c Constant, n int) T {
	return rows[(RowSlopes+int(c))*(len(rows)/LearnedRows)+n]
}
