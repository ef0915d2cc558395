//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// drawUniformAVX2 computes Philox for the groups of a block of neurons at a time, the
// counters in the lanes.
func drawUniformAVX2(d *decision[float32]) {
	stride := len(d.uniform)
	uniform := &d.uniform[0]
	number, step := archsimd.BroadcastUint32x8(d.number), archsimd.BroadcastUint32x8(d.step)
	layer, groups := archsimd.BroadcastUint32x8(d.layer), archsimd.LoadUint32x8(&groupsAVX2)
	key0, key1 := archsimd.BroadcastUint32x8(d.key[0]), archsimd.BroadcastUint32x8(d.key[1])
	weyl0, weyl1 := archsimd.BroadcastUint32x8(philoxWeyl0), archsimd.BroadcastUint32x8(philoxWeyl1)
	further := archsimd.BroadcastUint32x8(lanesAVX2)
	for n := 0; n < stride; n += 4 * lanesAVX2 {
		w0, w1, w2, w3 := number, step, groups, layer
		k0, k1 := key0, key1
		for range philoxRounds {
			highA, lowA := wideAVX2(w0, philoxMultiplier0)
			highB, lowB := wideAVX2(w2, philoxMultiplier1)
			w0 = highB.Xor(w1).Xor(k0)
			w2 = highA.Xor(w3).Xor(k1)
			w1, w3 = lowB, lowA
			k0, k1 = k0.Add(weyl0), k1.Add(weyl1)
		}
		groups = groups.Add(further)
		a, c := pairAVX2(w0, w1)
		b, e := pairAVX2(w2, w3)
		r0, r1 := quadAVX2(a, b)
		storeAVX2(uniform, n, uniformAVX2(r0))
		if n+lanesAVX2 < stride {
			storeAVX2(uniform, n+lanesAVX2, uniformAVX2(r1))
		}
		if r0, r1 = quadAVX2(c, e); n+2*lanesAVX2 < stride {
			storeAVX2(uniform, n+2*lanesAVX2, uniformAVX2(r0))
		}
		if n+3*lanesAVX2 < stride {
			storeAVX2(uniform, n+3*lanesAVX2, uniformAVX2(r1))
		}
	}
	archsimd.ClearAVXUpperBits()
}

func uniformAVX2(words archsimd.Uint32x8) archsimd.Float32x8 {
	odd := words.ShiftRight(integersAVX2(&splats.eight)).Or(integersAVX2(&splats.single))
	return odd.AsInt32x8().ConvertToFloat32().Mul(constantAVX2(&splats.unit))
}

// wideAVX2 is the high and the low word of the products x·y of 8 lanes. Words are
// moved by shuffles: the compiler makes shifts to the right by a constant with an
// instruction for narrow registers, see zeroAVX2.
func wideAVX2(x archsimd.Uint32x8, y uint32) (high, low archsimd.Uint32x8) {
	factor := archsimd.BroadcastUint32x8(y)
	words := archsimd.BroadcastUint64x4(0xffffffff)
	even := x.MulEvenWiden(factor)
	odd := x.PermuteScalarsGrouped(1, 1, 3, 3).MulEvenWiden(factor)
	high = even.AsUint32x8().PermuteScalarsGrouped(1, 1, 3, 3).AsUint64x4().And(words).Or(odd.AndNot(words)).AsUint32x8()
	low = even.And(words).Or(odd.ShiftAllLeft(32)).AsUint32x8()
	return high, low
}

// groupsAVX2 are the Philox groups of the lanes; see groupsAVX512.
var groupsAVX2 = [lanesAVX2]uint32{0, 2, 4, 6, 1, 3, 5, 7}

// pairAVX2 interleaves words within parts of 128 bits.
func pairAVX2(x, y archsimd.Uint32x8) (low, high archsimd.Uint32x8) {
	return x.InterleaveLoGrouped(y), x.InterleaveHiGrouped(y)
}

// quadAVX2 interleaves pairs of words within parts of 128 bits.
func quadAVX2(x, y archsimd.Uint32x8) (low, high archsimd.Uint32x8) {
	return x.AsUint64x4().InterleaveLoGrouped(y.AsUint64x4()).AsUint32x8(),
		x.AsUint64x4().InterleaveHiGrouped(y.AsUint64x4()).AsUint32x8()
}
