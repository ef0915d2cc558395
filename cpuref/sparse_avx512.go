//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// The loops of sparse_errors.go and support.go for vectors of 16 neurons; see
// vector_avx512.go. The AVX2 version is generated from this file.

// listedProductsAVX512 keeps a vector of six rows in registers.
func listedProductsAVX512(p *listedArguments[float32]) {
	if len(p.index) == 0 || p.inner == 0 {
		return
	}
	dst, x, weights := &p.dst[0], &p.x[0], &p.weights[0]
	_ = p.weights[(p.inner-1)*p.weightStride+Lane-1]
	for _, r := range p.index {
		_, _ = p.dst[int(r)*p.dstStride+Lane-1], p.x[int(r)*p.xStride+p.inner-1]
	}
	for n := 0; n < Lane; n += lanesAVX512 {
		i := 0
		for ; i+6 <= len(p.index); i += 6 {
			rows := p.index[i:][:6]
			da, db, dc := int(rows[0])*p.dstStride+n, int(rows[1])*p.dstStride+n, int(rows[2])*p.dstStride+n
			dd, de, df := int(rows[3])*p.dstStride+n, int(rows[4])*p.dstStride+n, int(rows[5])*p.dstStride+n
			xa, xb, xc := int(rows[0])*p.xStride, int(rows[1])*p.xStride, int(rows[2])*p.xStride
			xd, xe, xf := int(rows[3])*p.xStride, int(rows[4])*p.xStride, int(rows[5])*p.xStride
			a, b, c := loadAVX512(dst, da), loadAVX512(dst, db), loadAVX512(dst, dc)
			d, e, f := loadAVX512(dst, dd), loadAVX512(dst, de), loadAVX512(dst, df)
			at := n
			for k := range p.inner {
				w := loadAVX512(weights, at)
				at += p.weightStride
				a = a.Add(allAVX512(element(x, xa+k)).Mul(w))
				b = b.Add(allAVX512(element(x, xb+k)).Mul(w))
				c = c.Add(allAVX512(element(x, xc+k)).Mul(w))
				d = d.Add(allAVX512(element(x, xd+k)).Mul(w))
				e = e.Add(allAVX512(element(x, xe+k)).Mul(w))
				f = f.Add(allAVX512(element(x, xf+k)).Mul(w))
			}
			storeAVX512(dst, da, a)
			storeAVX512(dst, db, b)
			storeAVX512(dst, dc, c)
			storeAVX512(dst, dd, d)
			storeAVX512(dst, de, e)
			storeAVX512(dst, df, f)
		}
		for ; i+2 <= len(p.index); i += 2 {
			da, db := int(p.index[i])*p.dstStride+n, int(p.index[i+1])*p.dstStride+n
			xa, xb := int(p.index[i])*p.xStride, int(p.index[i+1])*p.xStride
			a, b := loadAVX512(dst, da), loadAVX512(dst, db)
			at := n
			for k := range p.inner {
				w := loadAVX512(weights, at)
				at += p.weightStride
				a = a.Add(allAVX512(element(x, xa+k)).Mul(w))
				b = b.Add(allAVX512(element(x, xb+k)).Mul(w))
			}
			storeAVX512(dst, da, a)
			storeAVX512(dst, db, b)
		}
		for ; i < len(p.index); i++ {
			to, from := int(p.index[i])*p.dstStride+n, int(p.index[i])*p.xStride
			a := loadAVX512(dst, to)
			for k := range p.inner {
				a = a.Add(allAVX512(element(x, from+k)).Mul(loadAVX512(weights, k*p.weightStride+n)))
			}
			storeAVX512(dst, to, a)
		}
	}
	archsimd.ClearAVXUpperBits()
}

// turnAVX512 does four rows at a time: within parts of 128 bits it interleaves them, so
// that each part holds the four of one column. Rows are a multiple of four.
func turnAVX512(dst, src []float32, dstStride, srcStride, rows, columns int) {
	if rows == 0 || columns == 0 {
		return
	}
	to, from := &dst[0], &src[0]
	_, _ = dst[(columns-1)*dstStride+rows-1], src[(rows-1)*srcStride+columns-1]
	for r := 0; r < rows; r += 4 {
		c := 0
		for ; c+lanesAVX512 <= columns; c += lanesAVX512 {
			at := r*srcStride + c
			low, high := pairAVX512(loadAVX512(from, at).AsUint32x16(), loadAVX512(from, at+srcStride).AsUint32x16())
			at += 2 * srcStride
			low2, high2 := pairAVX512(loadAVX512(from, at).AsUint32x16(), loadAVX512(from, at+srcStride).AsUint32x16())
			first, second := quadAVX512(low, low2)
			third, fourth := quadAVX512(high, high2)
			at = c*dstStride + r
			storeFoursAVX512(to, at, 4*dstStride, first.AsFloat32x16())
			storeFoursAVX512(to, at+dstStride, 4*dstStride, second.AsFloat32x16())
			storeFoursAVX512(to, at+2*dstStride, 4*dstStride, third.AsFloat32x16())
			storeFoursAVX512(to, at+3*dstStride, 4*dstStride, fourth.AsFloat32x16())
		}
		for ; c < columns; c++ {
			for k := range 4 {
				dst[c*dstStride+r+k] = src[(r+k)*srcStride+c]
			}
		}
	}
	archsimd.ClearAVXUpperBits()
}

func markInsideAVX512(marks []uint32, rows []float32, stride int, threshold float32, support Support[float32]) {
	if len(rows) == 0 {
		return
	}
	membranes := &rows[0]
	from, to, limit := allAVX512(support.From), allAVX512(support.To), allAVX512(threshold)
	for n := 0; n < stride; n += lanesAVX512 {
		var bits uint32
		for at := n; at < len(rows); at += stride {
			u := loadAVX512(membranes, at).Sub(limit)
			bits |= uint32(u.GreaterEqual(from).And(u.LessEqual(to)).ToBits())
		}
		marks[n/32] |= bits << (n % 32)
	}
	archsimd.ClearAVXUpperBits()
}
