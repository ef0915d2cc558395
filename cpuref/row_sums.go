package cpuref

// RowSums sums the first columns entries of each row of values, [row][stride], in ascending order,
// for rows first ≤ row < last. Twin: shaders/row_sums.comp.
func RowSums[T Float](sums, values []T, columns, first, last int) {
	stride := Stride(columns)
	for r := first; r < last; r++ {
		var sum T
		for _, value := range values[r*stride:][:columns] {
			sum += value
		}
		sums[r] = sum
	}
}
