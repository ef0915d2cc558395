//go:build !goexperiment.simd || !amd64

package cpuref

// fetch does nothing here.
func fetch[T Float](array []T, rows, apart, length int) {}
