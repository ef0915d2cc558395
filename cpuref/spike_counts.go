package cpuref

import "math/bits"

// SpikeCounts counts the spikes of every neuron in every sample: counts, [sample][stride], from
// trains, [neuron][sample][word]. Samples first ≤ sample < last are processed. Twin:
// shaders/spike_counts.comp.
func SpikeCounts(counts []uint32, trains []uint32, neurons, samples, steps, first, last int) {
	stride, words := Stride(neurons), Words(steps)
	for b := first; b < last; b++ {
		clear(counts[b*stride : (b+1)*stride])
		for n := range neurons {
			total := 0
			for _, word := range trains[(n*samples+b)*words:][:words] {
				total += bits.OnesCount32(word)
			}
			counts[b*stride+n] = uint32(total)
		}
	}
}
