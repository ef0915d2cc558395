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
	addRows: addRowsAVX512, addPatch: addPatchAVX512, addSum: addSumAVX512, addLine: addLineAVX512, add: addAVX512, products: productsAVX512, update: updateAVX512,
	drawUniform: drawUniformAVX512, decide: decideAVX512, integrate: integrateAVX512, adjoint: adjointAVX512,
}

func loadAVX512(base *float32, at int) archsimd.Float32x16 {
	return archsimd.LoadFloat32x16((*[lanesAVX512]float32)(unsafe.Add(unsafe.Pointer(base), 4*at)))
}

func storeAVX512(base *float32, at int, x archsimd.Float32x16) {
	x.Store((*[lanesAVX512]float32)(unsafe.Add(unsafe.Pointer(base), 4*at)))
}

func allAVX512(x float32) archsimd.Float32x16 { return archsimd.BroadcastFloat32x16(x) }

// zeroAVX512 is 0 in every lane. A broadcast of the constant 0 would use an instruction for narrow
// registers, which costs some processors over a hundred cycles while wide ones are in use; for the
// same reason every loop ends by clearing them.
func zeroAVX512() archsimd.Float32x16 { return archsimd.Float32x16{} }

// constantAVX512 is a constant in every lane.
func constantAVX512(s *splat) archsimd.Float32x16 { return loadAVX512(&s[0], 0) }

// integersAVX512 is an integer constant in every lane.
func integersAVX512(s *splat) archsimd.Uint32x16 { return constantAVX512(s).AsUint32x16() }

func magnitudeAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	return x.AsUint32x16().And(integersAVX512(&splats.magnitude)).AsFloat32x16()
}

// flushAVX512 is x, or 0 where its magnitude is below a limit.
func flushAVX512(x archsimd.Float32x16, limit *splat) archsimd.Float32x16 {
	return zeroAVX512().Merge(x, magnitudeAVX512(x).Less(constantAVX512(limit)))
}

func addRowsAVX512(dst, rows []float32, index []uint32) {
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
			at := int(i)*stride + n
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
	for ; n+2*lanesAVX512 <= stride; n += 2 * lanesAVX512 {
		a, b := loadAVX512(to, n), loadAVX512(to, n+lanesAVX512)
		for _, i := range index {
			at := int(i)*stride + n
			a = a.Add(loadAVX512(from, at))
			b = b.Add(loadAVX512(from, at+lanesAVX512))
		}
		storeAVX512(to, n, a)
		storeAVX512(to, n+lanesAVX512, b)
	}
	for ; n < stride; n += lanesAVX512 {
		a := loadAVX512(to, n)
		for _, i := range index {
			a = a.Add(loadAVX512(from, int(i)*stride+n))
		}
		storeAVX512(to, n, a)
	}
	archsimd.ClearAVXUpperBits()
}

// expAVX512 is exp32 for arguments in its range.
func expAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	n := floorAVX512(x.Mul(constantAVX512(&splats.log2e)).Add(constantAVX512(&splats.half)))
	r := x.Sub(n.Mul(constantAVX512(&splats.ln2High)))
	r = r.Sub(n.Mul(constantAVX512(&splats.ln2Low)))
	p := constantAVX512(&splats.exp[0])
	p = p.Mul(r).Add(constantAVX512(&splats.exp[1]))
	p = p.Mul(r).Add(constantAVX512(&splats.exp[2]))
	p = p.Mul(r).Add(constantAVX512(&splats.exp[3]))
	p = p.Mul(r).Add(constantAVX512(&splats.exp[4]))
	p = p.Mul(r).Add(constantAVX512(&splats.exp[5]))
	p = p.Mul(r.Mul(r)).Add(r)
	p = p.Add(constantAVX512(&splats.one))
	bias := integersAVX512(&splats.exponentBias).AsInt32x16()
	return p.Mul(n.ConvertToInt32().Add(bias).ShiftAllLeft(23).AsFloat32x16())
}

// exponentialsAVX512 writes exp of scale·(x − offset), limited, to dst, which may be x.
func exponentialsAVX512(dst, x []float32, offset, scale float32) {
	to, from := &dst[0], &x[:len(dst)][0]
	offsets, scales := allAVX512(offset), allAVX512(scale)
	for n := 0; n < len(dst); n += lanesAVX512 {
		u := scales.Mul(loadAVX512(from, n).Sub(offsets))
		storeAVX512(to, n, expAVX512(limitAVX512(u)))
	}
	archsimd.ClearAVXUpperBits()
}

func reciprocalAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	y := integersAVX512(&splats.reciprocalSeed).Sub(x.AsUint32x16()).AsFloat32x16()
	one := constantAVX512(&splats.one)
	y = y.Add(y.Mul(one.Sub(x.Mul(y))))
	y = y.Add(y.Mul(one.Sub(x.Mul(y))))
	return y.Add(y.Mul(one.Sub(x.Mul(y))))
}

// decideAVX512 stores the exponentials of all neurons in place of the gates before it compares.
func decideAVX512(d *decision[float32]) {
	clear(d.spikes)
	stride, unit := len(d.potential), Stride(d.filters)
	gates := d.gates[:stride]
	switch d.noise {
	case NoiseSigmoid:
		exponentialsAVX512(gates, d.potential, d.threshold, -d.parameters[0])
		if d.derivative != nil {
			sharedDerivativesAVX512(d, gates)
		}
	case NoiseExponential:
		exponentialsAVX512(gates, d.potential, d.threshold, d.parameters[1])
	case NoiseHazard:
		exponentialsAVX512(gates, d.potential, d.threshold, d.parameters[1])
		exponentialsAVX512(gates, gates, 0, -d.parameters[0])
	}
	potential, gate, uniform := &d.potential[0], &gates[0], &d.uniform[:stride][0]
	one, threshold, parameter := constantAVX512(&splats.one), allAVX512(d.threshold), allAVX512(d.parameters[0])
	limit := allAVX512(ratioLimit)
	left := d.filters // left in the unit
	for n := 0; n < stride; n += lanesAVX512 {
		var bits uint32
		switch e := loadAVX512(gate, n); d.noise {
		case NoiseSigmoid:
			bits = uint32(loadAVX512(uniform, n).Mul(one.Add(e)).Less(one).ToBits())
		case NoiseExponential:
			bits = uint32(loadAVX512(uniform, n).Less(parameter.Mul(e)).ToBits())
		case NoiseHazard:
			bits = uint32(loadAVX512(uniform, n).Less(one.Sub(e)).ToBits())
		case NoiseSuperSpike:
			x := parameter.Mul(loadAVX512(potential, n).Sub(threshold)).Min(limit).Max(zeroAVX512().Sub(limit))
			share := loadAVX512(uniform, n).Mul(one.Add(magnitudeAVX512(x)))
			bits = uint32(share.Add(share).Less(one.Add(x.Add(magnitudeAVX512(x)))).ToBits())
		default:
			bits = uint32(loadAVX512(potential, n).Sub(threshold).Greater(zeroAVX512()).ToBits())
		}
		if left < lanesAVX512 {
			bits &= 1<<max(left, 0) - 1
		}
		if left -= lanesAVX512; left <= d.filters-unit {
			left = d.filters
		}
		if bits != 0 {
			d.spikes[n/32] |= bits << (n % 32)
			storeAVX512(gate, n, zeroAVX512().Merge(one, maskAVX512(bits)))
		} else {
			storeAVX512(gate, n, one)
		}
	}
	archsimd.ClearAVXUpperBits()
}

// sharedDerivativesAVX512 computes surrogate derivatives from the exponentials of the escape noise.
func sharedDerivativesAVX512(d *decision[float32], exponentials []float32) {
	stride, p := len(exponentials), d.neuron
	derivative, exponential, potential := &d.derivative[:stride][0], &exponentials[0], &d.potential[:stride][0]
	p0, threshold := allAVX512(p.SurrogateParameter[0]), allAVX512(d.threshold)
	from, to := allAVX512(p.Support.From), allAVX512(p.Support.To)
	for n := 0; n < stride; n += lanesAVX512 {
		x := sigmoidDerivativeAVX512(loadAVX512(exponential, n), p0)
		if p.Support.Limited {
			x = supportedAVX512(x, loadAVX512(potential, n).Sub(threshold), from, to)
		}
		storeAVX512(derivative, n, flushAVX512(x, &splats.tinyWeight))
	}
	archsimd.ClearAVXUpperBits()
}

// sigmoidDerivativeAVX512 is β·σ(1−σ) from e = exp(−βu), like SurrogateSigmoid.
func sigmoidDerivativeAVX512(e, beta archsimd.Float32x16) archsimd.Float32x16 {
	one := constantAVX512(&splats.one)
	r := reciprocalAVX512(one.Add(e))
	return beta.Mul(r.Mul(one.Sub(r)))
}

// supportedAVX512 is x, or 0 where u lies outside a range.
func supportedAVX512(x, u, from, to archsimd.Float32x16) archsimd.Float32x16 {
	return zeroAVX512().Merge(x, u.Less(from).Or(u.Greater(to)))
}

func integrateAVX512(p *Neuron[float32], s *neuronRows[float32]) {
	if s.constants != nil {
		integrateVariedAVX512(p, s)
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
	raises, recovers := allAVX512(p.Adaptation), allAVX512(p.DecayAdaptation)
	drives, decays := allAVX512(p.DriveMembrane), allAVX512(p.DecayMembrane)
	synapse, threshold, one := allAVX512(p.DecaySynapse), allAVX512(p.Threshold), allAVX512(1)
	for n := 0; n < stride; n += lanesAVX512 {
		gate := loadAVX512(gates, n)
		received, leak := loadAVX512(input, n).Add(loadAVX512(recurrent, n)), decays.Mul(loadAVX512(membrane, n))
		drive := received
		if p.Model.HasCurrent() {
			i := loadAVX512(current, n)
			drive = drives.Mul(i)
			storeAVX512(current, n, flushAVX512(synapse.Mul(i).Add(received), &splats.tinyState))
		}
		var next, taken archsimd.Float32x16
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
		next = flushAVX512(next, &splats.tinyState)
		storeAVX512(membrane, n, next)
		if p.Model.Adapts() {
			raised := recovers.Mul(loadAVX512(adaptation, n)).Add(raises.Mul(one.Sub(gate)))
			raised = flushAVX512(raised, &splats.tinyState)
			storeAVX512(adaptation, n, raised)
			storeAVX512(potential, n, next.Sub(raised))
		}
		if s.lost != nil {
			storeAVX512(lost, n, flushAVX512(taken, &splats.tinyState))
		}
	}
	archsimd.ClearAVXUpperBits()
}

func adjointAVX512(p *Neuron[float32], s *adjointRows[float32]) {
	stride := len(s.states[0])
	if !s.given {
		derivativesAVX512(p, s)
	}
	stopErrors(s.derivative, s.resting)
	steepen(p, s)
	if s.constants != nil {
		adjointVariedAVX512(p, s)
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
	raises, recovers := allAVX512(p.Adaptation), allAVX512(p.DecayAdaptation)
	drives, decays := allAVX512(p.DriveMembrane), allAVX512(p.DecayMembrane)
	synapse, zero := allAVX512(p.DecaySynapse), zeroAVX512()
	taken, loses := allAVX512(p.Threshold), p.LosesState()
	for n := 0; n < stride; n += lanesAVX512 {
		u := loadAVX512(membrane, n)
		spikeAdjoint := loadAVX512(errors, n).Add(loadAVX512(recurrent, n)).Add(loadAVX512(spikeError, n))
		storeAVX512(errors, n, loadAVX512(received, n))
		leak, drive := u, u
		if p.Reset != ResetSubtractive {
			if bits := spikeBits(s.spikes, n) & (1<<lanesAVX512 - 1); bits != 0 {
				leak = zero.Merge(u, maskAVX512(bits))
			}
			if p.Reset == ResetMultiplicative {
				drive = leak
			}
		}
		if p.DifferentiateReset {
			if loses {
				taken = loadAVX512(lost, n)
			}
			spikeAdjoint = spikeAdjoint.Sub(taken.Mul(u))
		}
		if p.Model.HasCurrent() {
			i := loadAVX512(current, n)
			storeAVX512(current, n, flushAVX512(synapse.Mul(i).Add(drives.Mul(drive)), &splats.tinyState))
		}
		var raised archsimd.Float32x16
		if p.Model.Adapts() {
			raised = loadAVX512(adaptation, n)
			spikeAdjoint = spikeAdjoint.Add(raises.Mul(raised))
		}
		sloped := loadAVX512(derivative, n).Mul(flushAVX512(spikeAdjoint, &splats.tinyState))
		if p.Model.Adapts() {
			storeAVX512(adaptation, n, flushAVX512(recovers.Mul(raised).Sub(sloped), &splats.tinyState))
		}
		storeAVX512(membrane, n, flushAVX512(decays.Mul(leak).Add(sloped), &splats.tinyState))
	}
	archsimd.ClearAVXUpperBits()
}

// derivativesAVX512 is SurrogateDerivative for a step of one sample.
func derivativesAVX512(p *Neuron[float32], s *adjointRows[float32]) {
	stride := len(s.states[0])
	g := s.derivative[:stride]
	switch p.Surrogate {
	case SurrogateSigmoid, SurrogateUnscaledSigmoid:
		exponentialsAVX512(g, s.before, p.Threshold, -p.SurrogateParameter[0])
	case SurrogateExponential, SurrogateLimitedExponential, SurrogateHazard:
		exponentialsAVX512(g, s.before, p.Threshold, p.SurrogateParameter[1])
	}
	before, derivative := &s.before[:stride][0], &g[0]
	p0, p1, p2 := allAVX512(p.SurrogateParameter[0]), allAVX512(p.SurrogateParameter[1]), allAVX512(p.SurrogateParameter[2])
	one, zero, threshold := constantAVX512(&splats.one), zeroAVX512(), allAVX512(p.Threshold)
	from, to := allAVX512(p.Support.From), allAVX512(p.Support.To)
	for n := 0; n < stride; n += lanesAVX512 {
		u := loadAVX512(before, n).Sub(threshold)
		e := loadAVX512(derivative, n) // for the kinds with an exponential
		x := zero
		switch p.Surrogate {
		case SurrogateSuperSpike:
			r := reciprocalAVX512(p0.Mul(magnitudeAVX512(u)).Add(one))
			x = r.Mul(r)
		case SurrogateScaledSuperSpike:
			r := reciprocalAVX512(p0.Mul(magnitudeAVX512(u)).Add(one))
			x = p1.Mul(r.Mul(r))
		case SurrogateSigmoid:
			x = sigmoidDerivativeAVX512(e, p0)
		case SurrogateExponential:
			x = p0.Mul(e)
		case SurrogateGaussian:
			x = p1.Mul(expAVX512(limitAVX512(negateAVX512(p0.Mul(u.Mul(u))))))
		case SurrogateArctangent:
			v := p0.Mul(u)
			x = p1.Mul(reciprocalAVX512(one.Add(v.Mul(v))))
		case SurrogateTriangular:
			x = p1.Mul(one.Sub(magnitudeAVX512(u).Mul(p0)).Max(zero))
		case SurrogateRectangular:
			x = p1.Merge(zero, magnitudeAVX512(u).Less(p0))
		case SurrogateStraightThrough:
			x = one
		case SurrogateMultilayerSpiker:
			x = one.Merge(zero, maskAVX512(spikeBits(s.spikes, n)&(1<<lanesAVX512-1)))
		case SurrogateLimitedExponential:
			x = p0.Mul(e).Merge(zero, p2.Mul(e).Less(one))
		case SurrogateHazard:
			hazard := p2.Mul(e)
			limit := constantAVX512(&splats.upper)
			v := p0.Mul(e).Mul(expAVX512(negateAVX512(hazard.Min(limit))))
			x = zero.Merge(v, hazard.Greater(limit))
		case SurrogateUnscaledSigmoid:
			r := reciprocalAVX512(one.Add(e))
			x = r.Mul(one.Sub(r))
		}
		if p.Support.Limited {
			x = supportedAVX512(x, u, from, to)
		}
		storeAVX512(derivative, n, flushAVX512(x, &splats.tinyWeight))
	}
	archsimd.ClearAVXUpperBits()
}

func limitAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	return x.Max(constantAVX512(&splats.lower)).Min(constantAVX512(&splats.upper))
}

func negateAVX512(x archsimd.Float32x16) archsimd.Float32x16 {
	return x.AsInt32x16().Xor(archsimd.BroadcastInt32x16(-1 << 31)).AsFloat32x16()
}
