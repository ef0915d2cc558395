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
	addRows: addRowsAVX2, addPatch: addPatchAVX2, addSum: addSumAVX2, addLine: addLineAVX2, add: addAVX2, products: productsAVX2, update: updateAVX2,
	drawUniform: drawUniformAVX2, decide: decideAVX2, integrate: integrateAVX2, adjoint: adjointAVX2,
}

func loadAVX2(base *float32, at int) archsimd.Float32x8 {
	return archsimd.LoadFloat32x8((*[lanesAVX2]float32)(unsafe.Add(unsafe.Pointer(base), 4*at)))
}

func storeAVX2(base *float32, at int, x archsimd.Float32x8) {
	x.Store((*[lanesAVX2]float32)(unsafe.Add(unsafe.Pointer(base), 4*at)))
}

func allAVX2(x float32) archsimd.Float32x8 { return archsimd.BroadcastFloat32x8(x) }

// zeroAVX2 is 0 in every lane. A broadcast of the constant 0 would use an instruction for narrow
// registers, which costs some processors over a hundred cycles while wide ones are in use; for the
// same reason every loop ends by clearing them.
func zeroAVX2() archsimd.Float32x8 { return archsimd.Float32x8{} }

// constantAVX2 is a constant in every lane.
func constantAVX2(s *splat) archsimd.Float32x8 { return loadAVX2(&s[0], 0) }

// integersAVX2 is an integer constant in every lane.
func integersAVX2(s *splat) archsimd.Uint32x8 { return constantAVX2(s).AsUint32x8() }

func magnitudeAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	return x.AsUint32x8().And(integersAVX2(&splats.magnitude)).AsFloat32x8()
}

// flushAVX2 is x, or 0 where its magnitude is below a limit.
func flushAVX2(x archsimd.Float32x8, limit *splat) archsimd.Float32x8 {
	return zeroAVX2().Merge(x, magnitudeAVX2(x).Less(constantAVX2(limit)))
}

func addRowsAVX2(dst, rows []float32, index []uint32) {
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
			at := int(i)*stride + n
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
	for ; n+2*lanesAVX2 <= stride; n += 2 * lanesAVX2 {
		a, b := loadAVX2(to, n), loadAVX2(to, n+lanesAVX2)
		for _, i := range index {
			at := int(i)*stride + n
			a = a.Add(loadAVX2(from, at))
			b = b.Add(loadAVX2(from, at+lanesAVX2))
		}
		storeAVX2(to, n, a)
		storeAVX2(to, n+lanesAVX2, b)
	}
	for ; n < stride; n += lanesAVX2 {
		a := loadAVX2(to, n)
		for _, i := range index {
			a = a.Add(loadAVX2(from, int(i)*stride+n))
		}
		storeAVX2(to, n, a)
	}
	archsimd.ClearAVXUpperBits()
}

// expAVX2 is exp32 for arguments in its range.
func expAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	n := floorAVX2(x.Mul(constantAVX2(&splats.log2e)).Add(constantAVX2(&splats.half)))
	r := x.Sub(n.Mul(constantAVX2(&splats.ln2High)))
	r = r.Sub(n.Mul(constantAVX2(&splats.ln2Low)))
	p := constantAVX2(&splats.exp[0])
	p = p.Mul(r).Add(constantAVX2(&splats.exp[1]))
	p = p.Mul(r).Add(constantAVX2(&splats.exp[2]))
	p = p.Mul(r).Add(constantAVX2(&splats.exp[3]))
	p = p.Mul(r).Add(constantAVX2(&splats.exp[4]))
	p = p.Mul(r).Add(constantAVX2(&splats.exp[5]))
	p = p.Mul(r.Mul(r)).Add(r)
	p = p.Add(constantAVX2(&splats.one))
	bias := integersAVX2(&splats.exponentBias).AsInt32x8()
	return p.Mul(n.ConvertToInt32().Add(bias).ShiftAllLeft(23).AsFloat32x8())
}

// exponentialsAVX2 writes exp of scale·(x − offset), limited, to dst, which may be x.
func exponentialsAVX2(dst, x []float32, offset, scale float32) {
	to, from := &dst[0], &x[:len(dst)][0]
	offsets, scales := allAVX2(offset), allAVX2(scale)
	for n := 0; n < len(dst); n += lanesAVX2 {
		u := scales.Mul(loadAVX2(from, n).Sub(offsets))
		storeAVX2(to, n, expAVX2(limitAVX2(u)))
	}
	archsimd.ClearAVXUpperBits()
}

func reciprocalAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	y := integersAVX2(&splats.reciprocalSeed).Sub(x.AsUint32x8()).AsFloat32x8()
	one := constantAVX2(&splats.one)
	y = y.Add(y.Mul(one.Sub(x.Mul(y))))
	y = y.Add(y.Mul(one.Sub(x.Mul(y))))
	return y.Add(y.Mul(one.Sub(x.Mul(y))))
}

// decideAVX2 stores the exponentials of all neurons in place of the gates before it compares.
func decideAVX2(d *decision[float32]) {
	clear(d.spikes)
	stride, unit := len(d.potential), Stride(d.filters)
	gates := d.gates[:stride]
	switch d.noise {
	case NoiseSigmoid:
		exponentialsAVX2(gates, d.potential, d.threshold, -d.parameters[0])
		if d.derivative != nil {
			sharedDerivativesAVX2(d, gates)
		}
	case NoiseExponential:
		exponentialsAVX2(gates, d.potential, d.threshold, d.parameters[1])
	case NoiseHazard:
		exponentialsAVX2(gates, d.potential, d.threshold, d.parameters[1])
		exponentialsAVX2(gates, gates, 0, -d.parameters[0])
	}
	potential, gate, uniform := &d.potential[0], &gates[0], &d.uniform[:stride][0]
	one, threshold, parameter := constantAVX2(&splats.one), allAVX2(d.threshold), allAVX2(d.parameters[0])
	limit := allAVX2(ratioLimit)
	left := d.filters // left in the unit
	for n := 0; n < stride; n += lanesAVX2 {
		var bits uint32
		switch e := loadAVX2(gate, n); d.noise {
		case NoiseSigmoid:
			bits = uint32(loadAVX2(uniform, n).Mul(one.Add(e)).Less(one).ToBits())
		case NoiseExponential:
			bits = uint32(loadAVX2(uniform, n).Less(parameter.Mul(e)).ToBits())
		case NoiseHazard:
			bits = uint32(loadAVX2(uniform, n).Less(one.Sub(e)).ToBits())
		case NoiseSuperSpike:
			x := parameter.Mul(loadAVX2(potential, n).Sub(threshold)).Min(limit).Max(zeroAVX2().Sub(limit))
			share := loadAVX2(uniform, n).Mul(one.Add(magnitudeAVX2(x)))
			bits = uint32(share.Add(share).Less(one.Add(x.Add(magnitudeAVX2(x)))).ToBits())
		default:
			bits = uint32(loadAVX2(potential, n).Sub(threshold).Greater(zeroAVX2()).ToBits())
		}
		if left < lanesAVX2 {
			bits &= 1<<max(left, 0) - 1
		}
		if left -= lanesAVX2; left <= d.filters-unit {
			left = d.filters
		}
		if bits != 0 {
			d.spikes[n/32] |= bits << (n % 32)
			storeAVX2(gate, n, zeroAVX2().Merge(one, maskAVX2(bits)))
		} else {
			storeAVX2(gate, n, one)
		}
	}
	archsimd.ClearAVXUpperBits()
}

// sharedDerivativesAVX2 computes surrogate derivatives from the exponentials of the escape noise.
func sharedDerivativesAVX2(d *decision[float32], exponentials []float32) {
	stride, p := len(exponentials), d.neuron
	derivative, exponential, potential := &d.derivative[:stride][0], &exponentials[0], &d.potential[:stride][0]
	p0, threshold := allAVX2(p.SurrogateParameter[0]), allAVX2(d.threshold)
	from, to := allAVX2(p.Support.From), allAVX2(p.Support.To)
	for n := 0; n < stride; n += lanesAVX2 {
		x := sigmoidDerivativeAVX2(loadAVX2(exponential, n), p0)
		if p.Support.Limited {
			x = supportedAVX2(x, loadAVX2(potential, n).Sub(threshold), from, to)
		}
		storeAVX2(derivative, n, flushAVX2(x, &splats.tinyWeight))
	}
	archsimd.ClearAVXUpperBits()
}

// sigmoidDerivativeAVX2 is β·σ(1−σ) from e = exp(−βu), like SurrogateSigmoid.
func sigmoidDerivativeAVX2(e, beta archsimd.Float32x8) archsimd.Float32x8 {
	one := constantAVX2(&splats.one)
	r := reciprocalAVX2(one.Add(e))
	return beta.Mul(r.Mul(one.Sub(r)))
}

// supportedAVX2 is x, or 0 where u lies outside a range.
func supportedAVX2(x, u, from, to archsimd.Float32x8) archsimd.Float32x8 {
	return zeroAVX2().Merge(x, u.Less(from).Or(u.Greater(to)))
}

func integrateAVX2(p *Neuron[float32], s *neuronRows[float32]) {
	if s.constants != nil {
		integrateVariedAVX2(p, s)
		return
	}
	stride := len(s.states[0])
	membrane, gates := &s.states[0][0], &s.gates[:stride][0]
	input, recurrent := &s.input[:stride][0], &s.recurrent[:stride][0]
	current, lost := membrane, membrane
	if p.Model.HasCurrent() {
		current = &s.states[1][:stride][0]
	}
	if s.lost != nil {
		lost = &s.lost[:stride][0]
	}
	adaptation, potential := membrane, membrane
	if p.Model.Adapts() {
		adaptation, potential = &s.states[2][:stride][0], &s.potential[:stride][0]
	}
	raises, recovers := allAVX2(p.Adaptation), allAVX2(p.DecayAdaptation)
	drives, decays := allAVX2(p.DriveMembrane), allAVX2(p.DecayMembrane)
	synapse, threshold, one := allAVX2(p.DecaySynapse), allAVX2(p.Threshold), allAVX2(1)
	for n := 0; n < stride; n += lanesAVX2 {
		gate := loadAVX2(gates, n)
		received, leak := loadAVX2(input, n).Add(loadAVX2(recurrent, n)), decays.Mul(loadAVX2(membrane, n))
		drive := received
		if p.Model.HasCurrent() {
			i := loadAVX2(current, n)
			drive = drives.Mul(i)
			storeAVX2(current, n, flushAVX2(synapse.Mul(i).Add(received), &splats.tinyState))
		}
		var next, taken archsimd.Float32x8
		switch p.Reset {
		case ResetMultiplicative:
			taken = leak.Add(drive)
			next = taken.Mul(gate)
		case ResetMembraneOnly:
			taken = leak
			next = leak.Mul(gate).Add(drive)
		case ResetSubtractive:
			taken = threshold
			next = leak.Add(drive).Sub(threshold.Mul(one.Sub(gate)))
		}
		next = flushAVX2(next, &splats.tinyState)
		storeAVX2(membrane, n, next)
		if p.Model.Adapts() {
			raised := recovers.Mul(loadAVX2(adaptation, n)).Add(raises.Mul(one.Sub(gate)))
			raised = flushAVX2(raised, &splats.tinyState)
			storeAVX2(adaptation, n, raised)
			storeAVX2(potential, n, next.Sub(raised))
		}
		if s.lost != nil {
			storeAVX2(lost, n, flushAVX2(taken, &splats.tinyState))
		}
	}
	archsimd.ClearAVXUpperBits()
}

func adjointAVX2(p *Neuron[float32], s *adjointRows[float32]) {
	stride := len(s.states[0])
	if !s.given {
		derivativesAVX2(p, s)
	}
	stopErrors(s.derivative, s.resting)
	steepen(p, s)
	if s.constants != nil {
		adjointVariedAVX2(p, s)
		return
	}
	membrane, errors, received := &s.states[0][0], &s.errors[:stride][0], &s.received[:stride][0]
	recurrent, spikeError := &s.recurrent[:stride][0], &s.spikeError[:stride][0]
	lost, derivative := &s.lost[:stride][0], &s.derivative[:stride][0]
	current := membrane
	if p.Model.HasCurrent() {
		current = &s.states[1][:stride][0]
	}
	adaptation := membrane
	if p.Model.Adapts() {
		adaptation = &s.states[2][:stride][0]
	}
	raises, recovers := allAVX2(p.Adaptation), allAVX2(p.DecayAdaptation)
	drives, decays := allAVX2(p.DriveMembrane), allAVX2(p.DecayMembrane)
	synapse, zero := allAVX2(p.DecaySynapse), zeroAVX2()
	taken, loses := allAVX2(p.Threshold), p.LosesState()
	for n := 0; n < stride; n += lanesAVX2 {
		u := loadAVX2(membrane, n)
		spikeAdjoint := loadAVX2(errors, n).Add(loadAVX2(recurrent, n)).Add(loadAVX2(spikeError, n))
		storeAVX2(errors, n, loadAVX2(received, n))
		leak, drive := u, u
		if p.Reset != ResetSubtractive {
			if bits := spikeBits(s.spikes, n) & (1<<lanesAVX2 - 1); bits != 0 {
				leak = zero.Merge(u, maskAVX2(bits))
			}
			if p.Reset == ResetMultiplicative {
				drive = leak
			}
		}
		if p.DifferentiateReset {
			if loses {
				taken = loadAVX2(lost, n)
			}
			spikeAdjoint = spikeAdjoint.Sub(taken.Mul(u))
		}
		if p.Model.HasCurrent() {
			i := loadAVX2(current, n)
			storeAVX2(current, n, flushAVX2(synapse.Mul(i).Add(drives.Mul(drive)), &splats.tinyState))
		}
		var raised archsimd.Float32x8
		if p.Model.Adapts() {
			raised = loadAVX2(adaptation, n)
			spikeAdjoint = spikeAdjoint.Add(raises.Mul(raised))
		}
		sloped := loadAVX2(derivative, n).Mul(flushAVX2(spikeAdjoint, &splats.tinyState))
		if p.Model.Adapts() {
			storeAVX2(adaptation, n, flushAVX2(recovers.Mul(raised).Sub(sloped), &splats.tinyState))
		}
		storeAVX2(membrane, n, flushAVX2(decays.Mul(leak).Add(sloped), &splats.tinyState))
	}
	archsimd.ClearAVXUpperBits()
}

// derivativesAVX2 is SurrogateDerivative for a step of one sample.
func derivativesAVX2(p *Neuron[float32], s *adjointRows[float32]) {
	stride := len(s.states[0])
	g := s.derivative[:stride]
	switch p.Surrogate {
	case SurrogateSigmoid, SurrogateUnscaledSigmoid:
		exponentialsAVX2(g, s.before, p.Threshold, -p.SurrogateParameter[0])
	case SurrogateExponential, SurrogateLimitedExponential, SurrogateHazard:
		exponentialsAVX2(g, s.before, p.Threshold, p.SurrogateParameter[1])
	}
	before, derivative := &s.before[:stride][0], &g[0]
	p0, p1, p2 := allAVX2(p.SurrogateParameter[0]), allAVX2(p.SurrogateParameter[1]), allAVX2(p.SurrogateParameter[2])
	one, zero, threshold := constantAVX2(&splats.one), zeroAVX2(), allAVX2(p.Threshold)
	from, to := allAVX2(p.Support.From), allAVX2(p.Support.To)
	for n := 0; n < stride; n += lanesAVX2 {
		u := loadAVX2(before, n).Sub(threshold)
		e := loadAVX2(derivative, n) // for the kinds with an exponential
		x := zero
		switch p.Surrogate {
		case SurrogateSuperSpike:
			r := reciprocalAVX2(p0.Mul(magnitudeAVX2(u)).Add(one))
			x = r.Mul(r)
		case SurrogateScaledSuperSpike:
			r := reciprocalAVX2(p0.Mul(magnitudeAVX2(u)).Add(one))
			x = p1.Mul(r.Mul(r))
		case SurrogateSigmoid:
			x = sigmoidDerivativeAVX2(e, p0)
		case SurrogateExponential:
			x = p0.Mul(e)
		case SurrogateGaussian:
			x = p1.Mul(expAVX2(limitAVX2(negateAVX2(p0.Mul(u.Mul(u))))))
		case SurrogateArctangent:
			v := p0.Mul(u)
			x = p1.Mul(reciprocalAVX2(one.Add(v.Mul(v))))
		case SurrogateTriangular:
			x = p1.Mul(one.Sub(magnitudeAVX2(u).Mul(p0)).Max(zero))
		case SurrogateRectangular:
			x = p1.Merge(zero, magnitudeAVX2(u).Less(p0))
		case SurrogateStraightThrough:
			x = one
		case SurrogateMultilayerSpiker:
			x = one.Merge(zero, maskAVX2(spikeBits(s.spikes, n)&(1<<lanesAVX2-1)))
		case SurrogateLimitedExponential:
			x = p0.Mul(e).Merge(zero, p2.Mul(e).Less(one))
		case SurrogateHazard:
			hazard := p2.Mul(e)
			limit := constantAVX2(&splats.upper)
			v := p0.Mul(e).Mul(expAVX2(negateAVX2(hazard.Min(limit))))
			x = zero.Merge(v, hazard.Greater(limit))
		case SurrogateUnscaledSigmoid:
			r := reciprocalAVX2(one.Add(e))
			x = r.Mul(one.Sub(r))
		}
		if p.Support.Limited {
			x = supportedAVX2(x, u, from, to)
		}
		storeAVX2(derivative, n, flushAVX2(x, &splats.tinyWeight))
	}
	archsimd.ClearAVXUpperBits()
}

func limitAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	return x.Max(constantAVX2(&splats.lower)).Min(constantAVX2(&splats.upper))
}

func negateAVX2(x archsimd.Float32x8) archsimd.Float32x8 {
	return x.AsInt32x8().Xor(archsimd.BroadcastInt32x8(-1 << 31)).AsFloat32x8()
}
