package engine

import "spikegrad/cpuref"

// together is how many samples of a chunk a worker of the CPU engine takes through all
// kernels at once, the next ones after them: few, so that what a kernel leaves is at hand for
// the next one. Where layers are recurrent it is the whole chunk, since the weights are read
// once a step for all samples; also where constants are learned, whose derivatives are added up
// over a chunk.
func (p *plan[T]) together() int {
	for _, layer := range p.layers {
		if layer.recurrent >= 0 || layer.neuron.Learn != 0 {
			return cpuref.ChunkSamples
		}
	}
	return 2
}
