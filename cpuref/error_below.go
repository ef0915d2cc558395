package cpuref

// ErrorBelowArguments are the arrays and sizes of [ErrorBelow].
type ErrorBelowArguments[T Float] struct {
	Error []T // written; [sample][step][stride below]: ∂L/∂S of the layer below

	Above      []T // [sample][step][stride above]: ∂L/∂h of the layer above
	Transposed []T // [neuron above][stride below]: its input weights, transposed

	Steps, Neurons, Below int
	Delay                 int // steps
}

// ErrorBelow carries the error to the layer below:
//
//	∂L/∂S_below[t] = Σ Wᵀ·∂L/∂h[t+d]      (ascending index; 0 where t+d ≥ T)
//
// for samples first ≤ sample < last. Twin: shaders/error_below.comp.
func ErrorBelow[T Float](a *ErrorBelowArguments[T], first, last int) {
	stride, below := Stride(a.Neurons), Stride(a.Below)
	for b := first; b < last; b++ {
		dst := a.Error[b*a.Steps*below : (b+1)*a.Steps*below]
		reached := a.Steps - a.Delay
		products(&productArguments[T]{
			dst: dst, x: a.Above[(b*a.Steps+a.Delay)*stride:], weights: a.Transposed,
			dstStride: below, xStride: stride,
			rows: reached, inner: a.Neurons, columns: below,
		})
		clear(dst[reached*below:])
	}
}
