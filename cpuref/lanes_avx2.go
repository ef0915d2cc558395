//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// What differs between the vector widths, for AVX2; see lanes_avx512.go.

const lanesAVX2 = 8

func hasAVX2() bool { return archsimd.X86.AVX2() }

func floorAVX2(x archsimd.Float32x8) archsimd.Float32x8 { return x.Floor() }

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
