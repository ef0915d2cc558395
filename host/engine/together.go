package engine

import "spikegrad/cpuref"

// together is the number of samples of a chunk that a CPU worker takes through all kernels at once.
// It is small, so that the results of one kernel are still in the cache for the next. With
// recurrent layers it is the whole chunk, because then the weights are read once per step for all
// samples; likewise with learned constants, whose derivatives are summed over a chunk.
func (p *plan[T]) together() int {
	for _, layer := range p.layers {
		if layer.recurrent >= 0 || layer.neuron.Learn != 0 {
			return cpuref.ChunkSamples
		}
	}
	return 2
}
