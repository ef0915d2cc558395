//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// What differs between the vector widths, for AVX-512; the rest is in
// vector_avx512.go, from which the AVX2 version is made.

const lanesAVX512 = 16

func hasAVX512() bool { return archsimd.X86.AVX512() }

func floorAVX512(x archsimd.Float32x16) archsimd.Float32x16 { return x.FloorScaled(0) }

// wideAVX512 is the high and the low word of the products x·y of 16 lanes.
func wideAVX512(x archsimd.Uint32x16, y uint32) (high, low archsimd.Uint32x16) {
	factor := archsimd.BroadcastUint64x8(uint64(y))
	words := archsimd.BroadcastUint64x8(0xffffffff)
	even := x.AsUint64x8().And(words).Mul(factor)
	half := archsimd.BroadcastUint64x8(32) // a constant count takes an instruction for narrow registers, see zeroAVX512
	odd := x.AsUint64x8().ShiftRight(half).Mul(factor)
	high = even.ShiftRight(half).Or(odd.AndNot(words)).AsUint32x16()
	low = even.And(words).Or(odd.ShiftAllLeft(32)).AsUint32x16()
	return high, low
}

// maskAVX512 turns bits into a mask; true where a bit is set.
func maskAVX512(bits uint32) archsimd.Mask32x16 { return archsimd.Mask32x16FromBits(uint16(bits)) }

// groupsAVX512 are the Philox groups of the lanes, from the first one of a block, so
// that interleaving the four words leaves the neurons in order.
var groupsAVX512 = [lanesAVX512]uint32{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}

// pairAVX512 interleaves words within parts of 128 bits.
func pairAVX512(x, y archsimd.Uint32x16) (low, high archsimd.Uint32x16) {
	return x.InterleaveLoGrouped(y), x.InterleaveHiGrouped(y)
}

// quadAVX512 interleaves pairs of words within parts of 128 bits.
func quadAVX512(x, y archsimd.Uint32x16) (low, high archsimd.Uint32x16) {
	return x.AsUint64x8().InterleaveLoGrouped(y.AsUint64x8()).AsUint32x16(),
		x.AsUint64x8().InterleaveHiGrouped(y.AsUint64x8()).AsUint32x16()
}
