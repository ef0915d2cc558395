package cpuref

import "math/bits"

// WeightGradientArguments are the arrays and sizes of [WeightGradient].
type WeightGradientArguments[T Float] struct {
	Partial []T // written; [input][stride]: the partial gradient of one chunk

	Trains []uint32 // [input][sample][word]: spikes that the weights weigh
	Error  []T      // [sample][step][stride]: ∂L/∂h

	Samples, Steps, Inputs, Neurons int
	Delay                           int // steps
	First, Last                     int // the samples of the chunk
}

// WeightGradient sums, for one chunk of samples,
//
//	∂L/∂W[i] = Σ_samples Σ_t S_in[t]·∂L/∂h[t+d]
//
// samples ascending and, inside a sample, steps descending: the order in which
// a backward pass produces the errors. Only spikes cost additions. Inputs first
// ≤ i < last are done. Twin: shaders/weight_gradient.comp.
func WeightGradient[T Float](a *WeightGradientArguments[T], work *Workspace[T], first, last int) {
	stride, words := Stride(a.Neurons), Words(a.Steps)
	for i := first; i < last; i++ {
		rows := work.index[:0] // of Error, in the order of the sum
		for b := a.First; b < a.Last; b++ {
			train := a.Trains[(i*a.Samples+b)*words:][:words]
			for w := words - 1; w >= 0; w-- {
				for word := train[w]; word != 0; {
					bit := 31 - bits.LeadingZeros32(word)
					word &^= 1 << bit
					if t := 32*w + bit + a.Delay; t < a.Steps {
						rows = append(rows, uint32(b*a.Steps+t))
					}
				}
			}
		}
		work.index = rows
		dst := a.Partial[i*stride:][:stride]
		clear(dst)
		addRows(dst, a.Error, rows)
	}
}
