package cpuref

// Segment is the part of a sample that a kernel does, and the rows that its arrays of
// membranes and errors hold. A long sample is run forward in segments of which only
// the spikes and the states at the ends are kept; backwards, segment by segment, the
// membranes are computed again. The zero Segment is the whole sample.
type Segment struct {
	First, Last int // steps to do; multiples of 32 where spike trains are concerned
	Origin      int // step of the first row a sample has in the arrays
	Rows        int // rows a sample has there
}

// Of replaces the zero Segment by the whole sample of the given number of steps.
func (s Segment) Of(steps int) Segment {
	if s.Last == 0 {
		return Segment{Last: steps, Rows: steps}
	}
	return s
}

// row is the row of a step of a sample in the arrays.
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
