//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// What differs between the vector widths, for AVX2; see lanes_avx512.go.

const lanesAVX2 = 8

func hasAVX2() bool { return archsimd.X86.AVX2() }

func floorAVX2(x archsimd.Float32x8) archsimd.Float32x8 { return x.Floor() }

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

// lanesOfByte has, for every byte, a lane a bit: all ones where it is set.
var lanesOfByte = func() (table [256][lanesAVX2]int32) {
	for bits := range table {
		for lane := range lanesAVX2 {
			table[bits][lane] = -int32(bits >> lane & 1)
		}
	}
	return table
}()

// maskAVX2 turns bits into a mask; true where a bit is set.
func maskAVX2(bits uint32) archsimd.Mask32x8 {
	return archsimd.LoadInt32x8(&lanesOfByte[bits&0xff]).ToMask()
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
