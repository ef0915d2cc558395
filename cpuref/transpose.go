package cpuref

// Transpose copies blocks of weights, [block][rows][Stride(columns)], into dst,
// [block][columns][Stride(rows)]; a dense connection is one block, a convolution has one for every
// element of its kernel. Twin: shaders/transpose.comp.
func Transpose[T Float](dst, weights []T, rows, columns, blocks int) {
	stride, transposed := Stride(columns), Stride(rows)
	for block := range blocks {
		from, to := weights[block*rows*stride:], dst[block*columns*transposed:]
		for c := range columns {
			for r := range rows {
				to[c*transposed+r] = from[r*stride+c]
			}
		}
	}
}
