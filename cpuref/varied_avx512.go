//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// integrate and adjoint for constants that differ between neurons, for vectors of 16 neurons:
// separate loops, because those for identical neurons keep constants in registers.
// The AVX2 version is generated from this file.

func integrateVariedAVX512(p *Neuron[float32], s *neuronRows[float32]) {
	stride := len(s.states[0])
	membrane, gates, potential := &s.states[0][0], &s.gates[:stride][0], &s.potential[:stride][0]
	input, recurrent := &s.input[:stride][0], &s.recurrent[:stride][0]
	constants := &s.constants[:LearnedRows*stride][0]
	current, adaptation, lost := membrane, membrane, membrane
	if p.Model.HasCurrent() {
		current = &s.states[1][:stride][0]
	}
	if p.Model.Adapts() {
		adaptation = &s.states[2][:stride][0]
	}
	if s.lost != nil {
		lost = &s.lost[:stride][0]
	}
	for n := 0; n < stride; n += lanesAVX512 {
		one, gate := constantAVX512(&splats.one), loadAVX512(gates, n)
		received := loadAVX512(input, n).Add(loadAVX512(recurrent, n))
		leak := loadAVX512(constants, RowDecayMembrane*stride+n).Mul(loadAVX512(membrane, n))
		drive := received
		if p.Model.HasCurrent() {
			i := loadAVX512(current, n)
			drive = loadAVX512(constants, RowDriveMembrane*stride+n).Mul(i)
			charged := loadAVX512(constants, RowDecaySynapse*stride+n).Mul(i).Add(received)
			storeAVX512(current, n, flushAVX512(charged, &splats.tinyState))
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
			taken = loadAVX512(constants, RowThreshold*stride+n)
			next = leak.Add(drive).Sub(taken.Mul(one.Sub(gate)))
		}
		next = flushAVX512(next, &splats.tinyState)
		storeAVX512(membrane, n, next)
		if p.Model.Adapts() {
			raised := loadAVX512(constants, RowDecayAdaptation*stride+n).Mul(loadAVX512(adaptation, n))
			raised = flushAVX512(raised.Add(loadAVX512(constants, RowAdaptation*stride+n).Mul(one.Sub(gate))), &splats.tinyState)
			storeAVX512(adaptation, n, raised)
			next = next.Sub(raised)
		}
		next = next.Sub(loadAVX512(constants, RowRaised*stride+n))
		if p.Learn.Has(ConstantNoiseBeta) {
			next = next.Sub(one).Mul(loadAVX512(constants, RowSteepness*stride+n)).Add(one)
		}
		storeAVX512(potential, n, next)
		if s.lost != nil {
			storeAVX512(lost, n, flushAVX512(taken, &splats.tinyState))
		}
	}
	archsimd.ClearAVXUpperBits()
}

// adjointVariedAVX512 requires the surrogate derivatives to be computed already.
func adjointVariedAVX512(p *Neuron[float32], s *adjointRows[float32]) {
	stride := len(s.states[0])
	membrane, errors, received := &s.states[0][0], &s.errors[:stride][0], &s.received[:stride][0]
	recurrent, spikeError := &s.recurrent[:stride][0], &s.spikeError[:stride][0]
	lost, derivative := &s.lost[:stride][0], &s.derivative[:stride][0]
	constants := &s.constants[:LearnedRows*stride][0]
	current, adaptation := membrane, membrane
	if p.Model.HasCurrent() {
		current = &s.states[1][:stride][0]
	}
	if p.Model.Adapts() {
		adaptation = &s.states[2][:stride][0]
	}
	var sums [learnable]*float32 // of the learned constants
	for c := range learnable {
		if p.Learn.Has(c) {
			sums[c] = &s.constantErrors[p.Learn.Place(c)*stride:][:stride][0]
		}
	}
	var held [MostStates]*float32 // states at t; nil before the first step, where they are 0
	for k := range len(s.held) / stride {
		held[k] = &s.held[k*stride:][:stride][0]
	}
	loses := p.LosesState()
	for n := 0; n < stride; n += lanesAVX512 {
		zero := zeroAVX512()
		u := loadAVX512(membrane, n)
		spikeAdjoint := loadAVX512(errors, n).Add(loadAVX512(recurrent, n)).Add(loadAVX512(spikeError, n))
		storeAVX512(errors, n, loadAVX512(received, n))
		leak, drive, spike := u, u, zero
		if bits := spikeBits(s.spikes, n) & (1<<lanesAVX512 - 1); bits != 0 {
			spike = constantAVX512(&splats.one).Merge(zero, maskAVX512(bits))
			if p.Reset != ResetSubtractive {
				leak = zero.Merge(u, maskAVX512(bits))
			}
		}
		if p.Reset == ResetMultiplicative {
			drive = leak
		}
		if p.DifferentiateReset {
			taken := loadAVX512(constants, RowThreshold*stride+n)
			if loses {
				taken = loadAVX512(lost, n)
			}
			spikeAdjoint = spikeAdjoint.Sub(taken.Mul(u))
		}
		i, raised := zero, zero
		if p.Model.HasCurrent() {
			i = loadAVX512(current, n)
			next := loadAVX512(constants, RowDecaySynapse*stride+n).Mul(i)
			next = next.Add(loadAVX512(constants, RowDriveMembrane*stride+n).Mul(drive))
			storeAVX512(current, n, flushAVX512(next, &splats.tinyState))
		}
		if p.Model.Adapts() {
			raised = loadAVX512(adaptation, n)
			spikeAdjoint = spikeAdjoint.Add(loadAVX512(constants, RowAdaptation*stride+n).Mul(raised))
		}
		sloped := loadAVX512(derivative, n).Mul(flushAVX512(spikeAdjoint, &splats.tinyState))
		if p.Model.Adapts() {
			next := loadAVX512(constants, RowDecayAdaptation*stride+n).Mul(raised)
			storeAVX512(adaptation, n, flushAVX512(next.Sub(sloped), &splats.tinyState))
		}
		next := loadAVX512(constants, RowDecayMembrane*stride+n).Mul(leak).Add(sloped)
		storeAVX512(membrane, n, flushAVX512(next, &splats.tinyState))

		// AddConstants.
		if sum := sums[ConstantThreshold]; sum != nil {
			x := loadAVX512(sum, n).Sub(flushAVX512(sloped, &splats.tinyState))
			if p.Reset == ResetSubtractive {
				x = x.Sub(u.Mul(spike))
			}
			storeAVX512(sum, n, x)
		}
		if sum := sums[ConstantAdaptation]; sum != nil && p.Model.Adapts() {
			storeAVX512(sum, n, loadAVX512(sum, n).Add(raised.Mul(spike)))
		}
		if sum := sums[ConstantNoiseBeta]; sum != nil {
			above := zero
			if held[0] != nil {
				if above = loadAVX512(held[0], n); p.Model.Adapts() {
					above = above.Sub(loadAVX512(held[2], n))
				}
			}
			above = above.Sub(loadAVX512(constants, RowRaised*stride+n)).Sub(constantAVX512(&splats.one))
			storeAVX512(sum, n, loadAVX512(sum, n).Add(flushAVX512(sloped.Mul(above), &splats.tinyState)))
		}
		if held[0] == nil {
			continue // the products are 0
		}
		if sum := sums[ConstantTauMembrane]; sum != nil {
			x := loadAVX512(sum, n).Add(flushAVX512(leak.Mul(loadAVX512(held[0], n)), &splats.tinyState))
			if p.Model.HasCurrent() {
				x = x.Sub(flushAVX512(drive.Mul(loadAVX512(held[1], n)), &splats.tinyState))
			}
			storeAVX512(sum, n, x)
		}
		if sum := sums[ConstantTauSynapse]; sum != nil && p.Model.HasCurrent() {
			x := flushAVX512(i.Mul(loadAVX512(held[1], n)), &splats.tinyState)
			storeAVX512(sum, n, loadAVX512(sum, n).Add(x))
		}
		if sum := sums[ConstantTauAdaptation]; sum != nil && p.Model.Adapts() {
			x := flushAVX512(raised.Mul(loadAVX512(held[2], n)), &splats.tinyState)
			storeAVX512(sum, n, loadAVX512(sum, n).Add(x))
		}
	}
	archsimd.ClearAVXUpperBits()
}
