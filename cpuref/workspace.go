package cpuref

import "math/bits"

// Workspace is the scratch memory of one worker: kernels take it so that
// nothing is allocated while a network runs. The zero value is ready.
type Workspace[T Float] struct {
	rows [5 + MostStates][]T

	index []uint32
	patch patch[T] // what spikes at a position add
}

// grow makes the first count rows exactly length long.
func (w *Workspace[T]) grow(count, length int) {
	for i := range count {
		if cap(w.rows[i]) < length {
			w.rows[i] = make([]T, length)
		}
		w.rows[i] = w.rows[i][:length]
	}
}

// growIndex makes room for so many numbers in index.
func (w *Workspace[T]) growIndex(count int) {
	if cap(w.index) < count {
		w.index = make([]uint32, 0, count)
	}
}

// appendSpikes appends the numbers of the bits set in words, ascending.
func appendSpikes(index []uint32, words []uint32) []uint32 {
	for i, word := range words {
		for ; word != 0; word &= word - 1 {
			index = append(index, uint32(32*i+bits.TrailingZeros32(word)))
		}
	}
	return index
}
