package cpuref

// InputSumsArguments are the arrays and sizes of [InputSums].
type InputSumsArguments[T Float] struct {
	Sums []T // written, or added to; [sample][row of Segment][stride]

	Events  Events // spikes of the source
	Weights []T    // [source][stride], or as Window says
	Scale   T      // value of a spike, where 0 means 1; see [Dropout]

	Steps, Neurons int
	Window         Window  // geometry of the connection
	Delay          int     // steps
	Segment        Segment // of Sums
	Add            bool    // add the sums to what is there
}

// InputSums sums what the spikes of one source contribute to a layer or a readout:
//
//	s·Σ W·S_source[t−d]     (ascending index; 0 before step d; s: Scale)
//
// for samples first ≤ sample < last. Sources are processed in ascending order, each with a sum of
// its own; a layer takes the total as its Drive. Twin: shaders/input_sums.comp.
func InputSums[T Float](a *InputSumsArguments[T], work *Workspace[T], first, last int) {
	stride := Stride(a.Neurons)
	work.grow(1, stride)
	segment := a.Segment.Of(a.Steps)
	for b := first; b < last; b++ {
		for t := segment.First; t < segment.Last; t++ {
			sums := a.Sums[segment.row(b, t)*stride:][:stride]
			if !a.Add {
				clear(sums)
			}
			if t < a.Delay {
				continue
			}
			events := a.Events.Row(b*a.Steps + t - a.Delay)
			if !a.Add {
				addEvents(sums, a.Weights, events, &a.Window, work)
				scale(sums, a.Scale)
				continue
			}
			own := work.rows[0]
			clear(own)
			addEvents(own, a.Weights, events, &a.Window, work)
			scale(own, a.Scale)
			addRow(sums, own)
		}
	}
}
