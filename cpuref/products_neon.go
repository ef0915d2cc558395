//go:build arm64

package cpuref

import "unsafe"

// tallTilesNEON is the width of tiles of eight rows; the number of columns is a multiple of it.
var tallTilesNEON = []tallWidth{2 * lanesNEON}

// run computes a tile.
func (tallWidth) run(tile *tallTile) { tallTile8x2NEON(tile) }

//go:noescape
func tallTile8x2NEON(tile *tallTile)

//go:noescape
func tile1x4NEON(tile *tallTile)

// productsNEON uses tiles of one row for the rows left over by tall tiles.
func productsNEON(p *productArguments[float32]) {
	if p.rows == 0 || p.columns == 0 {
		return
	}
	if p.inner == 0 || p.lines == 0 || p.parts == 0 {
		for r := range p.rows {
			clear(p.dst[r*p.dstStride:][:p.columns])
		}
		return
	}
	p.check()
	tile := p.tile()
	for r := tallProducts(p, tallTilesNEON); r < p.rows; r++ {
		for n := 0; n < p.columns; n += Lane {
			tile.dst, tile.x = unsafe.Pointer(&p.dst[r*p.dstStride+n]), unsafe.Pointer(&p.x[r*p.xStride])
			tile.weights = unsafe.Pointer(&p.weights[p.weightFirst+n])
			tile1x4NEON(&tile)
		}
	}
}
