package cpuref

// CopySamples copies the first words of samples[i] in one array to sample i in another, for
// first ≤ i < last. Samples are fromStride and toStride words apart. Twin: shaders/copy_samples.comp.
func CopySamples(to, from, samples []uint32, words, toStride, fromStride, first, last int) {
	for i := first; i < last; i++ {
		copy(to[i*toStride:][:words], from[int(samples[i])*fromStride:][:words])
	}
}
