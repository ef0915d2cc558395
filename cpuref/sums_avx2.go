// Code generated from sums_avx512.go by generate_avx2.sh; DO NOT EDIT.

//go:build goexperiment.simd && amd64

package cpuref

import (
	"simd/archsimd"
	"unsafe"
)

// Sums of rows for vectors of 8 neurons.

// addSumAVX2 sums up to eight vectors of a row in registers before they are added.
func addSumAVX2(dst, rows []float32, index []uint32) {
	stride := len(dst)
	if len(index) == 0 || stride == 0 {
		return
	}
	to, from := &dst[0], &rows[0]
	n := 0
	for ; n+8*lanesAVX2 <= stride; n += 8 * lanesAVX2 {
		var a, b, c, d, e, f, g, h archsimd.Float32x8
		for _, i := range index {
			row := unsafe.Add(unsafe.Pointer(from), 4*(int(i)*stride+n))
			a, b = a.Add(vectorAVX2(row, 0)), b.Add(vectorAVX2(row, 1))
			c, d = c.Add(vectorAVX2(row, 2)), d.Add(vectorAVX2(row, 3))
			e, f = e.Add(vectorAVX2(row, 4)), f.Add(vectorAVX2(row, 5))
			g, h = g.Add(vectorAVX2(row, 6)), h.Add(vectorAVX2(row, 7))
		}
		storeAVX2(to, n, loadAVX2(to, n).Add(a))
		storeAVX2(to, n+lanesAVX2, loadAVX2(to, n+lanesAVX2).Add(b))
		storeAVX2(to, n+2*lanesAVX2, loadAVX2(to, n+2*lanesAVX2).Add(c))
		storeAVX2(to, n+3*lanesAVX2, loadAVX2(to, n+3*lanesAVX2).Add(d))
		storeAVX2(to, n+4*lanesAVX2, loadAVX2(to, n+4*lanesAVX2).Add(e))
		storeAVX2(to, n+5*lanesAVX2, loadAVX2(to, n+5*lanesAVX2).Add(f))
		storeAVX2(to, n+6*lanesAVX2, loadAVX2(to, n+6*lanesAVX2).Add(g))
		storeAVX2(to, n+7*lanesAVX2, loadAVX2(to, n+7*lanesAVX2).Add(h))
	}
	for ; n+2*lanesAVX2 <= stride; n += 2 * lanesAVX2 {
		var a, b archsimd.Float32x8
		for _, i := range index {
			row := unsafe.Add(unsafe.Pointer(from), 4*(int(i)*stride+n))
			a, b = a.Add(vectorAVX2(row, 0)), b.Add(vectorAVX2(row, 1))
		}
		storeAVX2(to, n, loadAVX2(to, n).Add(a))
		storeAVX2(to, n+lanesAVX2, loadAVX2(to, n+lanesAVX2).Add(b))
	}
	for ; n < stride; n += lanesAVX2 {
		var a archsimd.Float32x8
		for _, i := range index {
			a = a.Add(loadAVX2(from, int(i)*stride+n))
		}
		storeAVX2(to, n, loadAVX2(to, n).Add(a))
	}
	archsimd.ClearAVXUpperBits()
}

// addAVX2 adds src to dst in whole vectors, and returns the number of elements added.
func addAVX2(dst, src []float32) int {
	n := 0
	for ; n+4*lanesAVX2 <= len(dst); n += 4 * lanesAVX2 {
		to, from := unsafe.Pointer(&dst[n]), unsafe.Pointer(&src[n : n+4*lanesAVX2][0])
		a, b := vectorAVX2(to, 0).Add(vectorAVX2(from, 0)), vectorAVX2(to, 1).Add(vectorAVX2(from, 1))
		c, d := vectorAVX2(to, 2).Add(vectorAVX2(from, 2)), vectorAVX2(to, 3).Add(vectorAVX2(from, 3))
		storeAVX2(&dst[n], 0, a)
		storeAVX2(&dst[n], lanesAVX2, b)
		storeAVX2(&dst[n], 2*lanesAVX2, c)
		storeAVX2(&dst[n], 3*lanesAVX2, d)
	}
	archsimd.ClearAVXUpperBits()
	return n
}

// addPatchAVX2 keeps up to four vectors of a position's sums in registers.
func addPatchAVX2(p *patch[float32]) {
	if len(p.index) == 0 || p.height == 0 || p.width == 0 {
		return
	}
	to, from, unit := &p.dst[0], &p.weights[0], p.unit
	for y := range p.height {
		at, first := p.at+y*p.down, p.row+y*p.rowDown
		for range p.width {
			n := 0
			for ; n+4*lanesAVX2 <= unit; n += 4 * lanesAVX2 {
				dst := unsafe.Add(unsafe.Pointer(to), 4*(at+n))
				a, b, c, d := vectorAVX2(dst, 0), vectorAVX2(dst, 1), vectorAVX2(dst, 2), vectorAVX2(dst, 3)
				for _, i := range p.index {
					row := unsafe.Add(unsafe.Pointer(from), 4*((int(i)+first)*unit+n))
					a, b = a.Add(vectorAVX2(row, 0)), b.Add(vectorAVX2(row, 1))
					c, d = c.Add(vectorAVX2(row, 2)), d.Add(vectorAVX2(row, 3))
				}
				storeAVX2(to, at+n, a)
				storeAVX2(to, at+n+lanesAVX2, b)
				storeAVX2(to, at+n+2*lanesAVX2, c)
				storeAVX2(to, at+n+3*lanesAVX2, d)
			}
			for ; n+2*lanesAVX2 <= unit; n += 2 * lanesAVX2 {
				a, b := loadAVX2(to, at+n), loadAVX2(to, at+n+lanesAVX2)
				for _, i := range p.index {
					row := unsafe.Add(unsafe.Pointer(from), 4*((int(i)+first)*unit+n))
					a, b = a.Add(vectorAVX2(row, 0)), b.Add(vectorAVX2(row, 1))
				}
				storeAVX2(to, at+n, a)
				storeAVX2(to, at+n+lanesAVX2, b)
			}
			for ; n < unit; n += lanesAVX2 {
				a := loadAVX2(to, at+n)
				for _, i := range p.index {
					a = a.Add(loadAVX2(from, (int(i)+first)*unit+n))
				}
				storeAVX2(to, at+n, a)
			}
			at, first = at+unit, first+p.rowRight
		}
	}
	archsimd.ClearAVXUpperBits()
}

// addLineAVX2 keeps up to four vectors of the sum in registers.
func addLineAVX2(l *trainLine[float32]) {
	unit := len(l.sum)
	if unit == 0 || l.positions == 0 {
		return
	}
	to, from := &l.sum[0], unsafe.Pointer(&l.errors[l.row*unit])
	spikes, begin := unsafe.Pointer(unsafe.SliceData(l.spikes)), unsafe.Pointer(&l.begin[l.train])
	positions, copies, apart := l.positions, 4*l.copies, 4*l.apart
	n := 0
	for ; n+4*lanesAVX2 <= unit; n += 4 * lanesAVX2 {
		a, b, c, d := loadAVX2(to, n), loadAVX2(to, n+lanesAVX2), loadAVX2(to, n+2*lanesAVX2), loadAVX2(to, n+3*lanesAVX2)
		errors, train := unsafe.Add(from, 4*n), begin
		for range positions {
			end := *(*uint32)(unsafe.Add(train, copies))
			for s := *(*uint32)(train); s < end; s++ {
				row := unsafe.Add(errors, 4*uintptr(*(*uint32)(unsafe.Add(spikes, 4*uintptr(s)))))
				a, b = a.Add(vectorAVX2(row, 0)), b.Add(vectorAVX2(row, 1))
				c, d = c.Add(vectorAVX2(row, 2)), d.Add(vectorAVX2(row, 3))
			}
			errors, train = unsafe.Add(errors, 4*unit), unsafe.Add(train, apart)
		}
		storeAVX2(to, n, a)
		storeAVX2(to, n+lanesAVX2, b)
		storeAVX2(to, n+2*lanesAVX2, c)
		storeAVX2(to, n+3*lanesAVX2, d)
	}
	for ; n+2*lanesAVX2 <= unit; n += 2 * lanesAVX2 {
		a, b := loadAVX2(to, n), loadAVX2(to, n+lanesAVX2)
		errors, train := unsafe.Add(from, 4*n), begin
		for range positions {
			end := *(*uint32)(unsafe.Add(train, copies))
			for s := *(*uint32)(train); s < end; s++ {
				row := unsafe.Add(errors, 4*uintptr(*(*uint32)(unsafe.Add(spikes, 4*uintptr(s)))))
				a, b = a.Add(vectorAVX2(row, 0)), b.Add(vectorAVX2(row, 1))
			}
			errors, train = unsafe.Add(errors, 4*unit), unsafe.Add(train, apart)
		}
		storeAVX2(to, n, a)
		storeAVX2(to, n+lanesAVX2, b)
	}
	for ; n < unit; n += lanesAVX2 {
		a := loadAVX2(to, n)
		errors, train := unsafe.Add(from, 4*n), begin
		for range positions {
			end := *(*uint32)(unsafe.Add(train, copies))
			for s := *(*uint32)(train); s < end; s++ {
				row := unsafe.Add(errors, 4*uintptr(*(*uint32)(unsafe.Add(spikes, 4*uintptr(s)))))
				a = a.Add(vectorAVX2(row, 0))
			}
			errors, train = unsafe.Add(errors, 4*unit), unsafe.Add(train, apart)
		}
		storeAVX2(to, n, a)
	}
	archsimd.ClearAVXUpperBits()
}
