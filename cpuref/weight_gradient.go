package cpuref

import "math/bits"

// WeightGradientArguments are the arrays and sizes of [WeightGradient].
type WeightGradientArguments[T Float] struct {
	Partial []T // written; [input][unit], or as Window says: the partial gradient of one chunk

	Trains []uint32 // [input][sample][word]: spikes that the weights weigh
	Error  []T      // [sample][step][stride]: ∂L/∂h

	Samples, Steps int
	Neurons        int    // of a position; all of a dense layer
	Window         Window // geometry of the connection
	Delay          int    // steps
	First, Last    int    // the samples of the chunk
}

// WeightGradient sums, for one chunk of samples,
//
//	∂L/∂W[i] = Σ_samples Σ_positions Σ_t S_in[t]·∂L/∂h[t+d]
//
// samples ascending, in a sample positions ascending, for a position steps
// descending, the order in which a backward pass produces the errors. Only spikes
// cost additions. Rows first ≤ i < last of the weights are done: inputs of a dense
// layer, elements of the kernel times the unit below of a convolution. Twin:
// shaders/weight_gradient.comp.
func WeightGradient[T Float](a *WeightGradientArguments[T], work *Workspace[T], first, last int) {
	unit, positions := Stride(a.Neurons), max(1, a.Window.Positions)
	for i := first; i < last; i++ {
		work.index = work.index[:0] // rows of Error, in the order of the sum
		for b := a.First; b < a.Last; b++ {
			for p := range positions {
				input := i
				if w := a.Window; w.Positions > 0 {
					begin, low, high := w.span(p)
					if k := i / w.Unit; k < low || k >= high {
						continue
					}
					input += begin * w.Unit
				}
				work.index = a.appendRows(work.index, input, b, p, positions)
			}
		}
		dst := a.Partial[i*unit:][:unit]
		clear(dst)
		addRows(dst, a.Error, work.index)
	}
}

// appendRows lists the rows of errors, a position long, that the spikes of an input
// in a sample bring to a position.
func (a *WeightGradientArguments[T]) appendRows(rows []uint32, input, sample, position, positions int) []uint32 {
	words := Words(a.Steps)
	train := a.Trains[(input*a.Samples+sample)*words:][:words]
	for w := words - 1; w >= 0; w-- {
		for word := train[w]; word != 0; {
			bit := 31 - bits.LeadingZeros32(word)
			word &^= 1 << bit
			if t := 32*w + bit + a.Delay; t < a.Steps {
				rows = append(rows, uint32((sample*a.Steps+t)*positions+position))
			}
		}
	}
	return rows
}
