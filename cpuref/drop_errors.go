package cpuref

// DropErrorsArguments are the arrays and sizes of [DropErrors].
type DropErrorsArguments[T Float] struct {
	Error []T // read and written; [sample][step][stride]: ∂L/∂S of what a layer hands up

	Numbers []uint32 // [sample]: number of the sample in the run

	Steps, Neurons int // Neurons: numbers that the layer hands up
	Dropout        Dropout[T]
	Segment        Segment // of Error
}

// DropErrors carries errors back through [DropEvents]: they become 0 where a spike was or would
// have been dropped, and are multiplied by Scale elsewhere. Samples first ≤ sample < last are
// processed. Twin: shaders/drop_errors.comp.
func DropErrors[T Float](a *DropErrorsArguments[T], work *Workspace[T], first, last int) {
	stride := Stride(a.Neurons)
	work.grow(1, stride)
	uniform := work.rows[0]
	segment := a.Segment.Of(a.Steps)
	for b := first; b < last; b++ {
		for t := segment.First; t < segment.Last; t++ {
			a.Dropout.draw(uniform, a.Numbers[b], t)
			errors := a.Error[segment.row(b, t)*stride:][:stride]
			for n, u := range uniform {
				if u < a.Dropout.Rate {
					errors[n] = 0
				} else {
					errors[n] *= a.Dropout.Scale
				}
			}
		}
	}
}
