package engine

import (
	"unsafe"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// The kernels number neurons position by position, with gaps; records number them filter by filter,
// without gaps. See [network.Geometry].

// unslot copies rows of values of all neurons from rows of the kernels.
func unslot[T cpuref.Float](dst, src []T, rows int, g network.Geometry) {
	neurons, stride := g.Neurons(), cpuref.Stride(g.Slots())
	for r := range rows {
		from, to := src[r*stride:][:stride], dst[r*neurons:][:neurons]
		if g.Positions() == 1 {
			copy(to, from)
			continue
		}
		for n := range to {
			to[n] = from[g.Slot(n)]
		}
	}
}

// unslotBits copies rows of spike bits from rows of the kernels.
func unslotBits(dst, src []uint32, rows int, g network.Geometry) {
	neurons := g.Neurons()
	words, from := cpuref.Words(neurons), cpuref.Words(g.Slots())
	if g.Positions() == 1 {
		copy(dst[:rows*words], src)
		return
	}
	for r := range rows {
		row := dst[r*words:][:words]
		clear(row)
		for n := range neurons {
			slot := g.Slot(n)
			row[n/32] |= src[r*from+slot/32] >> (slot % 32) & 1 << (n % 32)
		}
	}
}

// asPairs returns words as pairs.
func asPairs(words []uint32) [][2]uint32 {
	return unsafe.Slice((*[2]uint32)(unsafe.Pointer(unsafe.SliceData(words))), len(words)/2)
}
