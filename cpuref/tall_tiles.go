//go:build goexperiment.simd && amd64

package cpuref

import "unsafe"

// tallTile are the arguments of a tile of a matrix product in assembly, whose sums take all
// the registers there are; the compiler keeps six of them. Strides and steps are in bytes.
type tallTile struct {
	dst, x, weights    unsafe.Pointer
	dstStride, xStride int
	columns            int // from a row of weights to the next
	inner, parts       int // at least 1
	xStep, weightStep  int // from the end of a part to the next part
}

// tallWidth is the tile for so many columns: how many rows it has, the same for all widths
// of an instruction set, and its code.
type tallWidth struct {
	columns, rows int
	tile          func(*tallTile)
}

// Tiles by instruction set, the widest first.
var (
	tallTilesAVX512 = []tallWidth{{2 * lanesAVX512, 12, tallTile12x2AVX512}, {lanesAVX512, 12, tallTile12x1AVX512}}
	tallTilesAVX2   = []tallWidth{{2 * lanesAVX2, 6, tallTile6x2AVX2}}
)

//go:noescape
func tallTile12x2AVX512(tile *tallTile)

//go:noescape
func tallTile12x1AVX512(tile *tallTile)

//go:noescape
func tallTile6x2AVX2(tile *tallTile)

// tallProducts does the first rows of a checked product by tall tiles, and says how many.
// A last tile reaches back over rows that are done, and gives them the same sums again,
// unless so few rows are left that smaller tiles are faster.
func tallProducts(p *productArguments[float32], widths []tallWidth) int {
	tall := widths[0].rows
	if p.rows < tall {
		return 0
	}
	done := p.rows
	if p.rows%tall <= tall/4 {
		done -= p.rows % tall
	}
	a := tallTile{
		dstStride: 4 * p.dstStride, xStride: 4 * p.xStride, columns: 4 * p.columns, inner: p.inner, parts: p.parts,
		xStep: 4 * (p.xStep - p.inner), weightStep: 4 * (p.weightStep - p.inner*p.columns),
	}
	n := 0
	for _, w := range widths {
		for ; n+w.columns <= p.columns; n += w.columns {
			a.weights = unsafe.Pointer(&p.weights[p.weightFirst+n])
			for r := 0; r < done; r += tall {
				row := min(r, done-tall)
				a.dst, a.x = unsafe.Pointer(&p.dst[row*p.dstStride+n]), unsafe.Pointer(&p.x[row*p.xStride])
				w.tile(&a)
			}
		}
	}
	return done
}
