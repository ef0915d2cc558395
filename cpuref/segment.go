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

// states hands out the two rows of a sample in an array of states, [sample][2][stride].
func states[T Float](array []T, sample, stride int) (current, membrane []T) {
	rows := array[2*sample*stride:][:2*stride]
	return rows[:stride], rows[stride:]
}
