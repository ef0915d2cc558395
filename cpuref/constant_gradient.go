package cpuref

// ConstantGradientArguments are the arrays and sizes of [ConstantGradient].
type ConstantGradientArguments[T Float] struct {
	Partial    []T // written; [unit]: the partial gradient of one chunk
	Samplewise []T // [sample][learned][stride]: the sums from [LIFBackward]
	Rows       []T // from [LearnedConstants]

	Neurons, Filters int // number of neurons; neurons per position, 0 in a dense layer
	Units            int // learned numbers: one per neuron of a position, or 1
	Constant         Constant
	Place, Count     int // of the constant among the learned ones, and how many there are
	First, Last      int // the samples of the chunk
}

// ConstantGradient sums, for one chunk of samples, the derivatives of the loss with respect
// to a learned constant:
//
//	∂L/∂ρ = Σ_samples Σ_positions ∂L/∂a · ∂a/∂ρ
//
// in ascending order. For a constant that all neurons share, a position's neurons are summed as
// well: Lane partial sums, each over every Lane-th neuron, then added in ascending order. Twin:
// shaders/constant_gradient.comp.
func ConstantGradient[T Float](a *ConstantGradientArguments[T]) {
	filters := filtersOf(a.Filters, a.Neurons)
	stride, unit := Stride(a.Neurons), Stride(filters)
	clear(a.Partial)
	slopes := a.Rows[(RowSlopes+int(a.Constant))*stride:]
	of := func(n int) T { // neuron n, over all positions
		var sum T
		for b := a.First; b < a.Last; b++ {
			sample := a.Samplewise[(b*a.Count+a.Place)*stride:][:stride]
			for at := n; at < stride; at += unit {
				sum += sample[at]
			}
		}
		return sum
	}
	if a.Units > 1 {
		for n := range filters {
			a.Partial[n] = FlushState(T(of(n) * slopes[n]))
		}
		return
	}
	var total T
	for strand := range Lane {
		var sum T
		for n := strand; n < filters; n += Lane {
			sum += of(n)
		}
		total += sum
	}
	a.Partial[0] = FlushState(T(total * slopes[0]))
}
