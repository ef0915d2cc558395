package kernels

// Segment is the part of a sample that a kernel does, and the rows that its arrays
// hold; see cpuref.Segment. The zero Segment is the whole sample.
type Segment struct {
	First  uint32 // first step to do
	Last   uint32 // step after the last to do
	Origin uint32 // step of the first row a sample has in the arrays, modulo 2³²: it may lie before step 0
	Rows   uint32 // rows a sample has there
}

// of completes the zero Segment for samples of so many steps.
func (s Segment) of(steps uint32) Segment {
	if s.Last == 0 {
		return Segment{Last: steps, Rows: steps}
	}
	return s
}

// length is how many steps are done.
func (s Segment) length() uint64 { return uint64(s.Last - s.First) }

// stateBytes is the size of the states of a completed segment, [sample][2][stride];
// whole samples have none.
func (s Segment) stateBytes(steps, samples uint32, stride uint64) uint64 {
	if s.length() == uint64(steps) {
		return 0
	}
	return bytes(uint64(samples), 2, stride)
}
