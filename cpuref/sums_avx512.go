//go:build goexperiment.simd && amd64

package cpuref

import (
	"simd/archsimd"
	"unsafe"
)

// Sums of rows for vectors of 16 neurons. The AVX2 version is generated from this file.

// addSumAVX512 sums up to eight vectors of a row in registers before they are added.
func addSumAVX512(dst, rows []float32, index []uint32) {
	stride := len(dst)
	if len(index) == 0 || stride == 0 {
		return
	}
	to, from := &dst[0], &rows[0]
	n := 0
	for ; n+8*lanesAVX512 <= stride; n += 8 * lanesAVX512 {
		var a, b, c, d, e, f, g, h archsimd.Float32x16
		for _, i := range index {
			row := unsafe.Add(unsafe.Pointer(from), 4*(int(i)*stride+n))
			a, b = a.Add(vectorAVX512(row, 0)), b.Add(vectorAVX512(row, 1))
			c, d = c.Add(vectorAVX512(row, 2)), d.Add(vectorAVX512(row, 3))
			e, f = e.Add(vectorAVX512(row, 4)), f.Add(vectorAVX512(row, 5))
			g, h = g.Add(vectorAVX512(row, 6)), h.Add(vectorAVX512(row, 7))
		}
		storeAVX512(to, n, loadAVX512(to, n).Add(a))
		storeAVX512(to, n+lanesAVX512, loadAVX512(to, n+lanesAVX512).Add(b))
		storeAVX512(to, n+2*lanesAVX512, loadAVX512(to, n+2*lanesAVX512).Add(c))
		storeAVX512(to, n+3*lanesAVX512, loadAVX512(to, n+3*lanesAVX512).Add(d))
		storeAVX512(to, n+4*lanesAVX512, loadAVX512(to, n+4*lanesAVX512).Add(e))
		storeAVX512(to, n+5*lanesAVX512, loadAVX512(to, n+5*lanesAVX512).Add(f))
		storeAVX512(to, n+6*lanesAVX512, loadAVX512(to, n+6*lanesAVX512).Add(g))
		storeAVX512(to, n+7*lanesAVX512, loadAVX512(to, n+7*lanesAVX512).Add(h))
	}
	for ; n+2*lanesAVX512 <= stride; n += 2 * lanesAVX512 {
		var a, b archsimd.Float32x16
		for _, i := range index {
			row := unsafe.Add(unsafe.Pointer(from), 4*(int(i)*stride+n))
			a, b = a.Add(vectorAVX512(row, 0)), b.Add(vectorAVX512(row, 1))
		}
		storeAVX512(to, n, loadAVX512(to, n).Add(a))
		storeAVX512(to, n+lanesAVX512, loadAVX512(to, n+lanesAVX512).Add(b))
	}
	for ; n < stride; n += lanesAVX512 {
		var a archsimd.Float32x16
		for _, i := range index {
			a = a.Add(loadAVX512(from, int(i)*stride+n))
		}
		storeAVX512(to, n, loadAVX512(to, n).Add(a))
	}
	archsimd.ClearAVXUpperBits()
}

// addAVX512 adds src to dst in whole vectors, and returns the number of elements added.
func addAVX512(dst, src []float32) int {
	n := 0
	for ; n+4*lanesAVX512 <= len(dst); n += 4 * lanesAVX512 {
		to, from := unsafe.Pointer(&dst[n]), unsafe.Pointer(&src[n : n+4*lanesAVX512][0])
		a, b := vectorAVX512(to, 0).Add(vectorAVX512(from, 0)), vectorAVX512(to, 1).Add(vectorAVX512(from, 1))
		c, d := vectorAVX512(to, 2).Add(vectorAVX512(from, 2)), vectorAVX512(to, 3).Add(vectorAVX512(from, 3))
		storeAVX512(&dst[n], 0, a)
		storeAVX512(&dst[n], lanesAVX512, b)
		storeAVX512(&dst[n], 2*lanesAVX512, c)
		storeAVX512(&dst[n], 3*lanesAVX512, d)
	}
	archsimd.ClearAVXUpperBits()
	return n
}

// addPatchAVX512 keeps up to four vectors of a position's sums in registers.
func addPatchAVX512(p *patch[float32]) {
	if len(p.index) == 0 || p.height == 0 || p.width == 0 {
		return
	}
	to, from, unit := &p.dst[0], &p.weights[0], p.unit
	for y := range p.height {
		at, first := p.at+y*p.down, p.row+y*p.rowDown
		for range p.width {
			n := 0
			for ; n+4*lanesAVX512 <= unit; n += 4 * lanesAVX512 {
				dst := unsafe.Add(unsafe.Pointer(to), 4*(at+n))
				a, b, c, d := vectorAVX512(dst, 0), vectorAVX512(dst, 1), vectorAVX512(dst, 2), vectorAVX512(dst, 3)
				for _, i := range p.index {
					row := unsafe.Add(unsafe.Pointer(from), 4*((int(i)+first)*unit+n))
					a, b = a.Add(vectorAVX512(row, 0)), b.Add(vectorAVX512(row, 1))
					c, d = c.Add(vectorAVX512(row, 2)), d.Add(vectorAVX512(row, 3))
				}
				storeAVX512(to, at+n, a)
				storeAVX512(to, at+n+lanesAVX512, b)
				storeAVX512(to, at+n+2*lanesAVX512, c)
				storeAVX512(to, at+n+3*lanesAVX512, d)
			}
			for ; n+2*lanesAVX512 <= unit; n += 2 * lanesAVX512 {
				a, b := loadAVX512(to, at+n), loadAVX512(to, at+n+lanesAVX512)
				for _, i := range p.index {
					row := unsafe.Add(unsafe.Pointer(from), 4*((int(i)+first)*unit+n))
					a, b = a.Add(vectorAVX512(row, 0)), b.Add(vectorAVX512(row, 1))
				}
				storeAVX512(to, at+n, a)
				storeAVX512(to, at+n+lanesAVX512, b)
			}
			for ; n < unit; n += lanesAVX512 {
				a := loadAVX512(to, at+n)
				for _, i := range p.index {
					a = a.Add(loadAVX512(from, (int(i)+first)*unit+n))
				}
				storeAVX512(to, at+n, a)
			}
			at, first = at+unit, first+p.rowRight
		}
	}
	archsimd.ClearAVXUpperBits()
}

// addLineAVX512 keeps up to four vectors of the sum in registers.
func addLineAVX512(l *trainLine[float32]) {
	unit := len(l.sum)
	if unit == 0 || l.positions == 0 {
		return
	}
	to, from := &l.sum[0], unsafe.Pointer(&l.errors[l.row*unit])
	spikes, begin := unsafe.Pointer(unsafe.SliceData(l.spikes)), unsafe.Pointer(&l.begin[l.train])
	positions, copies, apart := l.positions, 4*l.copies, 4*l.apart
	n := 0
	for ; n+4*lanesAVX512 <= unit; n += 4 * lanesAVX512 {
		a, b, c, d := loadAVX512(to, n), loadAVX512(to, n+lanesAVX512), loadAVX512(to, n+2*lanesAVX512), loadAVX512(to, n+3*lanesAVX512)
		errors, train := unsafe.Add(from, 4*n), begin
		for range positions {
			end := *(*uint32)(unsafe.Add(train, copies))
			for s := *(*uint32)(train); s < end; s++ {
				row := unsafe.Add(errors, 4*uintptr(*(*uint32)(unsafe.Add(spikes, 4*uintptr(s)))))
				a, b = a.Add(vectorAVX512(row, 0)), b.Add(vectorAVX512(row, 1))
				c, d = c.Add(vectorAVX512(row, 2)), d.Add(vectorAVX512(row, 3))
			}
			errors, train = unsafe.Add(errors, 4*unit), unsafe.Add(train, apart)
		}
		storeAVX512(to, n, a)
		storeAVX512(to, n+lanesAVX512, b)
		storeAVX512(to, n+2*lanesAVX512, c)
		storeAVX512(to, n+3*lanesAVX512, d)
	}
	for ; n+2*lanesAVX512 <= unit; n += 2 * lanesAVX512 {
		a, b := loadAVX512(to, n), loadAVX512(to, n+lanesAVX512)
		errors, train := unsafe.Add(from, 4*n), begin
		for range positions {
			end := *(*uint32)(unsafe.Add(train, copies))
			for s := *(*uint32)(train); s < end; s++ {
				row := unsafe.Add(errors, 4*uintptr(*(*uint32)(unsafe.Add(spikes, 4*uintptr(s)))))
				a, b = a.Add(vectorAVX512(row, 0)), b.Add(vectorAVX512(row, 1))
			}
			errors, train = unsafe.Add(errors, 4*unit), unsafe.Add(train, apart)
		}
		storeAVX512(to, n, a)
		storeAVX512(to, n+lanesAVX512, b)
	}
	for ; n < unit; n += lanesAVX512 {
		a := loadAVX512(to, n)
		errors, train := unsafe.Add(from, 4*n), begin
		for range positions {
			end := *(*uint32)(unsafe.Add(train, copies))
			for s := *(*uint32)(train); s < end; s++ {
				row := unsafe.Add(errors, 4*uintptr(*(*uint32)(unsafe.Add(spikes, 4*uintptr(s)))))
				a = a.Add(vectorAVX512(row, 0))
			}
			errors, train = unsafe.Add(errors, 4*unit), unsafe.Add(train, apart)
		}
		storeAVX512(to, n, a)
	}
	archsimd.ClearAVXUpperBits()
}
