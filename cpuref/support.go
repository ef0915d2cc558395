package cpuref

// Support is the range of potentials, relative to the threshold, outside of which a
// surrogate derivative counts as 0: that of one with compact support, or of one of
// which small values are left out, as in Perez-Nieves & Goodman 2021. The zero Support
// is everything.
type Support[T Float] struct {
	Limited  bool
	From, To T // both inside
}

// outside says whether a potential relative to the threshold lies outside.
func (s Support[T]) outside(u T) bool { return s.Limited && (u < s.From || u > s.To) }

// Derivative is the surrogate derivative of a neuron at a potential relative to the
// threshold: 0 outside of its support.
func (p *Neuron[T]) Derivative(u T, spike bool) T {
	if p.Support.outside(u) {
		return 0
	}
	return SurrogateDerivative(p.Surrogate, p.SurrogateParameter, u, spike)
}

// sparse says whether the derivative of many neurons is 0 without having to be computed.
func (p *Neuron[T]) sparse() bool {
	return p.Support.Limited || p.Surrogate == SurrogateMultilayerSpiker
}

// ActiveUnits tells for which units of a layer the error of a spike matters: not where
// the surrogate derivative is 0, because nothing but the product with it goes on.
type ActiveUnits[T Float] struct {
	Neuron   *Neuron[T]
	Membrane []T      // [sample][row of Segment][stride]: U[t+1]
	Spikes   []uint32 // [sample][step][word]

	Steps, Neurons int
	Segment        Segment // of Membrane, which holds a row before it
}

// mark sets the bits of those units that are active in one of the steps first ≤ t < last
// of a sample, and clears the others. Marks of units without a neuron may be set.
func (a *ActiveUnits[T]) mark(marks []uint32, sample, first, last int) {
	clear(marks)
	if a.Neuron.Surrogate == SurrogateMultilayerSpiker {
		words := Words(a.Neurons)
		for t := first; t < last; t++ {
			for i, word := range a.Spikes[(sample*a.Steps+t)*words:][:words] {
				marks[i] |= word
			}
		}
		return
	}
	stride, segment := Stride(a.Neurons), a.Segment.of(a.Steps)
	if first == 0 {
		if !a.Neuron.Support.outside(-a.Neuron.Threshold) { // U[0] = 0
			for i := range marks {
				marks[i] = ^uint32(0)
			}
			return
		}
		first++
	}
	if first < last {
		markInside(marks, a.Membrane[segment.row(sample, first-1)*stride:][:(last-first)*stride], stride, a.Neuron.Threshold, a.Neuron.Support)
	}
}

// markInside sets the bits of the columns of rows, [row][stride], that hold a membrane
// inside a support.
func markInside[T Float](marks []uint32, rows []T, stride int, threshold T, support Support[T]) {
	if v := vectors; v != nil && !double[T]() {
		v.markInside(marks, single(rows), stride, float32(threshold), Support[float32]{true, float32(support.From), float32(support.To)})
		return
	}
	for at, membrane := range rows {
		if !support.outside(membrane - threshold) {
			marks[at%stride/32] |= 1 << (at % stride % 32)
		}
	}
}

// appendMarks appends the numbers from 0 of the marks first ≤ n < last that are set.
func appendMarks(index, marks []uint32, first, last int) []uint32 {
	for n := first; n < last; n++ {
		if marks[n/32]>>(n%32)&1 != 0 {
			index = append(index, uint32(n-first))
		}
	}
	return index
}
