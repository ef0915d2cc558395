package cpuref

// Window is the geometry of a connection between neurons at positions of a plane: which neurons
// below feed which position, as in a two-dimensional convolution; a one-dimensional one has planes
// of height 1. The zero Window is a dense connection: everything below feeds everything above.
//
// Positions are numbered row by row, and neurons position by position: position·unit + filter. A
// unit is the number of filters rounded up to [Lane], so that the filters of a position are whole
// vectors, and the numbers in a row below that feed a position are contiguous. The numbers between
// the filters and the unit belong to no neuron: they never spike. Channels of an input are planes
// of their own, one after another, whose unit is 1. Weights are [plane][kernel row][kernel
// column][unit below][unit above], the same for every position.
type Window struct {
	Positions Extent // above; none for a dense connection
	Below     Extent // positions of a plane below
	Planes    int    // below
	Unit      int    // numbers per position below
	Kernel    Extent // positions of a plane below that feed one above
	Stride    Extent
	Padding   Extent
}

// Extent is a number of rows and of columns, or the place of a position: its row and column.
type Extent struct{ Height, Width int }

// Area is the number of positions in an extent.
func (e Extent) Area() int { return e.Height * e.Width }

// Place is the row and column of a position, given its number.
func (e Extent) Place(number int) Extent {
	row := number / e.Width
	return Extent{row, number - row*e.Width}
}

// Above is the number of kernel positions, vertically and horizontally, over a plane below.
func (w *Window) Above(below Extent) Extent {
	return Extent{
		Height: (below.Height+2*w.Padding.Height-w.Kernel.Height)/w.Stride.Height + 1,
		Width:  (below.Width+2*w.Padding.Width-w.Kernel.Width)/w.Stride.Width + 1,
	}
}

// Dense reports whether everything below feeds everything above.
func (w *Window) Dense() bool { return w.Positions == Extent{} }

// Blocks is how many blocks the weights have: one per plane and element of the kernel.
func (w *Window) Blocks() int {
	if w.Dense() {
		return 1
	}
	return w.Planes * w.Kernel.Area()
}

// Rows is how many numbers below feed a position, out of the given number below.
func (w *Window) Rows(below int) int {
	if w.Dense() {
		return below
	}
	return w.Blocks() * w.Unit
}

// axis is one direction of a window.
type axis struct{ positions, below, kernel, stride, padding int }

func (w *Window) vertical() axis {
	return axis{w.Positions.Height, w.Below.Height, w.Kernel.Height, w.Stride.Height, w.Padding.Height}
}

func (w *Window) horizontal() axis {
	return axis{w.Positions.Width, w.Below.Width, w.Kernel.Width, w.Stride.Width, w.Padding.Width}
}

// reached returns the positions above, first ≤ p < last, for which element k of the kernel lies
// inside the layer below.
func (a axis) reached(k int) (first, last int) {
	if k < a.padding {
		first = (a.padding - k + a.stride - 1) / a.stride
	}
	if inside := a.below - 1 + a.padding - k; inside >= 0 {
		last = min(inside/a.stride+1, a.positions)
	}
	return first, max(first, last)
}

// above returns the positions above that position q below feeds, first ≤ p < last; p reaches q
// through element q + padding − p·stride of the kernel.
func (a axis) above(q int) (first, last int) {
	reach := q + a.padding
	if reach >= a.kernel {
		first = (reach-a.kernel)/a.stride + 1
	}
	return first, max(first, min(reach/a.stride+1, a.positions))
}

// Fed returns the rectangle of positions above that position q below feeds: first ≤ p < last in
// both directions.
func (w *Window) Fed(q Extent) (first, last Extent) {
	first.Height, last.Height = w.vertical().above(q.Height)
	first.Width, last.Width = w.horizontal().above(q.Width)
	return first, last
}

// Element is the element of the kernel through which position q below feeds position p above.
func (w *Window) Element(q, p Extent) int {
	return (q.Height+w.Padding.Height-p.Height*w.Stride.Height)*w.Kernel.Width + q.Width + w.Padding.Width - p.Width*w.Stride.Width
}

// patch is what spikes at one position below add to the rectangle of positions that it feeds: to
// each of them, in the order of index, the rows of the weights that index lists, counted from a
// different row for each position.
type patch[T Float] struct {
	dst, weights []T
	unit         int // numbers per position above, and per row of weights
	index        []uint32
	height       int // positions
	width        int
	at, down     int // where the first position begins in dst, and the distance between rows of positions
	row          int // of the weights, from which index counts at the first position; may be negative
	rowDown      int // from one row of positions to the next
	rowRight     int // from one position to the next
}

// reach is the rectangle of positions above that a position below feeds.
type reach struct {
	at            int32 // the first position
	height, width int32
	row           int32 // added to a number below: its row of the weights at the first position; may be negative
}

// reaches lists the reach of every position below, in all planes.
func (w *Window) reaches() []reach {
	plane, all := w.Below.Area(), make([]reach, w.Planes*w.Below.Area())
	for q := range all {
		place := w.Below.Place(q % plane)
		first, last := w.Fed(place)
		all[q] = reach{
			at:     int32(first.Height*w.Positions.Width + first.Width),
			height: int32(last.Height - first.Height), width: int32(last.Width - first.Width),
			row: int32((q/plane*w.Kernel.Area() + w.Element(place, first) - q) * w.Unit),
		}
	}
	return all
}

// addEvents adds the weights of spikes to dst, [position][unit], in ascending number of the spiking
// neuron: events are those numbers in ascending order. Work is proportional to the spikes: each is
// added to the positions that it feeds.
func addEvents[T Float](dst, weights []T, events []uint32, w *Window, work *Workspace[T]) {
	if w.Dense() {
		addRows(dst, weights, events)
		return
	}
	p := &work.patch
	p.dst, p.weights, p.unit = dst, weights, len(dst)/w.Positions.Area()
	p.down = w.Positions.Width * p.unit
	p.rowDown, p.rowRight = -w.Stride.Height*w.Kernel.Width*w.Unit, -w.Stride.Width*w.Unit
	reaches := work.reachesOf(w)
	for len(events) > 0 {
		q := int(events[0])
		if w.Unit > 1 {
			q = int(events[0] / uint32(w.Unit))
		}
		same := 1 // events at the position
		for end := uint32((q + 1) * w.Unit); same < len(events) && events[same] < end; {
			same++
		}
		p.index, events = events[:same], events[same:]
		to := &reaches[q]
		p.height, p.width = int(to.height), int(to.width)
		p.at, p.row = int(to.at)*p.unit, int(to.row)
		addPatch(p)
	}
}

// errorProducts are the arguments of addErrors.
type errorProducts[T Float] struct {
	dst, above         []T // rows of [position below][unit below] and [position above][unit above]
	dstStride, stride  int // between rows
	rows               int
	transposed         []T // [kernel row][kernel column][filter above][unit below]
	filters, unitAbove int
	window             *Window // with a single plane below
}

// addErrors carries errors from above to dst, against the direction of a connection: for every
// position below, in ascending position and filter above. dst is overwritten.
func addErrors[T Float](e *errorProducts[T], below int) {
	w := e.window
	product := productArguments[T]{
		dst: e.dst, x: e.above, weights: e.transposed, dstStride: e.dstStride, xStride: e.stride,
		rows: e.rows, inner: e.filters, columns: below, lines: 1, parts: 1,
	}
	if w.Dense() {
		products(&product)
		return
	}
	// A part of the sum is a position above, a line a row of them; the next position is reached
	// through the kernel element that is one stride earlier.
	block := e.filters * w.Unit
	product.columns = w.Unit
	product.xStep, product.weightStep = e.unitAbove, -w.Stride.Width*block
	product.xLine, product.weightLine = w.Positions.Width*e.unitAbove, -w.Stride.Height*w.Kernel.Width*block
	for q := range w.Below.Area() {
		place := w.Below.Place(q)
		first, last := w.Fed(place)
		product.dst = e.dst[q*w.Unit:]
		product.lines, product.parts = last.Height-first.Height, last.Width-first.Width
		if product.lines > 0 && product.parts > 0 {
			product.x = e.above[(first.Height*w.Positions.Width+first.Width)*e.unitAbove:]
			product.weightFirst = w.Element(place, first) * block
		}
		products(&product)
	}
}
