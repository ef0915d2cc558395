//go:build cgo

package gpu

// use is an access to the bytes [start, end) of a buffer.
type use struct {
	buffer     *Buffer
	start, end uint64
	write      bool
}

// hazards tracks what a recording has read and written since its last barrier.
type hazards struct {
	since map[*Buffer][]use
}

// conflict reports whether an access overlaps an earlier one and at least one of the two writes: read after write,
// write after read, or write after write.
func (h *hazards) conflict(uses []use) bool {
	for _, next := range uses {
		for _, earlier := range h.since[next.buffer] {
			if (next.write || earlier.write) && next.start < earlier.end && earlier.start < next.end {
				return true
			}
		}
	}
	return false
}

func (h *hazards) add(uses []use) {
	if h.since == nil {
		h.since = map[*Buffer][]use{}
	}
	for _, u := range uses {
		h.since[u.buffer] = append(h.since[u.buffer], u)
	}
}

// barrier forgets everything: a barrier covers all commands before it.
func (h *hazards) barrier() { clear(h.since) }
