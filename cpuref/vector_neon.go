//go:build arm64

package cpuref

import "unsafe"

// The loops that have a NEON form; every arm64 processor has NEON. The assembly's lanes do the
// operations of the plain loops, in the same order.

const lanesNEON = 4

var loopsNEON = vectorLoops{
	addRows:     addRowsNEON,
	addPatch:    addPatchNEON,
	addSum:      addSumNEON,
	addLine:     addLineNEON,
	add:         addNEON,
	products:    productsNEON,
	drawUniform: drawUniformNEON,
}

// rowSum are the arguments of a sum of rows in assembly.
type rowSum struct {
	dst, rows, index unsafe.Pointer
	count            int // of rows, at least 1
	begin, scale     int // bytes from rows to the row of index 0, and from one index to the next
	fromZero         int // if not 0, the rows are summed from zero before they are added to dst
}

//go:noescape
func rowSum8NEON(sum *rowSum)

//go:noescape
func rowSum4NEON(sum *rowSum)

//go:noescape
func rowSum1NEON(sum *rowSum)

// sumRowsNEON adds to dst the ranges of rows that begin at begin+scale·i for i in index, with up to
// eight vectors in registers. Like the plain loops, it panics if one is outside rows.
func sumRowsNEON(dst, rows []float32, begin int, index []uint32, scale int, fromZero bool) {
	if len(dst) == 0 || len(index) == 0 {
		return
	}
	least, last := index[0], index[0]
	for _, i := range index {
		least, last = min(least, i), max(last, i)
	}
	_, _ = rows[begin+int(least)*scale], rows[begin+int(last)*scale+len(dst)-1]
	sum := rowSum{rows: unsafe.Pointer(&rows[0]), index: unsafe.Pointer(&index[0]), count: len(index), scale: 4 * scale}
	if fromZero {
		sum.fromZero = 1
	}
	n := 0
	for ; n+8*lanesNEON <= len(dst); n += 8 * lanesNEON {
		sum.dst, sum.begin = unsafe.Pointer(&dst[n]), 4*(begin+n)
		rowSum8NEON(&sum)
	}
	for ; n+4*lanesNEON <= len(dst); n += 4 * lanesNEON {
		sum.dst, sum.begin = unsafe.Pointer(&dst[n]), 4*(begin+n)
		rowSum4NEON(&sum)
	}
	for ; n+lanesNEON <= len(dst); n += lanesNEON {
		sum.dst, sum.begin = unsafe.Pointer(&dst[n]), 4*(begin+n)
		rowSum1NEON(&sum)
	}
	for ; n < len(dst); n++ {
		s := dst[n]
		if fromZero {
			s = 0
		}
		for _, i := range index {
			s += rows[begin+int(i)*scale+n]
		}
		if fromZero {
			s = dst[n] + s
		}
		dst[n] = s
	}
}

func addRowsNEON(dst, rows []float32, index []uint32) {
	sumRowsNEON(dst, rows, 0, index, len(dst), false)
}

func addSumNEON(dst, rows []float32, index []uint32) {
	sumRowsNEON(dst, rows, 0, index, len(dst), true)
}

// onlyFirst is the index of the first row of an array.
var onlyFirst = []uint32{0}

// addNEON adds src to dst, and returns the number of elements added: all of them.
func addNEON(dst, src []float32) int {
	sumRowsNEON(dst, src, 0, onlyFirst, len(dst), false)
	return len(dst)
}

func addPatchNEON(p *patch[float32]) {
	for y := range p.height {
		for x := range p.width {
			dst, row := p.dst[p.at+y*p.down+x*p.unit:][:p.unit], p.row+y*p.rowDown+x*p.rowRight
			sumRowsNEON(dst, p.weights, row*p.unit, p.index, p.unit, false)
		}
	}
}

func addLineNEON(l *trainLine[float32]) {
	at, train := l.row*len(l.sum), l.train
	for range l.positions {
		sumRowsNEON(l.sum, l.errors, at, l.spikes[l.begin[train]:l.begin[train+l.copies]], 1, false)
		at, train = at+len(l.sum), train+l.apart
	}
}
