//go:build cgo

package gpu

import "slices"

// span is a range of bytes [offset, offset+bytes).
type span struct{ offset, bytes uint64 }

// freeList keeps the free spans of one memory block, in ascending order, no two of them touching.
type freeList struct {
	bytes uint64 // size of the block
	free  []span
}

func newFreeList(bytes uint64) freeList {
	return freeList{bytes: bytes, free: []span{{0, bytes}}}
}

// take cuts bytes at a multiple of alignment out of the smallest free span that can hold them (best fit, which keeps
// large spans for large buffers).
func (f *freeList) take(bytes, alignment uint64) (offset uint64, ok bool) {
	best := -1
	for i, s := range f.free {
		start := roundUp(s.offset, alignment)
		if start+bytes <= s.offset+s.bytes && (best < 0 || s.bytes < f.free[best].bytes) {
			best = i
		}
	}
	if best < 0 {
		return 0, false
	}
	s := f.free[best]
	offset = roundUp(s.offset, alignment)
	var rest []span
	if before := offset - s.offset; before > 0 {
		rest = append(rest, span{s.offset, before})
	}
	if after := s.offset + s.bytes - offset - bytes; after > 0 {
		rest = append(rest, span{offset + bytes, after})
	}
	f.free = slices.Replace(f.free, best, best+1, rest...)
	return offset, true
}

// give returns what take handed out, and merges it with its free neighbours.
func (f *freeList) give(offset, bytes uint64) {
	at, _ := slices.BinarySearchFunc(f.free, offset, func(s span, offset uint64) int {
		if s.offset < offset {
			return -1
		}
		return 1
	})
	f.free = slices.Insert(f.free, at, span{offset, bytes})
	if at+1 < len(f.free) && f.free[at].offset+f.free[at].bytes == f.free[at+1].offset {
		f.free[at].bytes += f.free[at+1].bytes
		f.free = slices.Delete(f.free, at+1, at+2)
	}
	if at > 0 && f.free[at-1].offset+f.free[at-1].bytes == f.free[at].offset {
		f.free[at-1].bytes += f.free[at].bytes
		f.free = slices.Delete(f.free, at, at+1)
	}
}

// unused reports whether nothing is taken.
func (f *freeList) unused() bool {
	return len(f.free) == 1 && f.free[0].bytes == f.bytes
}

// roundUp is the smallest multiple of unit that is not below value.
func roundUp(value, unit uint64) uint64 {
	return (value + unit - 1) / unit * unit
}
