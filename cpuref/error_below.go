package cpuref

// ErrorBelowArguments are the arrays and sizes of [ErrorBelow].
type ErrorBelowArguments[T Float] struct {
	Error []T // written; [sample][step][stride below]: ∂L/∂S of the layer below

	Above      []T // [sample][step][stride above]: ∂L/∂h of the layer above
	Transposed []T // [neuron above][stride below]: its input weights, transposed

	Steps, Neurons, Below int
	Filters               int    // neurons a position above; 0 in a dense layer
	Window                Window // geometry of the connection
	Delay                 int    // steps
}

// ErrorBelow carries the error to the layer below:
//
//	∂L/∂S_below[t] = Σ Wᵀ·∂L/∂h[t+d]      (ascending index; 0 where t+d ≥ T)
//
// for samples first ≤ sample < last. Twin: shaders/error_below.comp.
func ErrorBelow[T Float](a *ErrorBelowArguments[T], first, last int) {
	stride, below := Stride(a.Neurons), Stride(a.Below)
	filters := filtersOf(a.Filters, a.Neurons)
	for b := first; b < last; b++ {
		dst := a.Error[b*a.Steps*below : (b+1)*a.Steps*below]
		reached := a.Steps - a.Delay
		addErrors(&errorProducts[T]{
			dst: dst, above: a.Above[(b*a.Steps+a.Delay)*stride:], transposed: a.Transposed,
			dstStride: below, stride: stride, rows: reached,
			filters: filters, unitAbove: Stride(filters), window: a.Window,
		}, below)
		clear(dst[reached*below:])
	}
}
