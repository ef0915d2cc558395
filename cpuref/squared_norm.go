package cpuref

// NormBlock is how many numbers one partial sum of [SquaredNorm] covers.
const NormBlock = 256

// SquaredNorm writes partial sums of the squares of a gradient: partial[k] = Σ (scale·gradient[i])²
// over the k-th block of [NormBlock] numbers, ascending. Blocks first ≤ k < last are processed.
// Twin: shaders/squared_norm.comp.
func SquaredNorm[T Float](partial, gradient []T, scale T, first, last int) {
	for k := first; k < last; k++ {
		var sum T
		for _, g := range gradient[k*NormBlock : min((k+1)*NormBlock, len(gradient))] {
			scaled := flushBelow(T(g*scale), tinyGradient)
			sum += T(scaled * scaled)
		}
		partial[k] = sum
	}
}
