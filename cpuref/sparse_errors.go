package cpuref

import "math/bits"

// Errors of active units alone. A sum goes in ascending order, so that one of it cannot
// be cut into vectors; vectors are of units or of steps. Neighbouring units are
// independent, and of sixteen one is nearly always active. Neighbouring steps of a unit
// are alike: of blocks of sixteen steps many hold no active one, and are left out.

// sparseShare is the share of active blocks of steps up to which leaving out the others
// is worth turning the arrays around.
const sparseShare = 0.8

// listedArguments are the arguments of [listedProducts].
type listedArguments[T Float] struct {
	dst, x, weights                  []T
	dstStride, xStride, weightStride int
	inner                            int
	index                            []uint32 // rows of dst and x
}

// listedProducts adds to [Lane] columns of the rows of dst that are listed
// Σ_k x[row][k]·weights[k], in ascending k.
func listedProducts[T Float](p *listedArguments[T]) {
	if v := vectors; v != nil && !double[T]() {
		v.listedProducts(singles[listedArguments[float32]](p))
		return
	}
	for _, r := range p.index {
		dst := p.dst[int(r)*p.dstStride:][:Lane]
		for k, factor := range p.x[int(r)*p.xStride:][:p.inner] {
			row := p.weights[k*p.weightStride:][:Lane]
			for n := range dst {
				dst[n] += T(factor * row[n])
			}
		}
	}
}

// turn makes columns of rows: row c of dst becomes column c of src, of which there are
// so many rows.
func turn[T Float](dst, src []T, dstStride, srcStride, rows, columns int) {
	if v := vectors; v != nil && !double[T]() {
		done := rows / 4 * 4
		v.turn(single(dst), single(src), dstStride, srcStride, done, columns)
		dst, src, rows = dst[done:], src[done*srcStride:], rows-done
	}
	for r := range rows {
		for c, value := range src[r*srcStride:][:columns] {
			dst[c*dstStride+r] = value
		}
	}
}

// sparseErrors carries the errors of one sample down as [ErrorBelow] does, for steps
// first ≤ t < last, in blocks of [Lane] steps in which units are active. The others get
// zeros. It does nothing, and returns false, if too many are active.
func (a *ErrorBelowArguments[T]) sparseErrors(work *Workspace[T], sample, first, last int) bool {
	stride, below, words := Stride(a.Neurons), Stride(a.Below), Words(Stride(a.Below))
	rows := last - first
	blocks := (rows + Lane - 1) / Lane
	marks := work.markWords(blocks * words)
	active := 0
	for block := range blocks {
		own := marks[block*words:][:words]
		begin := first + block*Lane
		a.Active.mark(own, sample, begin, min(begin+Lane, last))
		for _, word := range own {
			active += bits.OnesCount32(word)
		}
	}
	if float64(active) > sparseShare*float64(blocks*a.Below) {
		return false
	}
	length := blocks * Lane
	work.growRow(4, stride*length)
	work.growRow(5, below*length)
	x, dst := work.rows[4], work.rows[5]
	segment, above := a.Segment.of(a.Steps), a.AboveSegment.of(a.Steps)
	if length > rows {
		for n := range stride {
			clear(x[n*length+rows : (n+1)*length])
		}
	}
	turn(x, a.Above[above.row(sample, first+a.Delay)*stride:], length, stride, rows, stride)
	clear(dst)
	a.listErrors(work, dst, x, marks, blocks)
	turn(a.Error[segment.row(sample, first)*below:], dst, below, length, below, rows)
	return true
}

// listErrors adds the errors of active units, dst being [number below][step] and x
// [number above][step].
func (a *ErrorBelowArguments[T]) listErrors(work *Workspace[T], dst, x []T, marks []uint32, blocks int) {
	filters := filtersOf(a.Filters, a.Neurons)
	length, words, w := blocks*Lane, Words(Stride(a.Below)), a.Window
	unit, unitAbove, positions := a.Below, Stride(filters), 1
	if w.Positions > 0 {
		unit, positions = w.Unit, w.Below
	}
	product := listedArguments[T]{dstStride: length, xStride: unitAbove, weightStride: length, inner: filters}
	for q := range positions {
		low, high := 0, 1
		if w.Positions > 0 {
			low, high = w.above(q)
		}
		for block := range blocks {
			work.index = appendMarks(work.index[:0], marks[block*words:], q*unit, (q+1)*unit)
			product.index = work.index
			product.dst = dst[q*unit*length+block*Lane:]
			for p := low; p < high; p++ {
				k := q + w.Padding - p*w.Stride // 0 in a dense connection
				product.x = a.Weights[k*unit*unitAbove:]
				product.weights = x[p*unitAbove*length+block*Lane:]
				listedProducts(&product)
			}
		}
	}
}

// addSparseErrors is addErrors for one step of several samples, row by row, leaving out
// blocks of [Lane] units of which none is active in that step. What is left out is not
// changed; dst is zero before.
func addSparseErrors[T Float](e *errorProducts[T], active *ActiveUnits[T], work *Workspace[T], first, t int) {
	words := Words(e.dstStride)
	marks := work.markWords(e.rows * words)
	for r := range e.rows {
		active.mark(marks[r*words:][:words], first+r, t, t+1)
	}
	w, unit := e.window, e.dstStride
	if w.Positions > 0 {
		unit = w.Unit
	}
	product := listedArguments[T]{dstStride: e.dstStride, xStride: e.stride, weightStride: unit, inner: e.filters}
	for n := 0; n < e.dstStride; n += Lane {
		work.index = work.index[:0]
		for r := range e.rows {
			if marks[r*words+n/32]>>(n%32)&(1<<Lane-1) != 0 {
				work.index = append(work.index, uint32(r))
			}
		}
		q, low, high := n/unit, 0, 1
		if w.Positions > 0 {
			low, high = w.above(q)
		}
		product.index, product.dst = work.index, e.dst[n:]
		for p := low; p < high; p++ {
			k := q + w.Padding - p*w.Stride
			product.x = e.above[p*e.unitAbove:]
			product.weights = e.transposed[k*e.filters*unit+n-q*unit:]
			listedProducts(&product)
		}
	}
}
