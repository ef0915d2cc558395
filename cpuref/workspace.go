package cpuref

import "math/bits"

// Workspace is the scratch memory of one worker, passed to kernels so that nothing is allocated
// while a network runs. The zero value is ready to use.
type Workspace[T Float] struct {
	rows [5 + MostStates][]T

	index   []uint32
	resting []uint32 // bits of neurons
	patch   patch[T] // what spikes at a position add

	windows []windowReaches // seen so far
	reached []reachedBy
	line    trainLine[T]
}

// windowReaches keeps the reaches of a window.
type windowReaches struct {
	window  Window
	reaches []reach
}

// reachesOf returns the reaches of a window, which are computed only once.
func (w *Workspace[T]) reachesOf(window *Window) []reach {
	for i := range w.windows {
		if w.windows[i].window == *window {
			return w.windows[i].reaches
		}
	}
	w.windows = append(w.windows, windowReaches{*window, window.reaches()})
	return w.windows[len(w.windows)-1].reaches
}

// grow makes each of the first count rows exactly length long.
func (w *Workspace[T]) grow(count, length int) {
	for i := range count {
		if cap(w.rows[i]) < length {
			w.rows[i] = Apart[T](length)
		}
		w.rows[i] = w.rows[i][:length]
	}
}

// Apart allocates an array two cache lines, which processors fetch together, away from anything
// else. If two workers' arrays were adjacent, each write to one would take the line from the other.
func Apart[E float32 | float64 | uint32](length int) []E {
	const distance = 32 // in the smaller elements: 128 bytes
	return make([]E, length+2*distance)[distance : distance+length : distance+length]
}

// growResting makes resting exactly length long.
func (w *Workspace[T]) growResting(length int) {
	if cap(w.resting) < length {
		w.resting = Apart[uint32](length)
	}
	w.resting = w.resting[:length]
}

// growIndex makes room in index for the given number of numbers.
func (w *Workspace[T]) growIndex(count int) {
	if cap(w.index) < count {
		w.index = Apart[uint32](count)[:0]
	}
}

// appendSpikes appends the numbers of the bits set in words, in ascending order.
func appendSpikes(index []uint32, words []uint32) []uint32 {
	for i, word := range words {
		for ; word != 0; word &= word - 1 {
			index = append(index, uint32(32*i+bits.TrailingZeros32(word)))
		}
	}
	return index
}
