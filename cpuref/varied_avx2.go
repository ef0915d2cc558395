// Code generated from varied_avx512.go by generate_avx2.sh; DO NOT EDIT.

//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// integrate and adjoint for constants that differ between neurons, for vectors of 8 neurons:
// separate loops, because those for identical neurons keep constants in registers.
//

func integrateVariedAVX2(p *Neuron[float32], s *neuronRows[float32]) {
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
	for n := 0; n < stride; n += lanesAVX2 {
		one, gate := constantAVX2(&splats.one), loadAVX2(gates, n)
		received := loadAVX2(input, n).Add(loadAVX2(recurrent, n))
		leak := loadAVX2(constants, RowDecayMembrane*stride+n).Mul(loadAVX2(membrane, n))
		drive := received
		if p.Model.HasCurrent() {
			i := loadAVX2(current, n)
			drive = loadAVX2(constants, RowDriveMembrane*stride+n).Mul(i)
			charged := loadAVX2(constants, RowDecaySynapse*stride+n).Mul(i).Add(received)
			storeAVX2(current, n, flushAVX2(charged, &splats.tinyState))
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
			taken = loadAVX2(constants, RowThreshold*stride+n)
			next = leak.Add(drive).Sub(taken.Mul(one.Sub(gate)))
		}
		next = flushAVX2(next, &splats.tinyState)
		storeAVX2(membrane, n, next)
		if p.Model.Adapts() {
			raised := loadAVX2(constants, RowDecayAdaptation*stride+n).Mul(loadAVX2(adaptation, n))
			raised = flushAVX2(raised.Add(loadAVX2(constants, RowAdaptation*stride+n).Mul(one.Sub(gate))), &splats.tinyState)
			storeAVX2(adaptation, n, raised)
			next = next.Sub(raised)
		}
		next = next.Sub(loadAVX2(constants, RowRaised*stride+n))
		if p.Learn.Has(ConstantNoiseBeta) {
			next = next.Sub(one).Mul(loadAVX2(constants, RowSteepness*stride+n)).Add(one)
		}
		storeAVX2(potential, n, next)
		if s.lost != nil {
			storeAVX2(lost, n, flushAVX2(taken, &splats.tinyState))
		}
	}
	archsimd.ClearAVXUpperBits()
}

// adjointVariedAVX2 requires the surrogate derivatives to be computed already.
func adjointVariedAVX2(p *Neuron[float32], s *adjointRows[float32]) {
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
	for n := 0; n < stride; n += lanesAVX2 {
		zero := zeroAVX2()
		u := loadAVX2(membrane, n)
		spikeAdjoint := loadAVX2(errors, n).Add(loadAVX2(recurrent, n)).Add(loadAVX2(spikeError, n))
		storeAVX2(errors, n, loadAVX2(received, n))
		leak, drive, spike := u, u, zero
		if bits := spikeBits(s.spikes, n) & (1<<lanesAVX2 - 1); bits != 0 {
			spike = constantAVX2(&splats.one).Merge(zero, maskAVX2(bits))
			if p.Reset != ResetSubtractive {
				leak = zero.Merge(u, maskAVX2(bits))
			}
		}
		if p.Reset == ResetMultiplicative {
			drive = leak
		}
		if p.DifferentiateReset {
			taken := loadAVX2(constants, RowThreshold*stride+n)
			if loses {
				taken = loadAVX2(lost, n)
			}
			spikeAdjoint = spikeAdjoint.Sub(taken.Mul(u))
		}
		i, raised := zero, zero
		if p.Model.HasCurrent() {
			i = loadAVX2(current, n)
			next := loadAVX2(constants, RowDecaySynapse*stride+n).Mul(i)
			next = next.Add(loadAVX2(constants, RowDriveMembrane*stride+n).Mul(drive))
			storeAVX2(current, n, flushAVX2(next, &splats.tinyState))
		}
		if p.Model.Adapts() {
			raised = loadAVX2(adaptation, n)
			spikeAdjoint = spikeAdjoint.Add(loadAVX2(constants, RowAdaptation*stride+n).Mul(raised))
		}
		sloped := loadAVX2(derivative, n).Mul(flushAVX2(spikeAdjoint, &splats.tinyState))
		if p.Model.Adapts() {
			next := loadAVX2(constants, RowDecayAdaptation*stride+n).Mul(raised)
			storeAVX2(adaptation, n, flushAVX2(next.Sub(sloped), &splats.tinyState))
		}
		next := loadAVX2(constants, RowDecayMembrane*stride+n).Mul(leak).Add(sloped)
		storeAVX2(membrane, n, flushAVX2(next, &splats.tinyState))

		// AddConstants.
		if sum := sums[ConstantThreshold]; sum != nil {
			x := loadAVX2(sum, n).Sub(flushAVX2(sloped, &splats.tinyState))
			if p.Reset == ResetSubtractive {
				x = x.Sub(u.Mul(spike))
			}
			storeAVX2(sum, n, x)
		}
		if sum := sums[ConstantAdaptation]; sum != nil && p.Model.Adapts() {
			storeAVX2(sum, n, loadAVX2(sum, n).Add(raised.Mul(spike)))
		}
		if sum := sums[ConstantNoiseBeta]; sum != nil {
			above := zero
			if held[0] != nil {
				if above = loadAVX2(held[0], n); p.Model.Adapts() {
					above = above.Sub(loadAVX2(held[2], n))
				}
			}
			above = above.Sub(loadAVX2(constants, RowRaised*stride+n)).Sub(constantAVX2(&splats.one))
			storeAVX2(sum, n, loadAVX2(sum, n).Add(flushAVX2(sloped.Mul(above), &splats.tinyState)))
		}
		if held[0] == nil {
			continue // the products are 0
		}
		if sum := sums[ConstantTauMembrane]; sum != nil {
			x := loadAVX2(sum, n).Add(flushAVX2(leak.Mul(loadAVX2(held[0], n)), &splats.tinyState))
			if p.Model.HasCurrent() {
				x = x.Sub(flushAVX2(drive.Mul(loadAVX2(held[1], n)), &splats.tinyState))
			}
			storeAVX2(sum, n, x)
		}
		if sum := sums[ConstantTauSynapse]; sum != nil && p.Model.HasCurrent() {
			x := flushAVX2(i.Mul(loadAVX2(held[1], n)), &splats.tinyState)
			storeAVX2(sum, n, loadAVX2(sum, n).Add(x))
		}
		if sum := sums[ConstantTauAdaptation]; sum != nil && p.Model.Adapts() {
			x := flushAVX2(raised.Mul(loadAVX2(held[2], n)), &splats.tinyState)
			storeAVX2(sum, n, loadAVX2(sum, n).Add(x))
		}
	}
	archsimd.ClearAVXUpperBits()
}
