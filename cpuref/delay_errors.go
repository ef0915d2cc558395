package cpuref

// DelayErrorsArguments are the arrays and sizes of [DelayErrors].
type DelayErrorsArguments[T Float] struct {
	Error   []T      // read and written; [sample][step][stride]: ∂L/∂S
	Numbers []uint32 // [sample]: number of the sample in the run

	Steps, Inputs int
	Delays        Delays[T]
}

// DelayErrors carries errors back through [DelayEvents]: a spike at t gets the error of the step in
// which it arrives, or 0 if it does not. Samples first ≤ sample < last are processed. Twin:
// shaders/delay_errors.comp.
func DelayErrors[T Float](a *DelayErrorsArguments[T], work *Workspace[T], first, last int) {
	stride, delays := Stride(a.Inputs), make([]int, a.Inputs)
	for b := first; b < last; b++ {
		a.Delays.of(delays, work, a.Numbers[b])
		errors := a.Error[b*a.Steps*stride:][:a.Steps*stride]
		for t := range a.Steps { // ascending, so values are read before they are overwritten
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
