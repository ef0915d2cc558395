package cpuref

import "math/bits"

// MostRefractory is the largest number of refractory steps: one word holds their spikes.
const MostRefractory = 31

// findResting finds the neurons of a sample that cannot spike at step t, as bits: those that spiked
// in one of the refractory steps before it. spikes are those of the sample, [step][word], kept for
// all steps, so nothing is carried from segment to segment.
func findResting(dst, spikes []uint32, t, refractory int) {
	clear(dst)
	for step := max(0, t-refractory); step < t; step++ {
		for w := range dst {
			dst[w] |= spikes[step*len(dst)+w]
		}
	}
}

// silence removes the spikes of resting neurons.
func silence[T Float](spikes, resting []uint32, gates []T) {
	for w, rest := range resting {
		for word := spikes[w] & rest; word != 0; word &= word - 1 {
			gates[32*w+bits.TrailingZeros32(word)] = 1
		}
		spikes[w] &^= rest
	}
}

// stopErrors sets the surrogate derivatives of resting neurons to 0.
func stopErrors[T Float](derivative []T, resting []uint32) {
	for w, rest := range resting {
		for ; rest != 0; rest &= rest - 1 {
			derivative[32*w+bits.TrailingZeros32(rest)] = 0
		}
	}
}
