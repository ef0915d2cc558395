// Code generated from vector_avx512.go by generate_avx2.sh; DO NOT EDIT.

//go:build goexperiment.simd && amd64

package cpuref

import (
	"simd/archsimd"
	"unsafe"
)

// The loops of loops.go for vectors of 8 neurons: the same operations in the same
// order in every lane.

var loopsAVX2 = vectorLoops{
	addRows: addRowsAVX2, products: productsAVX2,
	decide: decideAVX2, integrate: integrateAVX2, adjoint: adjointAVX2,
	listedProducts: listedProductsAVX2, turn: turnAVX2, markInside: markInsideAVX2,
}

func loadAVX2(base *float32, at int) archsimd.Float32x8 {
	return archsimd.LoadFloat32x8((*[lanesAVX2]float32)(unsafe.Add(unsafe.Pointer(base), 4*at)))
}

func storeAVX2(base *float32, at int, x archsimd.Float32x8) {
	x.Store((*[lanesAVX2]float32)(unsafe.Add(unsafe.Pointer(base), 4*at)))
}

func allAVX2(x float32) archsimd.Float32x8 { return archsimd.BroadcastFloat32x8(x) }

// zeroAVX2 is 0 in every lane. A broadcast of the constant 0 would be made with an
// instruction for narrow registers, which costs some processors over a hundred cycles
// while wide ones are in use; for the same reason every loop ends by clearing them.
func zeroAVX2() archsimd.Float32x8 { return archsimd.Float32x8{} }

// flushAVX2 is x, or 0 where its magnitude is below a limit.
func flushAVX2(x archsimd.Float32x8, limit float32) archsimd.Float32x8 {
	small := x.Less(allAVX2(limit)).And(x.Greater(allAVX2(-limit)))
	return zeroAVX2().Merge(x, small)
}

func addRowsAVX2(dst, rows []float32, index []uint32, shift int) {
	stride := len(dst)
	if len(index) == 0 || stride == 0 {
		return
	}
	to, from := &dst[0], &rows[0]
	n := 0
	for ; n+4*lanesAVX2 <= stride; n += 4 * lanesAVX2 {
		a, b := loadAVX2(to, n), loadAVX2(to, n+lanesAVX2)
		c, d := loadAVX2(to, n+2*lanesAVX2), loadAVX2(to, n+3*lanesAVX2)
		for _, i := range index {
			at := (int(i)-shift)*stride + n
			a = a.Add(loadAVX2(from, at))
			b = b.Add(loadAVX2(from, at+lanesAVX2))
			c = c.Add(loadAVX2(from, at+2*lanesAVX2))
			d = d.Add(loadAVX2(from, at+3*lanesAVX2))
		}
		storeAVX2(to, n, a)
		storeAVX2(to, n+lanesAVX2, b)
		storeAVX2(to, n+2*lanesAVX2, c)
		storeAVX2(to, n+3*lanesAVX2, d)
	}
	for ; n < stride; n += lanesAVX2 {
		a := loadAVX2(to, n)
		for _, i := range index {
			a = a.Add(loadAVX2(from, (int(i)-shift)*stride+n))
		}
		storeAVX2(to, n, a)
	}
	archsimd.ClearAVXUpperBits()
}

// productsAVX2 keeps three rows by two vectors in registers: with more the
// compiler spills.
func productsAVX2(p *productArguments[float32]) {
	if p.rows == 0 || p.columns == 0 {
		return
	}
	if p.inner == 0 {
		for r := range p.rows {
			clear(p.dst[r*p.dstStride:][:p.columns])
		}
		return
	}
	dst, x, weights := &p.dst[0], &p.x[0], &p.weights[0]
	_, _ = p.dst[(p.rows-1)*p.dstStride+p.columns-1], p.x[(p.rows-1)*p.xStride+p.inner-1]
	_ = p.weights[p.inner*p.columns-1]
	n := 0
	for ; n+2*lanesAVX2 <= p.columns; n += 2 * lanesAVX2 {
		r := 0
		for ; r+3 <= p.rows; r += 3 {
			var a0, a1, b0, b1, c0, c1 archsimd.Float32x8
			if p.add {
				at := r*p.dstStride + n
				a0, a1 = loadAVX2(dst, at), loadAVX2(dst, at+lanesAVX2)
				at += p.dstStride
				b0, b1 = loadAVX2(dst, at), loadAVX2(dst, at+lanesAVX2)
				at += p.dstStride
				c0, c1 = loadAVX2(dst, at), loadAVX2(dst, at+lanesAVX2)
			}
			xa, xb, xc := r*p.xStride, (r+1)*p.xStride, (r+2)*p.xStride
			for k := range p.inner {
				w0, w1 := loadAVX2(weights, k*p.columns+n), loadAVX2(weights, k*p.columns+n+lanesAVX2)
				f := allAVX2(element(x, xa+k))
				a0, a1 = a0.Add(f.Mul(w0)), a1.Add(f.Mul(w1))
				f = allAVX2(element(x, xb+k))
				b0, b1 = b0.Add(f.Mul(w0)), b1.Add(f.Mul(w1))
				f = allAVX2(element(x, xc+k))
				c0, c1 = c0.Add(f.Mul(w0)), c1.Add(f.Mul(w1))
			}
			at := r*p.dstStride + n
			storeAVX2(dst, at, a0)
			storeAVX2(dst, at+lanesAVX2, a1)
			at += p.dstStride
			storeAVX2(dst, at, b0)
			storeAVX2(dst, at+lanesAVX2, b1)
			at += p.dstStride
			storeAVX2(dst, at, c0)
			storeAVX2(dst, at+lanesAVX2, c1)
		}
		for ; r+2 <= p.rows; r += 2 {
			var a0, a1, b0, b1 archsimd.Float32x8
			if p.add {
				at := r*p.dstStride + n
				a0, a1 = loadAVX2(dst, at), loadAVX2(dst, at+lanesAVX2)
				at += p.dstStride
				b0, b1 = loadAVX2(dst, at), loadAVX2(dst, at+lanesAVX2)
			}
			xa, xb := r*p.xStride, (r+1)*p.xStride
			for k := range p.inner {
				w0, w1 := loadAVX2(weights, k*p.columns+n), loadAVX2(weights, k*p.columns+n+lanesAVX2)
				f := allAVX2(element(x, xa+k))
				a0, a1 = a0.Add(f.Mul(w0)), a1.Add(f.Mul(w1))
				f = allAVX2(element(x, xb+k))
				b0, b1 = b0.Add(f.Mul(w0)), b1.Add(f.Mul(w1))
			}
			at := r*p.dstStride + n
			storeAVX2(dst, at, a0)
			storeAVX2(dst, at+lanesAVX2, a1)
			at += p.dstStride
			storeAVX2(dst, at, b0)
			storeAVX2(dst, at+lanesAVX2, b1)
		}
		for ; r < p.rows; r++ {
			var a0, a1 archsimd.Float32x8
			if p.add {
				at := r*p.dstStride + n
				a0, a1 = loadAVX2(dst, at), loadAVX2(dst, at+lanesAVX2)
			}
			for k := range p.inner {
				f := allAVX2(element(x, r*p.xStride+k))
				a0 = a0.Add(f.Mul(loadAVX2(weights, k*p.columns+n)))
				a1 = a1.Add(f.Mul(loadAVX2(weights, k*p.columns+n+lanesAVX2)))
			}
			storeAVX2(dst, r*p.dstStride+n, a0)
			storeAVX2(dst, r*p.dstStride+n+lanesAVX2, a1)
		}
	}
	for ; n < p.columns; n += lanesAVX2 {
		for r := range p.rows {
			var a archsimd.Float32x8
			if p.add {
				a = loadAVX2(dst, r*p.dstStride+n)
			}
			for k := range p.inner {
				a = a.Add(allAVX2(element(x, r*p.xStride+k)).Mul(loadAVX2(weights, k*p.columns+n)))
			}
			storeAVX2(dst, r*p.dstStride+n, a)
		}
	}
	archsimd.ClearAVXUpperBits()
}

// listedProductsAVX2 keeps a vector of six rows in registers.
func listedProductsAVX2(p *listedArguments[float32]) {
	if len(p.index) == 0 || p.inner == 0 {
		return
	}
	dst, x, weights := &p.dst[0], &p.x[0], &p.weights[0]
	_ = p.weights[(p.inner-1)*p.weightStride+Lane-1]
	for _, r := range p.index {
		_, _ = p.dst[int(r)*p.dstStride+Lane-1], p.x[int(r)*p.xStride+p.inner-1]
	}
	for n := 0; n < Lane; n += lanesAVX2 {
		i := 0
		for ; i+6 <= len(p.index); i += 6 {
			rows := p.index[i:][:6]
			da, db, dc := int(rows[0])*p.dstStride+n, int(rows[1])*p.dstStride+n, int(rows[2])*p.dstStride+n
			dd, de, df := int(rows[3])*p.dstStride+n, int(rows[4])*p.dstStride+n, int(rows[5])*p.dstStride+n
			xa, xb, xc := int(rows[0])*p.xStride, int(rows[1])*p.xStride, int(rows[2])*p.xStride
			xd, xe, xf := int(rows[3])*p.xStride, int(rows[4])*p.xStride, int(rows[5])*p.xStride
			a, b, c := loadAVX2(dst, da), loadAVX2(dst, db), loadAVX2(dst, dc)
			d, e, f := loadAVX2(dst, dd), loadAVX2(dst, de), loadAVX2(dst, df)
			at := n
			for k := range p.inner {
				w := loadAVX2(weights, at)
				at += p.weightStride
				a = a.Add(allAVX2(element(x, xa+k)).Mul(w))
				b = b.Add(allAVX2(element(x, xb+k)).Mul(w))
				c = c.Add(allAVX2(element(x, xc+k)).Mul(w))
				d = d.Add(allAVX2(element(x, xd+k)).Mul(w))
				e = e.Add(allAVX2(element(x, xe+k)).Mul(w))
				f = f.Add(allAVX2(element(x, xf+k)).Mul(w))
			}
			storeAVX2(dst, da, a)
			storeAVX2(dst, db, b)
			storeAVX2(dst, dc, c)
			storeAVX2(dst, dd, d)
			storeAVX2(dst, de, e)
			storeAVX2(dst, df, f)
		}
		for ; i+2 <= len(p.index); i += 2 {
			da, db := int(p.index[i])*p.dstStride+n, int(p.index[i+1])*p.dstStride+n
			xa, xb := int(p.index[i])*p.xStride, int(p.index[i+1])*p.xStride
			a, b := loadAVX2(dst, da), loadAVX2(dst, db)
			at := n
			for k := range p.inner {
				w := loadAVX2(weights, at)
				at += p.weightStride
				a = a.Add(allAVX2(element(x, xa+k)).Mul(w))
				b = b.Add(allAVX2(element(x, xb+k)).Mul(w))
			}
			storeAVX2(dst, da, a)
			storeAVX2(dst, db, b)
		}
		for ; i < len(p.index); i++ {
			to, from := int(p.index[i])*p.dstStride+n, int(p.index[i])*p.xStride
			a := loadAVX2(dst, to)
			for k := range p.inner {
				a = a.Add(allAVX2(element(x, from+k)).Mul(loadAVX2(weights, k*p.weightStride+n)))
			}
			storeAVX2(dst, to, a)
		}
	}
	archsimd.ClearAVXUpperBits()
}

// turnAVX2 does four rows at a time: within parts of 128 bits it interleaves them, so
// that each part holds the four of one column. Rows are a multiple of four.
func turnAVX2(dst, src []float32, dstStride, srcStride, rows, columns int) {
	if rows == 0 || columns == 0 {
		return
	}
	to, from := &dst[0], &src[0]
	_, _ = dst[(columns-1)*dstStride+rows-1], src[(rows-1)*srcStride+columns-1]
	for r := 0; r < rows; r += 4 {
		c := 0
		for ; c+lanesAVX2 <= columns; c += lanesAVX2 {
			at := r*srcStride + c
			low, high := pairAVX2(loadAVX2(from, at).AsUint32x8(), loadAVX2(from, at+srcStride).AsUint32x8())
			at += 2 * srcStride
			low2, high2 := pairAVX2(loadAVX2(from, at).AsUint32x8(), loadAVX2(from, at+srcStride).AsUint32x8())
			first, second := quadAVX2(low, low2)
			third, fourth := quadAVX2(high, high2)
			at = c*dstStride + r
			storeFoursAVX2(to, at, 4*dstStride, first.AsFloat32x8())
			storeFoursAVX2(to, at+dstStride, 4*dstStride, second.AsFloat32x8())
			storeFoursAVX2(to, at+2*dstStride, 4*dstStride, third.AsFloat32x8())
			storeFoursAVX2(to, at+3*dstStride, 4*dstStride, fourth.AsFloat32x8())
		}
		for ; c < columns; c++ {
			for k := range 4 {
				dst[c*dstStride+r+k] = src[(r+k)*srcStride+c]
			}
		}
	}
	archsimd.ClearAVXUpperBits()
}

func markInsideAVX2(marks []uint32, rows []float32, stride int, threshold float32, support Support[float32]) {
	if len(rows) == 0 {
		return
	}
	membranes := &rows[0]
	from, to, limit := allAVX2(support.From), allAVX2(support.To), allAVX2(threshold)
	for n := 0; n < stride; n += lanesAVX2 {
		var bits uint32
		for at := n; at < len(rows); at += stride {
			u := loadAVX2(membranes, at).Sub(limit)
			bits |= uint32(u.GreaterEqual(from).And(u.LessEqual(to)).ToBits())
		}
		marks[n/32] |= bits << (n % 32)
	}
	archsimd.ClearAVXUpperBits()
}

// philoxAVX2 is [Philox] for the groups of one block of a sample.
func philoxAVX2(key [2]uint32, number, step, first, layer uint32) (w0, w1, w2, w3 archsimd.Uint32x8) {
	w0, w1 = archsimd.BroadcastUint32x8(number), archsimd.BroadcastUint32x8(step)
	w2 = archsimd.LoadUint32x8(&groupsAVX2).Add(archsimd.BroadcastUint32x8(first))
	w3 = archsimd.BroadcastUint32x8(layer)
	for range 10 {
		highA, lowA := wideAVX2(w0, 0xD2511F53)
		highB, lowB := wideAVX2(w2, 0xCD9E8D57)
		w0 = highB.Xor(w1).Xor(archsimd.BroadcastUint32x8(key[0]))
		w2 = highA.Xor(w3).Xor(archsimd.BroadcastUint32x8(key[1]))
		w1, w3 = lowB, lowA
		key[0] += 0x9E3779B9
		key[1] += 0xBB67AE85
	}
	return w0, w1, w2, w3
}

func uniformAVX2(words archsimd.Uint32x8) archsimd.Float32x8 {
	odd := words.ShiftRight(archsimd.BroadcastUint32x8(8)).Or(archsimd.BroadcastUint32x8(1))
	return odd.AsInt32x8().ConvertToFloat32().Mul(allAVX2(0x1p-24))
}

// expAVX2 is exp32 for arguments in its range.
func expAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	n := floorAVX2(x.Mul(allAVX2(1.44269504088896341)).Add(allAVX2(0.5)))
	r := x.Sub(n.Mul(allAVX2(0.693359375)))
	r = r.Sub(n.Mul(allAVX2(-2.12194440e-4)))
	p := allAVX2(1.9875691500e-4)
	p = p.Mul(r).Add(allAVX2(1.3981999507e-3))
	p = p.Mul(r).Add(allAVX2(8.3334519073e-3))
	p = p.Mul(r).Add(allAVX2(4.1665795894e-2))
	p = p.Mul(r).Add(allAVX2(1.6666665459e-1))
	p = p.Mul(r).Add(allAVX2(5.0000001201e-1))
	p = p.Mul(r.Mul(r)).Add(r)
	p = p.Add(allAVX2(1))
	exponent := n.ConvertToInt32().Add(archsimd.BroadcastInt32x8(127)).ShiftAllLeft(23)
	return p.Mul(exponent.AsFloat32x8())
}

func reciprocalAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	y := archsimd.BroadcastInt32x8(0x7ef311c7).Sub(x.AsInt32x8()).AsFloat32x8()
	one := allAVX2(1)
	for range 3 {
		y = y.Add(y.Mul(one.Sub(x.Mul(y))))
	}
	return y
}

func limitAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	return x.Max(allAVX2(-exponentLimit)).Min(allAVX2(exponentLimit))
}

func negateAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	return x.AsInt32x8().Xor(archsimd.BroadcastInt32x8(-1 << 31)).AsFloat32x8()
}

// spikesAVX2 is [Spikes].
func spikesAVX2(d *decision[float32], u, xi archsimd.Float32x8) archsimd.Mask32x8 {
	one := allAVX2(1)
	p0, p1 := allAVX2(d.parameters[0]), allAVX2(d.parameters[1])
	switch d.noise {
	case NoiseSigmoid:
		e := expAVX2(limitAVX2(negateAVX2(p0.Mul(u))))
		return xi.Mul(one.Add(e)).Less(one)
	case NoiseExponential:
		return xi.Less(p0.Mul(expAVX2(limitAVX2(u.Mul(p1)))))
	case NoiseExponentialHazard:
		hazard := p0.Mul(expAVX2(limitAVX2(u.Mul(p1))))
		return xi.Less(one.Sub(expAVX2(limitAVX2(negateAVX2(hazard)))))
	}
	return u.Greater(zeroAVX2())
}

func decideAVX2(d *decision[float32]) {
	clear(d.spikes)
	stride, unit := len(d.membrane), Stride(d.filters)
	membrane, gates := &d.membrane[0], &d.gates[:stride][0]
	one, threshold := allAVX2(1), allAVX2(d.threshold)
	for n := 0; n < stride; n += 4 * lanesAVX2 {
		var r0, r1, r2, r3 archsimd.Uint32x8
		if d.noise != NoiseThreshold {
			w0, w1, w2, w3 := philoxAVX2(d.key, d.number, d.step, uint32(n/4), d.layer)
			a, c := pairAVX2(w0, w1)
			b, e := pairAVX2(w2, w3)
			r0, r1 = quadAVX2(a, b)
			r2, r3 = quadAVX2(c, e)
		}
		for k := 0; k < 4 && n+k*lanesAVX2 < stride; k++ {
			random := r0
			r0, r1, r2, r3 = r1, r2, r3, r0
			at := n + k*lanesAVX2
			u := loadAVX2(membrane, at).Sub(threshold)
			bits := uint32(spikesAVX2(d, u, uniformAVX2(random)).ToBits())
			if left := d.filters - at%unit; left < lanesAVX2 {
				bits &= 1<<max(left, 0) - 1
			}
			if bits != 0 {
				d.spikes[at/32] |= bits << (at % 32)
				storeAVX2(gates, at, zeroAVX2().Merge(one, maskAVX2(bits)))
			} else {
				storeAVX2(gates, at, one)
			}
		}
	}
	archsimd.ClearAVXUpperBits()
}

func integrateAVX2(p *Neuron[float32], s *neuronRows[float32]) {
	stride := len(s.current)
	current, membrane, gates := &s.current[0], &s.membrane[:stride][0], &s.gates[:stride][0]
	input, recurrent := &s.input[:stride][0], &s.recurrent[:stride][0]
	drives, decays := allAVX2(p.DriveMembrane), allAVX2(p.DecayMembrane)
	synapse, threshold, one := allAVX2(p.DecaySynapse), allAVX2(p.Threshold), allAVX2(1)
	for n := 0; n < stride; n += lanesAVX2 {
		i, gate := loadAVX2(current, n), loadAVX2(gates, n)
		drive, leak := drives.Mul(i), decays.Mul(loadAVX2(membrane, n))
		var next archsimd.Float32x8
		switch p.Reset {
		case ResetMultiplicative:
			next = leak.Add(drive).Mul(gate)
		case ResetMembraneOnly:
			next = leak.Mul(gate).Add(drive)
		case ResetSubtractive:
			next = leak.Add(drive).Sub(threshold.Mul(one.Sub(gate)))
		}
		storeAVX2(membrane, n, flushAVX2(next, tinyState))
		received := loadAVX2(input, n).Add(loadAVX2(recurrent, n))
		storeAVX2(current, n, flushAVX2(synapse.Mul(i).Add(received), tinyState))
	}
	archsimd.ClearAVXUpperBits()
}

func adjointAVX2(p *Neuron[float32], s *adjointRows[float32]) {
	stride := len(s.current)
	current, membrane, errors := &s.current[0], &s.membrane[:stride][0], &s.errors[:stride][0]
	recurrent, spikeError := &s.recurrent[:stride][0], &s.spikeError[:stride][0]
	before, currentBefore := &s.before[:stride][0], &s.currentBefore[:stride][0]
	drives, decays := allAVX2(p.DriveMembrane), allAVX2(p.DecayMembrane)
	synapse, threshold, zero := allAVX2(p.DecaySynapse), allAVX2(p.Threshold), zeroAVX2()
	from, to := allAVX2(p.Support.From), allAVX2(p.Support.To)
	for n := 0; n < stride; n += lanesAVX2 {
		var bits uint32
		if n/32 < len(s.spikes) {
			bits = s.spikes[n/32] >> (n % 32) & (1<<lanesAVX2 - 1)
		}
		spike := maskAVX2(bits)
		i, u := loadAVX2(current, n), loadAVX2(membrane, n)
		spikeAdjoint := loadAVX2(errors, n).Add(loadAVX2(recurrent, n)).Add(loadAVX2(spikeError, n))
		storeAVX2(errors, n, i)
		leak, drive := u, u
		if p.Reset != ResetSubtractive {
			leak = zero.Merge(u, spike)
			if p.Reset == ResetMultiplicative {
				drive = leak
			}
		}
		potential := loadAVX2(before, n)
		if p.DifferentiateReset {
			lost := threshold
			switch p.Reset {
			case ResetMultiplicative:
				lost = flushAVX2(decays.Mul(potential).Add(drives.Mul(loadAVX2(currentBefore, n))), tinyState)
			case ResetMembraneOnly:
				lost = flushAVX2(decays.Mul(potential), tinyState)
			}
			spikeAdjoint = spikeAdjoint.Sub(lost.Mul(u))
		}
		potential = potential.Sub(threshold)
		g := flushAVX2(surrogateAVX2(p, potential, spike), tinyWeight)
		if p.Support.Limited {
			g = zero.Merge(g, potential.Less(from).Or(potential.Greater(to)))
		}
		storeAVX2(current, n, flushAVX2(synapse.Mul(i).Add(drives.Mul(drive)), tinyState))
		storeAVX2(membrane, n, flushAVX2(decays.Mul(leak).Add(g.Mul(flushAVX2(spikeAdjoint, tinyState))), tinyState))
	}
	archsimd.ClearAVXUpperBits()
}

// surrogateAVX2 is surrogateDerivative.
func surrogateAVX2(p *Neuron[float32], u archsimd.Float32x8, spike archsimd.Mask32x8) archsimd.Float32x8 {
	zero, one := zeroAVX2(), allAVX2(1)
	p0, p1, p2 := allAVX2(p.SurrogateParameter[0]), allAVX2(p.SurrogateParameter[1]), allAVX2(p.SurrogateParameter[2])
	magnitude := u.Max(negateAVX2(u))
	switch p.Surrogate {
	case SurrogateSuperSpike:
		r := reciprocalAVX2(p0.Mul(magnitude).Add(one))
		return r.Mul(r)
	case SurrogateScaledSuperSpike:
		r := reciprocalAVX2(p0.Mul(magnitude).Add(one))
		return p1.Mul(r.Mul(r))
	case SurrogateSigmoid:
		r := reciprocalAVX2(one.Add(expAVX2(limitAVX2(negateAVX2(p0.Mul(u))))))
		return p0.Mul(r.Mul(one.Sub(r)))
	case SurrogateExponential:
		return p0.Mul(expAVX2(limitAVX2(u.Mul(p1))))
	case SurrogateGaussian:
		return p1.Mul(expAVX2(limitAVX2(negateAVX2(p0.Mul(u.Mul(u))))))
	case SurrogateArctangent:
		x := p0.Mul(u)
		return p1.Mul(reciprocalAVX2(one.Add(x.Mul(x))))
	case SurrogateTriangular:
		return p1.Mul(one.Sub(magnitude.Mul(p0)).Max(zero))
	case SurrogateRectangular:
		return p1.Merge(zero, magnitude.Less(p0))
	case SurrogateStraightThrough:
		return one
	case SurrogateMultilayerSpiker:
		return one.Merge(zero, spike)
	case SurrogateLimitedExponential:
		e := expAVX2(limitAVX2(u.Mul(p1)))
		return p0.Mul(e).Merge(zero, p2.Mul(e).Less(one))
	case SurrogateHazard:
		e := expAVX2(limitAVX2(u.Mul(p1)))
		hazard := p2.Mul(e)
		limit := allAVX2(exponentLimit)
		g := p0.Mul(e).Mul(expAVX2(negateAVX2(hazard.Min(limit))))
		return zero.Merge(g, hazard.Greater(limit))
	}
	return zero
}
