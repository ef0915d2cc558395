//go:build goexperiment.simd

package cpuref

// Tiles by instruction set, the widest first; no two sets have tiles of the same width.
var (
	tallTilesAVX512 = []tallWidth{3 * lanesAVX512, 2 * lanesAVX512, lanesAVX512}
	tallTilesAVX2   = []tallWidth{lanesAVX2}
)

// run computes a tile. The arguments of a function called through a variable would be
// heap-allocated; here they are not.
func (w tallWidth) run(tile *tallTile) {
	switch w {
	case 3 * lanesAVX512:
		tallTile8x3AVX512(tile)
	case 2 * lanesAVX512:
		tallTile8x2AVX512(tile)
	case lanesAVX512:
		tallTile8x1AVX512(tile)
	case lanesAVX2:
		tallTile8x1AVX2(tile)
	}
}

//go:noescape
func tallTile8x3AVX512(tile *tallTile)

//go:noescape
func tallTile8x2AVX512(tile *tallTile)

//go:noescape
func tallTile8x1AVX512(tile *tallTile)

//go:noescape
func tallTile8x1AVX2(tile *tallTile)
