package cpuref

// CopySamples copies the first words of samples from one array to another: those of sample
// samples[i] to sample i. Samples are fromStride and toStride words apart. Samples first ≤ i < last
// are processed. Twin: shaders/copy_samples.comp.
func CopySamples(to, from, samples []uint32, words, toStride, fromStride, first, last int) {
	for i := first; i < last; i++ {
		copy(to[i*toStride:][:words], from[int(samples[i])*fromStride:][:words])
	}
}
