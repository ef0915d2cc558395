//go:build goexperiment.simd && amd64

package cpuref

import "unsafe"

// vectorsFor returns the loops for an instruction set, nil for plain ones, and
// whether the processor has the set.
func vectorsFor(wanted Instructions) (*vectorLoops, bool) {
	switch wanted {
	case AVX512Instructions:
		return &loopsAVX512, hasAVX512()
	case AVX2Instructions:
		return &loopsAVX2, hasAVX2()
	}
	return nil, wanted == PlainInstructions
}

// element is base[at] without a bounds check, for loops whose callers checked.
func element(base *float32, at int) float32 {
	return *(*float32)(unsafe.Add(unsafe.Pointer(base), 4*at))
}
