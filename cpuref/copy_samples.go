package cpuref

// CopySamples copies the first words of samples of one array to samples of another: those of sample
// samples[i] to sample i, which begin fromStride and toStride words apart. Samples first ≤ i < last
// are done. Twin: shaders/copy_samples.comp.
func CopySamples(to, from, samples []uint32, words, toStride, fromStride, first, last int) {
	for i := first; i < last; i++ {
		copy(to[i*toStride:][:words], from[int(samples[i])*fromStride:][:words])
	}
}
