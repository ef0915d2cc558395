package cpuref

// SumChunks adds count partial results of length size, partial[k·size:], into the first one, in a
// binary tree that depends only on count: neighbours first, (0,1) (2,3) …, then the pairs, with an
// odd one out moving up unchanged. Elements first ≤ i < last are processed; the other partials are
// overwritten. Twin: shaders/sum_chunks.comp, one dispatch per level of the tree.
func SumChunks[T Float](partial []T, count, size, first, last int) {
	for distance := 1; distance < count; distance *= 2 {
		for k := 0; k+distance < count; k += 2 * distance {
			addRow(partial[k*size+first:k*size+last], partial[(k+distance)*size+first:(k+distance)*size+last])
		}
	}
}
