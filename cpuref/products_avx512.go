//go:build goexperiment.simd && amd64

package cpuref

import (
	"simd/archsimd"
	"unsafe"
)

// Matrix products for vectors of 16 neurons, a tile of rows and columns at a time, whose
// sums stay in registers. The AVX2 version is generated from this file.

// vectorAVX512 is vector number v from an address on.
func vectorAVX512(base unsafe.Pointer, v uintptr) archsimd.Float32x16 {
	return archsimd.LoadFloat32x16((*[lanesAVX512]float32)(unsafe.Add(base, v*4*lanesAVX512)))
}

// productsAVX512 uses tiles of six vectors of sums for the rows left over by tall tiles: with more
// the compiler spills.
func productsAVX512(p *productArguments[float32]) {
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
	done := tallProducts(p, tallTilesAVX512)
	if done == p.rows {
		return
	}
	rest := *p
	rest.rows, rest.dst, rest.x = p.rows-done, p.dst[done*p.dstStride:], p.x[done*p.xStride:]
	p = &rest
	n := 0
	for ; n+2*lanesAVX512 <= p.columns; n += 2 * lanesAVX512 {
		tilesAVX512(p, n, 3, tile3x2AVX512, tile1x2AVX512)
	}
	for ; n < p.columns; n += lanesAVX512 {
		tilesAVX512(p, n, 6, tile6x1AVX512, tile1x1AVX512)
	}
	archsimd.ClearAVXUpperBits()
}

// tilesAVX512 processes the rows tile by tile; the last tile reaches back over finished rows and
// recomputes the same sums.
func tilesAVX512(p *productArguments[float32], n, tall int, tile, single func(p *productArguments[float32], r, n int)) {
	if p.rows < tall {
		for r := range p.rows {
			single(p, r, n)
		}
		return
	}
	for r := 0; r < p.rows; r += tall {
		tile(p, min(r, p.rows-tall), n)
	}
}

func tile3x2AVX512(p *productArguments[float32], r, n int) {
	var a0, a1, b0, b1, c0, c1 archsimd.Float32x16
	x, weights := &p.x[0], &p.weights[0]
	for line := range p.lines {
		for part := range p.parts {
			w := p.weightFirst + line*p.weightLine + part*p.weightStep + n
			xa := line*p.xLine + part*p.xStep + r*p.xStride
			xb := xa + p.xStride
			xc := xb + p.xStride
			for k := range p.inner {
				row := unsafe.Add(unsafe.Pointer(weights), 4*w)
				w0, w1 := vectorAVX512(row, 0), vectorAVX512(row, 1)
				f := allAVX512(element(x, xa+k))
				a0, a1 = a0.Add(f.Mul(w0)), a1.Add(f.Mul(w1))
				f = allAVX512(element(x, xb+k))
				b0, b1 = b0.Add(f.Mul(w0)), b1.Add(f.Mul(w1))
				f = allAVX512(element(x, xc+k))
				c0, c1 = c0.Add(f.Mul(w0)), c1.Add(f.Mul(w1))
				w += p.columns
			}
		}
	}
	dst, at := &p.dst[0], r*p.dstStride+n
	storeAVX512(dst, at, a0)
	storeAVX512(dst, at+lanesAVX512, a1)
	at += p.dstStride
	storeAVX512(dst, at, b0)
	storeAVX512(dst, at+lanesAVX512, b1)
	at += p.dstStride
	storeAVX512(dst, at, c0)
	storeAVX512(dst, at+lanesAVX512, c1)
}

func tile1x2AVX512(p *productArguments[float32], r, n int) {
	var a0, a1 archsimd.Float32x16
	x, weights := &p.x[0], &p.weights[0]
	for line := range p.lines {
		for part := range p.parts {
			w := p.weightFirst + line*p.weightLine + part*p.weightStep + n
			xa := line*p.xLine + part*p.xStep + r*p.xStride
			for k := range p.inner {
				row := unsafe.Add(unsafe.Pointer(weights), 4*w)
				w0, w1 := vectorAVX512(row, 0), vectorAVX512(row, 1)
				f := allAVX512(element(x, xa+k))
				a0, a1 = a0.Add(f.Mul(w0)), a1.Add(f.Mul(w1))
				w += p.columns
			}
		}
	}
	dst, at := &p.dst[0], r*p.dstStride+n
	storeAVX512(dst, at, a0)
	storeAVX512(dst, at+lanesAVX512, a1)
}

func tile6x1AVX512(p *productArguments[float32], r, n int) {
	var a, b, c, d, e, f archsimd.Float32x16
	x, weights := &p.x[0], &p.weights[0]
	for line := range p.lines {
		for part := range p.parts {
			w := p.weightFirst + line*p.weightLine + part*p.weightStep + n
			xa := line*p.xLine + part*p.xStep + r*p.xStride
			xb := xa + p.xStride
			xc := xb + p.xStride
			xd := xc + p.xStride
			xe := xd + p.xStride
			xf := xe + p.xStride
			for k := range p.inner {
				row := unsafe.Add(unsafe.Pointer(weights), 4*w)
				w0 := vectorAVX512(row, 0)
				factor := allAVX512(element(x, xa+k))
				a = a.Add(factor.Mul(w0))
				factor = allAVX512(element(x, xb+k))
				b = b.Add(factor.Mul(w0))
				factor = allAVX512(element(x, xc+k))
				c = c.Add(factor.Mul(w0))
				factor = allAVX512(element(x, xd+k))
				d = d.Add(factor.Mul(w0))
				factor = allAVX512(element(x, xe+k))
				e = e.Add(factor.Mul(w0))
				factor = allAVX512(element(x, xf+k))
				f = f.Add(factor.Mul(w0))
				w += p.columns
			}
		}
	}
	dst, at := &p.dst[0], r*p.dstStride+n
	storeAVX512(dst, at, a)
	at += p.dstStride
	storeAVX512(dst, at, b)
	at += p.dstStride
	storeAVX512(dst, at, c)
	at += p.dstStride
	storeAVX512(dst, at, d)
	at += p.dstStride
	storeAVX512(dst, at, e)
	at += p.dstStride
	storeAVX512(dst, at, f)
}

func tile1x1AVX512(p *productArguments[float32], r, n int) {
	var a archsimd.Float32x16
	x, weights := &p.x[0], &p.weights[0]
	for line := range p.lines {
		for part := range p.parts {
			w := p.weightFirst + line*p.weightLine + part*p.weightStep + n
			xa := line*p.xLine + part*p.xStep + r*p.xStride
			for k := range p.inner {
				row := unsafe.Add(unsafe.Pointer(weights), 4*w)
				w0 := vectorAVX512(row, 0)
				f := allAVX512(element(x, xa+k))
				a = a.Add(f.Mul(w0))
				w += p.columns
			}
		}
	}
	dst, at := &p.dst[0], r*p.dstStride+n
	storeAVX512(dst, at, a)
}
