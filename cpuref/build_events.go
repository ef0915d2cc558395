package cpuref

// BuildEvents lists the spikes of a layer for the layer above: row r of events
// gets the neurons whose bits are set in spikes, [row][word], ascending. Rows
// lie capacity entries apart in events.Index, so that every row can be written
// by itself; capacity is at least the number of neurons. Rows first ≤ row < last
// are done. Twin: shaders/build_events.comp.
func BuildEvents(events Events, spikes []uint32, words, capacity, first, last int) {
	BuildEventsFrom(0, events, spikes, words, capacity, first, last)
}

// BuildEventsFrom is [BuildEvents] where the entries of row origin are the first.
func BuildEventsFrom(origin int, events Events, spikes []uint32, words, capacity, first, last int) {
	for r := first; r < last; r++ {
		begin := (r - origin) * capacity
		row := appendSpikes(events.Index[begin:begin:begin+capacity], spikes[r*words:(r+1)*words])
		events.Rows[r] = [2]uint32{uint32(begin), uint32(begin + len(row))}
	}
}
