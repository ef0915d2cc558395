//go:build goexperiment.simd && amd64

package cpuref

import (
	"simd/archsimd"
	"unsafe"
)

//go:generate sh generate_avx2.sh

// The loops of loops.go for vectors of 16 neurons: the same operations in the same
// order in every lane. The AVX2 version is generated from this file.

var loopsAVX512 = vectorLoops{
	addRows: addRowsAVX512, products: productsAVX512,
	decide: decideAVX512, integrate: integrateAVX512, adjoint: adjointAVX512,
	listedProducts: listedProductsAVX512, turn: turnAVX512, markInside: markInsideAVX512,
}

func loadAVX512(base *float32, at int) archsimd.Float32x16 {
	return archsimd.LoadFloat32x16((*[lanesAVX512]float32)(unsafe.Add(unsafe.Pointer(base), 4*at)))
}

func storeAVX512(base *float32, at int, x archsimd.Float32x16) {
	x.Store((*[lanesAVX512]float32)(unsafe.Add(unsafe.Pointer(base), 4*at)))
}

func allAVX512(x float32) archsimd.Float32x16 { return archsimd.BroadcastFloat32x16(x) }

// zeroAVX512 is 0 in every lane. A broadcast of the constant 0 would be made with an
// instruction for narrow registers, which costs some processors over a hundred cycles
// while wide ones are in use; for the same reason every loop ends by clearing them.
func zeroAVX512() archsimd.Float32x16 { return archsimd.Float32x16{} }

// flushAVX512 is x, or 0 where its magnitude is below a limit.
func flushAVX512(x archsimd.Float32x16, limit float32) archsimd.Float32x16 {
	small := x.Less(allAVX512(limit)).And(x.Greater(allAVX512(-limit)))
	return zeroAVX512().Merge(x, small)
}

func addRowsAVX512(dst, rows []float32, index []uint32, shift int) {
	stride := len(dst)
	if len(index) == 0 || stride == 0 {
		return
	}
	to, from := &dst[0], &rows[0]
	n := 0
	for ; n+4*lanesAVX512 <= stride; n += 4 * lanesAVX512 {
		a, b := loadAVX512(to, n), loadAVX512(to, n+lanesAVX512)
		c, d := loadAVX512(to, n+2*lanesAVX512), loadAVX512(to, n+3*lanesAVX512)
		for _, i := range index {
			at := (int(i)-shift)*stride + n
			a = a.Add(loadAVX512(from, at))
			b = b.Add(loadAVX512(from, at+lanesAVX512))
			c = c.Add(loadAVX512(from, at+2*lanesAVX512))
			d = d.Add(loadAVX512(from, at+3*lanesAVX512))
		}
		storeAVX512(to, n, a)
		storeAVX512(to, n+lanesAVX512, b)
		storeAVX512(to, n+2*lanesAVX512, c)
		storeAVX512(to, n+3*lanesAVX512, d)
	}
	for ; n < stride; n += lanesAVX512 {
		a := loadAVX512(to, n)
		for _, i := range index {
			a = a.Add(loadAVX512(from, (int(i)-shift)*stride+n))
		}
		storeAVX512(to, n, a)
	}
	archsimd.ClearAVXUpperBits()
}

// productsAVX512 keeps three rows by two vectors in registers: with more the
// compiler spills.
func productsAVX512(p *productArguments[float32]) {
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
	for ; n+2*lanesAVX512 <= p.columns; n += 2 * lanesAVX512 {
		r := 0
		for ; r+3 <= p.rows; r += 3 {
			var a0, a1, b0, b1, c0, c1 archsimd.Float32x16
			if p.add {
				at := r*p.dstStride + n
				a0, a1 = loadAVX512(dst, at), loadAVX512(dst, at+lanesAVX512)
				at += p.dstStride
				b0, b1 = loadAVX512(dst, at), loadAVX512(dst, at+lanesAVX512)
				at += p.dstStride
				c0, c1 = loadAVX512(dst, at), loadAVX512(dst, at+lanesAVX512)
			}
			xa, xb, xc := r*p.xStride, (r+1)*p.xStride, (r+2)*p.xStride
			for k := range p.inner {
				w0, w1 := loadAVX512(weights, k*p.columns+n), loadAVX512(weights, k*p.columns+n+lanesAVX512)
				f := allAVX512(element(x, xa+k))
				a0, a1 = a0.Add(f.Mul(w0)), a1.Add(f.Mul(w1))
				f = allAVX512(element(x, xb+k))
				b0, b1 = b0.Add(f.Mul(w0)), b1.Add(f.Mul(w1))
				f = allAVX512(element(x, xc+k))
				c0, c1 = c0.Add(f.Mul(w0)), c1.Add(f.Mul(w1))
			}
			at := r*p.dstStride + n
			storeAVX512(dst, at, a0)
			storeAVX512(dst, at+lanesAVX512, a1)
			at += p.dstStride
			storeAVX512(dst, at, b0)
			storeAVX512(dst, at+lanesAVX512, b1)
			at += p.dstStride
			storeAVX512(dst, at, c0)
			storeAVX512(dst, at+lanesAVX512, c1)
		}
		for ; r+2 <= p.rows; r += 2 {
			var a0, a1, b0, b1 archsimd.Float32x16
			if p.add {
				at := r*p.dstStride + n
				a0, a1 = loadAVX512(dst, at), loadAVX512(dst, at+lanesAVX512)
				at += p.dstStride
				b0, b1 = loadAVX512(dst, at), loadAVX512(dst, at+lanesAVX512)
			}
			xa, xb := r*p.xStride, (r+1)*p.xStride
			for k := range p.inner {
				w0, w1 := loadAVX512(weights, k*p.columns+n), loadAVX512(weights, k*p.columns+n+lanesAVX512)
				f := allAVX512(element(x, xa+k))
				a0, a1 = a0.Add(f.Mul(w0)), a1.Add(f.Mul(w1))
				f = allAVX512(element(x, xb+k))
				b0, b1 = b0.Add(f.Mul(w0)), b1.Add(f.Mul(w1))
			}
			at := r*p.dstStride + n
			storeAVX512(dst, at, a0)
			storeAVX512(dst, at+lanesAVX512, a1)
			at += p.dstStride
			storeAVX512(dst, at, b0)
			storeAVX512(dst, at+lanesAVX512, b1)
		}
		for ; r < p.rows; r++ {
			var a0, a1 archsimd.Float32x16
			if p.add {
				at := r*p.dstStride + n
				a0, a1 = loadAVX512(dst, at), loadAVX512(dst, at+lanesAVX512)
			}
			for k := range p.inner {
				f := allAVX512(element(x, r*p.xStride+k))
				a0 = a0.Add(f.Mul(loadAVX512(weights, k*p.columns+n)))
				a1 = a1.Add(f.Mul(loadAVX512(weights, k*p.columns+n+lanesAVX512)))
			}
			storeAVX512(dst, r*p.dstStride+n, a0)
			storeAVX512(dst, r*p.dstStride+n+lanesAVX512, a1)
		}
	}
	for ; n < p.columns; n += lanesAVX512 {
		for r := range p.rows {
			var a archsimd.Float32x16
			if p.add {
				a = loadAVX512(dst, r*p.dstStride+n)
			}
			for k := range p.inner {
				a = a.Add(allAVX512(element(x, r*p.xStride+k)).Mul(loadAVX512(weights, k*p.columns+n)))
			}
			storeAVX512(dst, r*p.dstStride+n, a)
		}
	}
	archsimd.ClearAVXUpperBits()
}

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

// philoxAVX512 is [Philox] for the groups of one block of a sample.
func philoxAVX512(key [2]uint32, number, step, first, layer uint32) (w0, w1, w2, w3 archsimd.Uint32x16) {
	w0, w1 = archsimd.BroadcastUint32x16(number), archsimd.BroadcastUint32x16(step)
	w2 = archsimd.LoadUint32x16(&groupsAVX512).Add(archsimd.BroadcastUint32x16(first))
	w3 = archsimd.BroadcastUint32x16(layer)
	for range 10 {
		highA, lowA := wideAVX512(w0, 0xD2511F53)
		highB, lowB := wideAVX512(w2, 0xCD9E8D57)
		w0 = highB.Xor(w1).Xor(archsimd.BroadcastUint32x16(key[0]))
		w2 = highA.Xor(w3).Xor(archsimd.BroadcastUint32x16(key[1]))
		w1, w3 = lowB, lowA
		key[0] += 0x9E3779B9
		key[1] += 0xBB67AE85
	}
	return w0, w1, w2, w3
}

func uniformAVX512(words archsimd.Uint32x16) archsimd.Float32x16 {
	odd := words.ShiftRight(archsimd.BroadcastUint32x16(8)).Or(archsimd.BroadcastUint32x16(1))
	return odd.AsInt32x16().ConvertToFloat32().Mul(allAVX512(0x1p-24))
}

// expAVX512 is exp32 for arguments in its range.
func expAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	n := floorAVX512(x.Mul(allAVX512(1.44269504088896341)).Add(allAVX512(0.5)))
	r := x.Sub(n.Mul(allAVX512(0.693359375)))
	r = r.Sub(n.Mul(allAVX512(-2.12194440e-4)))
	p := allAVX512(1.9875691500e-4)
	p = p.Mul(r).Add(allAVX512(1.3981999507e-3))
	p = p.Mul(r).Add(allAVX512(8.3334519073e-3))
	p = p.Mul(r).Add(allAVX512(4.1665795894e-2))
	p = p.Mul(r).Add(allAVX512(1.6666665459e-1))
	p = p.Mul(r).Add(allAVX512(5.0000001201e-1))
	p = p.Mul(r.Mul(r)).Add(r)
	p = p.Add(allAVX512(1))
	exponent := n.ConvertToInt32().Add(archsimd.BroadcastInt32x16(127)).ShiftAllLeft(23)
	return p.Mul(exponent.AsFloat32x16())
}

func reciprocalAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	y := archsimd.BroadcastInt32x16(0x7ef311c7).Sub(x.AsInt32x16()).AsFloat32x16()
	one := allAVX512(1)
	for range 3 {
		y = y.Add(y.Mul(one.Sub(x.Mul(y))))
	}
	return y
}

func limitAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	return x.Max(allAVX512(-exponentLimit)).Min(allAVX512(exponentLimit))
}

func negateAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	return x.AsInt32x16().Xor(archsimd.BroadcastInt32x16(-1 << 31)).AsFloat32x16()
}

// spikesAVX512 is [Spikes].
func spikesAVX512(d *decision[float32], u, xi archsimd.Float32x16) archsimd.Mask32x16 {
	one := allAVX512(1)
	p0, p1 := allAVX512(d.parameters[0]), allAVX512(d.parameters[1])
	switch d.noise {
	case NoiseSigmoid:
		e := expAVX512(limitAVX512(negateAVX512(p0.Mul(u))))
		return xi.Mul(one.Add(e)).Less(one)
	case NoiseExponential:
		return xi.Less(p0.Mul(expAVX512(limitAVX512(u.Mul(p1)))))
	case NoiseExponentialHazard:
		hazard := p0.Mul(expAVX512(limitAVX512(u.Mul(p1))))
		return xi.Less(one.Sub(expAVX512(limitAVX512(negateAVX512(hazard)))))
	}
	return u.Greater(zeroAVX512())
}

func decideAVX512(d *decision[float32]) {
	clear(d.spikes)
	stride, unit := len(d.membrane), Stride(d.filters)
	membrane, gates := &d.membrane[0], &d.gates[:stride][0]
	one, threshold := allAVX512(1), allAVX512(d.threshold)
	for n := 0; n < stride; n += 4 * lanesAVX512 {
		var r0, r1, r2, r3 archsimd.Uint32x16
		if d.noise != NoiseThreshold {
			w0, w1, w2, w3 := philoxAVX512(d.key, d.number, d.step, uint32(n/4), d.layer)
			a, c := pairAVX512(w0, w1)
			b, e := pairAVX512(w2, w3)
			r0, r1 = quadAVX512(a, b)
			r2, r3 = quadAVX512(c, e)
		}
		for k := 0; k < 4 && n+k*lanesAVX512 < stride; k++ {
			random := r0
			r0, r1, r2, r3 = r1, r2, r3, r0
			at := n + k*lanesAVX512
			u := loadAVX512(membrane, at).Sub(threshold)
			bits := uint32(spikesAVX512(d, u, uniformAVX512(random)).ToBits())
			if left := d.filters - at%unit; left < lanesAVX512 {
				bits &= 1<<max(left, 0) - 1
			}
			if bits != 0 {
				d.spikes[at/32] |= bits << (at % 32)
				storeAVX512(gates, at, zeroAVX512().Merge(one, maskAVX512(bits)))
			} else {
				storeAVX512(gates, at, one)
			}
		}
	}
	archsimd.ClearAVXUpperBits()
}

func integrateAVX512(p *Neuron[float32], s *neuronRows[float32]) {
	stride := len(s.current)
	current, membrane, gates := &s.current[0], &s.membrane[:stride][0], &s.gates[:stride][0]
	input, recurrent := &s.input[:stride][0], &s.recurrent[:stride][0]
	drives, decays := allAVX512(p.DriveMembrane), allAVX512(p.DecayMembrane)
	synapse, threshold, one := allAVX512(p.DecaySynapse), allAVX512(p.Threshold), allAVX512(1)
	for n := 0; n < stride; n += lanesAVX512 {
		i, gate := loadAVX512(current, n), loadAVX512(gates, n)
		drive, leak := drives.Mul(i), decays.Mul(loadAVX512(membrane, n))
		var next archsimd.Float32x16
		switch p.Reset {
		case ResetMultiplicative:
			next = leak.Add(drive).Mul(gate)
		case ResetMembraneOnly:
			next = leak.Mul(gate).Add(drive)
		case ResetSubtractive:
			next = leak.Add(drive).Sub(threshold.Mul(one.Sub(gate)))
		}
		storeAVX512(membrane, n, flushAVX512(next, tinyState))
		received := loadAVX512(input, n).Add(loadAVX512(recurrent, n))
		storeAVX512(current, n, flushAVX512(synapse.Mul(i).Add(received), tinyState))
	}
	archsimd.ClearAVXUpperBits()
}

func adjointAVX512(p *Neuron[float32], s *adjointRows[float32]) {
	stride := len(s.current)
	current, membrane, errors := &s.current[0], &s.membrane[:stride][0], &s.errors[:stride][0]
	recurrent, spikeError := &s.recurrent[:stride][0], &s.spikeError[:stride][0]
	before, currentBefore := &s.before[:stride][0], &s.currentBefore[:stride][0]
	drives, decays := allAVX512(p.DriveMembrane), allAVX512(p.DecayMembrane)
	synapse, threshold, zero := allAVX512(p.DecaySynapse), allAVX512(p.Threshold), zeroAVX512()
	from, to := allAVX512(p.Support.From), allAVX512(p.Support.To)
	for n := 0; n < stride; n += lanesAVX512 {
		var bits uint32
		if n/32 < len(s.spikes) {
			bits = s.spikes[n/32] >> (n % 32) & (1<<lanesAVX512 - 1)
		}
		spike := maskAVX512(bits)
		i, u := loadAVX512(current, n), loadAVX512(membrane, n)
		spikeAdjoint := loadAVX512(errors, n).Add(loadAVX512(recurrent, n)).Add(loadAVX512(spikeError, n))
		storeAVX512(errors, n, i)
		leak, drive := u, u
		if p.Reset != ResetSubtractive {
			leak = zero.Merge(u, spike)
			if p.Reset == ResetMultiplicative {
				drive = leak
			}
		}
		potential := loadAVX512(before, n)
		if p.DifferentiateReset {
			lost := threshold
			switch p.Reset {
			case ResetMultiplicative:
				lost = flushAVX512(decays.Mul(potential).Add(drives.Mul(loadAVX512(currentBefore, n))), tinyState)
			case ResetMembraneOnly:
				lost = flushAVX512(decays.Mul(potential), tinyState)
			}
			spikeAdjoint = spikeAdjoint.Sub(lost.Mul(u))
		}
		potential = potential.Sub(threshold)
		g := flushAVX512(surrogateAVX512(p, potential, spike), tinyWeight)
		if p.Support.Limited {
			g = zero.Merge(g, potential.Less(from).Or(potential.Greater(to)))
		}
		storeAVX512(current, n, flushAVX512(synapse.Mul(i).Add(drives.Mul(drive)), tinyState))
		storeAVX512(membrane, n, flushAVX512(decays.Mul(leak).Add(g.Mul(flushAVX512(spikeAdjoint, tinyState))), tinyState))
	}
	archsimd.ClearAVXUpperBits()
}

// surrogateAVX512 is surrogateDerivative.
func surrogateAVX512(p *Neuron[float32], u archsimd.Float32x16, spike archsimd.Mask32x16) archsimd.Float32x16 {
	zero, one := zeroAVX512(), allAVX512(1)
	p0, p1, p2 := allAVX512(p.SurrogateParameter[0]), allAVX512(p.SurrogateParameter[1]), allAVX512(p.SurrogateParameter[2])
	magnitude := u.Max(negateAVX512(u))
	switch p.Surrogate {
	case SurrogateSuperSpike:
		r := reciprocalAVX512(p0.Mul(magnitude).Add(one))
		return r.Mul(r)
	case SurrogateScaledSuperSpike:
		r := reciprocalAVX512(p0.Mul(magnitude).Add(one))
		return p1.Mul(r.Mul(r))
	case SurrogateSigmoid:
		r := reciprocalAVX512(one.Add(expAVX512(limitAVX512(negateAVX512(p0.Mul(u))))))
		return p0.Mul(r.Mul(one.Sub(r)))
	case SurrogateExponential:
		return p0.Mul(expAVX512(limitAVX512(u.Mul(p1))))
	case SurrogateGaussian:
		return p1.Mul(expAVX512(limitAVX512(negateAVX512(p0.Mul(u.Mul(u))))))
	case SurrogateArctangent:
		x := p0.Mul(u)
		return p1.Mul(reciprocalAVX512(one.Add(x.Mul(x))))
	case SurrogateTriangular:
		return p1.Mul(one.Sub(magnitude.Mul(p0)).Max(zero))
	case SurrogateRectangular:
		return p1.Merge(zero, magnitude.Less(p0))
	case SurrogateStraightThrough:
		return one
	case SurrogateMultilayerSpiker:
		return one.Merge(zero, spike)
	case SurrogateLimitedExponential:
		e := expAVX512(limitAVX512(u.Mul(p1)))
		return p0.Mul(e).Merge(zero, p2.Mul(e).Less(one))
	case SurrogateHazard:
		e := expAVX512(limitAVX512(u.Mul(p1)))
		hazard := p2.Mul(e)
		limit := allAVX512(exponentLimit)
		g := p0.Mul(e).Mul(expAVX512(negateAVX512(hazard.Min(limit))))
		return zero.Merge(g, hazard.Greater(limit))
	}
	return zero
}
