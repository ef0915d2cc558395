//go:build goexperiment.simd && amd64

package cpuref

import "simd/archsimd"

// What differs between the vector widths, for AVX-512; the rest is in vector_avx512.go, from which
// the AVX2 version is generated.

const lanesAVX512 = 16

func hasAVX512() bool { return archsimd.X86.AVX512() }

func floorAVX512(x archsimd.Float32x16) archsimd.Float32x16 { return x.FloorScaled(0) }

// maskAVX512 turns bits into a mask; true where a bit is set.
func maskAVX512(bits uint32) archsimd.Mask32x16 { return archsimd.Mask32x16FromBits(uint16(bits)) }
