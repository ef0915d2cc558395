package cpuref

// PotentialGradientArguments are the arrays and sizes of [PotentialGradient].
type PotentialGradientArguments[T Float] struct {
	Partial []T // written; [input][stride]: the partial gradient of one chunk

	Potential []T // [sample][step][stride of the inputs]: U[t+1] of the layer below
	Error     []T // [sample][step][stride]: ∂L/∂h

	Steps, Inputs, Neurons int
	Delay                  int  // steps
	First, Last            int  // the samples of the chunk, or some of them
	Before                 bool // whether other calls added samples of the chunk to Partial before this one
}

// PotentialGradient sums, for one chunk of samples, the gradient of weights that act on the
// potentials of a layer whose neurons do not spike:
//
//	∂L/∂W[i] = Σ_samples Σ_t U_i[t]·∂L/∂h[t+d]
//
// Each sample is summed from zero in ascending steps; samples are added in ascending order. Rows
// first ≤ i < last of the weights are processed. Twin: shaders/potential_gradient.comp.
func PotentialGradient[T Float](a *PotentialGradientArguments[T], work *Workspace[T], first, last int) {
	unit, below := Stride(a.Neurons), Stride(a.Inputs)
	partial := a.Partial[first*unit : last*unit]
	if !a.Before {
		clear(partial)
	}
	later := a.Delay + 1 // from the row that holds U[t] to the error at t+d
	terms := a.Steps - later
	if terms < 1 {
		return
	}
	length := Stride(terms)
	work.grow(2, max(len(partial), (last-first)*length))
	sums, potentials := work.rows[0][:len(partial)], work.rows[1]
	for b := a.First; b < a.Last; b++ {
		for t := range terms {
			for i, u := range a.Potential[(b*a.Steps+t)*below:][first:last] {
				potentials[i*length+t] = u
			}
		}
		products(&productArguments[T]{
			dst: sums, x: potentials, weights: a.Error[(b*a.Steps+later)*unit:], dstStride: unit, xStride: length,
			rows: last - first, inner: terms, columns: unit, lines: 1, parts: 1,
		})
		addRow(partial, sums)
	}
}
