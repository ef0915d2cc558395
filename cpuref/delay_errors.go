package cpuref

// DelayErrorsArguments are the arrays and sizes of [DelayErrors].
type DelayErrorsArguments[T Float] struct {
	Error   []T      // read and written; [sample][step][stride]: ∂L/∂S
	Numbers []uint32 // [sample]: number of the sample in the run

	Steps, Inputs int
	Delays        Delays[T]
}

// DelayErrors carries errors back through what [DelayEvents] did: a spike at t gets the error of
// the step in which it arrives, or 0. Samples first ≤ sample < last are done. Twin:
// shaders/delay_errors.comp.
func DelayErrors[T Float](a *DelayErrorsArguments[T], work *Workspace[T], first, last int) {
	stride, delays := Stride(a.Inputs), make([]int, a.Inputs)
	for b := first; b < last; b++ {
		a.Delays.of(delays, work, a.Numbers[b])
		errors := a.Error[b*a.Steps*stride:][:a.Steps*stride]
		for t := range a.Steps { // ascending: what is read lies ahead of what is written
			for n, delay := range delays {
				var e T
				if t+delay < a.Steps {
					e = errors[(t+delay)*stride+n]
				}
				errors[t*stride+n] = e
			}
		}
	}
}
