//go:build goexperiment.simd && amd64

package cpuref

import "unsafe"

// vectorsFor returns the loops for an instruction set, nil for plain ones, and whether the
// processor has the set.
func vectorsFor(wanted Instructions) (*vectorLoops, bool) {
	switch wanted {
	case AVX512Instructions:
		return &loopsAVX512, hasAVX512()
	case AVX2Instructions:
		return &loopsAVX2, hasAVX2()
	}
	return nil, wanted == PlainInstructions
}

// element is base[at] without a bounds check, for loops whose callers have checked.
func element(base *float32, at int) float32 {
	return *(*float32)(unsafe.Add(unsafe.Pointer(base), 4*at))
}

// spikeBits are the spikes of the neurons from n on, as many as are left in a word; rows of spikes
// end before rows of neurons do.
func spikeBits(spikes []uint32, n int) uint32 {
	if n/32 < len(spikes) {
		return spikes[n/32] >> (n % 32)
	}
	return 0
}
