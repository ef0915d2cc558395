package cpuref

// DropEventsArguments are the arrays and sizes of [DropEvents].
type DropEventsArguments[T Float] struct {
	Events Events // read and written; rows [sample][step]: what a layer hands up

	Numbers []uint32 // [sample]: number of the sample in the run

	Steps, Neurons int // Neurons: numbers that the layer hands up
	Dropout        Dropout[T]
	Segment        Segment // the steps to process
}

// DropEvents drops events according to Dropout; the others move to the beginning of their row.
// Samples first ≤ sample < last are processed. Twin: shaders/drop_events.comp.
func DropEvents[T Float](a *DropEventsArguments[T], work *Workspace[T], first, last int) {
	work.grow(1, Stride(a.Neurons))
	uniform := work.rows[0]
	segment := a.Segment.Of(a.Steps)
	for b := first; b < last; b++ {
		for t := segment.First; t < segment.Last; t++ {
			row := &a.Events.Rows[b*a.Steps+t]
			events := a.Events.Index[row[0]:row[1]]
			if len(events) == 0 {
				continue
			}
			a.Dropout.draw(uniform, a.Numbers[b], t)
			kept := events[:0]
			for _, n := range events {
				if uniform[n] >= a.Dropout.Rate {
					kept = append(kept, n)
				}
			}
			row[1] = row[0] + uint32(len(kept))
		}
	}
}
