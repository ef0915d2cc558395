//go:build (goexperiment.simd && amd64) || arm64

package cpuref

import "unsafe"

// tallTile are the arguments of a tile of a matrix product in assembly, whose sums use all
// available registers; the compiler only keeps six of them. Strides and steps are in bytes.
type tallTile struct {
	dst, x, weights    unsafe.Pointer
	dstStride, xStride int
	columns            int // from one row of weights to the next
	inner              int // this and the next two are at least 1
	lines, parts       int
	xStep, weightStep  int // from the end of a part to the next part
	xLine, weightLine  int // from the end of a line to the next line
}

// tallRows is the number of rows of a tall tile: the samples of a chunk, which recurrence processes
// at once.
const tallRows = ChunkSamples

// tallWidth identifies a tile by its number of columns.
type tallWidth int

// tallProducts computes the first rows of a checked product in tall tiles, and returns how many. A
// last tile reaches back over finished rows and recomputes the same sums, unless so few rows are
// left that smaller tiles are faster.
func tallProducts(p *productArguments[float32], widths []tallWidth) int {
	if p.rows < tallRows {
		return 0
	}
	done := p.rows
	if p.rows%tallRows <= tallRows/4 {
		done -= p.rows % tallRows
	}
	a := p.tile()
	n := 0
	for _, w := range widths {
		for ; n+int(w) <= p.columns; n += int(w) {
			a.weights = unsafe.Pointer(&p.weights[p.weightFirst+n])
			for r := 0; r < done; r += tallRows {
				row := min(r, done-tallRows)
				a.dst, a.x = unsafe.Pointer(&p.dst[row*p.dstStride+n]), unsafe.Pointer(&p.x[row*p.xStride])
				w.run(&a)
			}
		}
	}
	return done
}

// tile is a tile of a checked product, except for where it begins.
func (p *productArguments[T]) tile() tallTile {
	return tallTile{
		dstStride: 4 * p.dstStride, xStride: 4 * p.xStride, columns: 4 * p.columns, inner: p.inner, lines: p.lines, parts: p.parts,
		xStep: 4 * (p.xStep - p.inner), weightStep: 4 * (p.weightStep - p.inner*p.columns),
		xLine: 4 * (p.xLine - p.parts*p.xStep), weightLine: 4 * (p.weightLine - p.parts*p.weightStep),
	}
}
