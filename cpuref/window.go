package cpuref

// Window is the geometry of a connection between neurons in rows of positions: which
// neurons below feed which position, as in a one-dimensional convolution. The zero
// Window is a dense connection: everything below feeds everything above.
//
// Neurons are numbered position by position, position·unit + filter, and a unit is
// the number of filters rounded up to [Lane], so that the filters of a position are
// whole vectors, and what feeds a position is one range of numbers. The numbers
// between the filters and the unit belong to no neuron: they never spike. Weights
// are [kernel][unit below][unit above]: for every position the same.
type Window struct {
	Positions int // above; 0 for a dense connection
	Below     int // positions below
	Unit      int // numbers a position below takes
	Kernel    int // positions below that feed one above
	Stride    int
	Padding   int
}

// Blocks is how many blocks the weights have: one per element of the kernel.
func (w Window) Blocks() int {
	if w.Positions == 0 {
		return 1
	}
	return w.Kernel
}

// Rows is how many numbers below feed a position, of those that all neurons below take.
func (w Window) Rows(below int) int {
	if w.Positions == 0 {
		return below
	}
	return w.Kernel * w.Unit
}

// span is the part of the kernel of position p that lies inside the layer below,
// first ≤ k < last, and the position below of k = 0, which may be negative.
func (w Window) span(p int) (begin, first, last int) {
	begin = p*w.Stride - w.Padding
	return begin, max(0, -begin), min(w.Kernel, w.Below-begin)
}

// reached are the positions above, first ≤ p < last, for which element k of the kernel
// lies inside the layer below.
func (w Window) reached(k int) (first, last int) {
	if k < w.Padding {
		first = (w.Padding - k + w.Stride - 1) / w.Stride
	}
	if inside := w.Below - 1 + w.Padding - k; inside >= 0 {
		last = min(inside/w.Stride+1, w.Positions)
	}
	return first, last
}

// above are the positions above that position q below feeds, first ≤ p < last; p
// reaches q by element q + Padding − p·Stride of the kernel.
func (w Window) above(q int) (first, last int) {
	reach := q + w.Padding
	if reach >= w.Kernel {
		first = (reach-w.Kernel)/w.Stride + 1
	}
	return first, min(reach/w.Stride+1, w.Positions)
}

// addEvents adds the weights of spikes to dst, [position][unit], in ascending number
// of the spiking neuron: events are those numbers in ascending order.
func addEvents[T Float](dst, weights []T, events []uint32, w Window) {
	if w.Positions == 0 {
		addRows(dst, weights, events)
		return
	}
	unit := len(dst) / w.Positions
	from := 0 // first event not before the window
	for p := range w.Positions {
		begin, first, last := w.span(p)
		low, high := (begin+first)*w.Unit, (begin+last)*w.Unit
		for from < len(events) && int(events[from]) < low {
			from++
		}
		to := from
		for to < len(events) && int(events[to]) < high {
			to++
		}
		addShiftedRows(dst[p*unit:(p+1)*unit], weights, events[from:to], begin*w.Unit)
	}
}

// errorProducts are the arguments of addErrors.
type errorProducts[T Float] struct {
	dst, above         []T // rows of [position below][unit below] and [position above][unit above]
	dstStride, stride  int // between rows
	rows               int
	transposed         []T // [kernel][filter above][unit below]
	filters, unitAbove int
	window             Window
}

// addErrors carries errors from above to dst, against the direction of a connection:
// for every position below, ascending position and filter above. dst is written.
func addErrors[T Float](e *errorProducts[T], below int) {
	w := e.window
	product := productArguments[T]{
		dst: e.dst, x: e.above, weights: e.transposed, dstStride: e.dstStride, xStride: e.stride,
		rows: e.rows, inner: e.filters, columns: below, parts: 1,
	}
	if w.Positions == 0 {
		products(&product)
		return
	}
	// A part of the sum is a position above; the next one is reached by an element of the
	// kernel that lies Stride before.
	product.columns, product.xStep, product.weightStep = w.Unit, e.unitAbove, -w.Stride*e.filters*w.Unit
	for q := range w.Below {
		first, last := w.above(q)
		product.dst, product.parts = e.dst[q*w.Unit:], max(0, last-first)
		if product.parts > 0 {
			product.x, product.weightFirst = e.above[first*e.unitAbove:], (q+w.Padding-first*w.Stride)*e.filters*w.Unit
		}
		products(&product)
	}
}
