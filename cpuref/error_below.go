package cpuref

// ErrorBelowArguments are the arrays and sizes of [ErrorBelow].
type ErrorBelowArguments[T Float] struct {
	Error []T // written, or added to; [sample][step][stride below]: ∂L/∂S of the layer below

	Above      []T // [sample][step][stride above]: ∂L/∂h of the layer above
	Transposed []T // [neuron above][stride below]: its input weights, transposed

	Steps, Neurons, Below int
	Filters               int     // neurons per position above; 0 in a dense layer
	Window                Window  // geometry of the connection
	Delay                 int     // steps
	Segment               Segment // of Error
	AboveSegment          Segment // of Above, which holds Delay rows after the steps of Segment
	Add                   bool    // add to the errors that other layers above left
}

// ErrorBelow carries errors to the layer below:
//
//	∂L/∂S_below[t] = Σ Wᵀ·∂L/∂h[t+d]      (ascending index; 0 where t+d ≥ T)
//
// for samples first ≤ sample < last. Twin: shaders/error_below.comp.
func ErrorBelow[T Float](a *ErrorBelowArguments[T], work *Workspace[T], first, last int) {
	stride, below := Stride(a.Neurons), Stride(a.Below)
	filters := filtersOf(a.Filters, a.Neurons)
	segment, above := a.Segment.Of(a.Steps), a.AboveSegment.Of(a.Steps)
	reached := max(segment.First, min(segment.Last, a.Steps-a.Delay)) // first step that no error reaches
	for b := first; b < last; b++ {
		begin, rest, end := segment.row(b, segment.First), segment.row(b, reached), segment.row(b, segment.Last)
		errors := a.Error[begin*below : end*below]
		if a.Add {
			work.grow(1, (rest-begin)*below)
			errors = work.rows[0]
		}
		if reached > segment.First {
			addErrors(&errorProducts[T]{
				dst: errors, above: a.Above[above.row(b, segment.First+a.Delay)*stride:],
				transposed: a.Transposed, dstStride: below, stride: stride, rows: reached - segment.First,
				filters: filters, unitAbove: Stride(filters), window: &a.Window,
			}, below)
		}
		if a.Add {
			addRow(a.Error[begin*below:rest*below], errors)
		} else {
			clear(a.Error[rest*below : end*below])
		}
	}
}
