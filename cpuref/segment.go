package cpuref

// Segment is the part of a sample that a kernel processes, and the rows that its arrays of
// membranes and errors hold. A long sample is run forward in segments, of which only the spikes and
// the states at the ends are kept; going backward, segment by segment, the membranes are
// recomputed. The zero Segment is the whole sample.
type Segment struct {
	First, Last int // steps to process; multiples of 32 if spike trains are involved
	Origin      int // step of a sample's first row in the arrays
	Rows        int // rows per sample in the arrays
}

// Of replaces the zero Segment with the whole sample of the given number of steps.
func (s Segment) Of(steps int) Segment {
	if s.Last == 0 {
		return Segment{Last: steps, Rows: steps}
	}
	return s
}

// row is the row of a sample's step in the arrays.
func (s Segment) row(sample, step int) int { return sample*s.Rows + step - s.Origin }

// An array of states is [sample][state][stride].

// loadStates copies the states of a sample to rows.
func loadStates[T Float](rows [][]T, array []T, sample int) {
	for s, row := range rows {
		copy(row, array[(sample*len(rows)+s)*len(row):])
	}
}

// storeStates copies rows to the states of a sample.
func storeStates[T Float](array []T, rows [][]T, sample int) {
	for s, row := range rows {
		copy(array[(sample*len(rows)+s)*len(row):], row)
	}
}

// clearRows fills rows with zeros.
func clearRows[T Float](rows [][]T) {
	for _, row := range rows {
		clear(row)
	}
}
