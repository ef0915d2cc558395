//go:build goexperiment.simd && amd64

package cpuref

import "unsafe"

// fetch prefetches rows of an array, each with length numbers, that are about to be read in an
// order that the processor cannot predict.
func fetch[T Float](array []T, rows, apart, length int) {
	if rows <= 0 || vectors == nil {
		return
	}
	size := int(unsafe.Sizeof(T(0)))
	fetchLines(unsafe.Pointer(unsafe.SliceData(array)), rows, size*apart, size*length)
}

// fetchLines prefetches the cache lines of rows, given the bytes in a row and the distance between
// rows.
//
//go:noescape
func fetchLines(first unsafe.Pointer, rows, apart, bytes int)
