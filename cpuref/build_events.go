package cpuref

// BuildEvents lists the spikes of a layer for the layer above: row r of events gets the neurons
// whose bits are set in spikes, [row][word], in ascending order. Rows are capacity entries apart in
// events.Index, so that each can be written independently; capacity is at least the number of
// neurons. Rows first ≤ row < last are processed. Twin: shaders/build_events.comp.
func BuildEvents(events Events, spikes []uint32, words, capacity, first, last int) {
	BuildEventsSegment(events, spikes, words, capacity, 1, Segment{}, first, last)
}

// BuildEventsSegment is [BuildEvents] for the steps of a segment of samples first ≤ sample < last.
// Spikes and rows of events cover all steps; events.Index holds the rows of the segment.
func BuildEventsSegment(events Events, spikes []uint32, words, capacity, steps int, segment Segment, first, last int) {
	segment = segment.Of(steps)
	for b := first; b < last; b++ {
		for t := segment.First; t < segment.Last; t++ {
			r, begin := b*steps+t, segment.row(b, t)*capacity
			row := appendSpikes(events.Index[begin:begin:begin+capacity], spikes[r*words:(r+1)*words])
			events.Rows[r] = [2]uint32{uint32(begin), uint32(begin + len(row))}
		}
	}
}

// AppendEvents is [BuildEvents] with rows back to back: it appends rows and their spikes to events.
func AppendEvents(events Events, spikes []uint32, words, first, last int) Events {
	for r := first; r < last; r++ {
		begin := uint32(len(events.Index))
		events.Index = appendSpikes(events.Index, spikes[r*words:(r+1)*words])
		events.Rows = append(events.Rows, [2]uint32{begin, uint32(len(events.Index))})
	}
	return events
}
