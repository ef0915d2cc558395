//go:build goexperiment.simd && amd64

package cpuref

import "unsafe"

// fetch asks for rows of an array, each so many numbers long, before they are read in an order
// that the processor does not foresee.
func fetch[T Float](array []T, rows, apart, length int) {
	if rows <= 0 || vectors == nil {
		return
	}
	size := int(unsafe.Sizeof(T(0)))
	fetchLines(unsafe.Pointer(unsafe.SliceData(array)), rows, size*apart, size*length)
}

// fetchLines brings the cache lines of rows of so many bytes nearer.
//
//go:noescape
func fetchLines(first unsafe.Pointer, rows, apart, bytes int)
