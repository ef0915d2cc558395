package cpuref

// Transpose copies weights, [rows][Stride(columns)], into dst, [columns][Stride(rows)].
// Rows of dst first ≤ column < last are done. Twin: shaders/transpose.comp.
func Transpose[T Float](dst, weights []T, rows, columns, first, last int) {
	stride, transposed := Stride(columns), Stride(rows)
	for c := first; c < last; c++ {
		for r := range rows {
			dst[c*transposed+r] = weights[r*stride+c]
		}
	}
}
