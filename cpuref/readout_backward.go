package cpuref

// ReadoutBackwardArguments are the arrays and sizes of [ReadoutBackward].
type ReadoutBackwardArguments[T Float] struct {
	Error []T // [sample][step][stride]; read: ∂L/∂U[t+1], written: ∂L/∂h[t]

	Steps, Classes int
	DecayMembrane  T
	DriveMembrane  T
	DecaySynapse   T
}

// ReadoutBackward runs the adjoint of [ReadoutForward] in place, backwards in
// time: with λ the adjoints,
//
//	λU[t] = ∂L/∂U[t] + a_r·λU[t+1]
//	λI[t] = a_s·λI[t+1] + (1−a_r)·λU[t+1]
//	∂L/∂h[t] = λI[t+1]
//
// for samples first ≤ sample < last. Twin: shaders/readout_backward.comp.
func ReadoutBackward[T Float](a *ReadoutBackwardArguments[T], work *Workspace[T], first, last int) {
	stride := Stride(a.Classes)
	work.grow(2, stride)
	current, membrane := work.rows[0], work.rows[1]
	for b := first; b < last; b++ {
		clear(current)
		clear(membrane)
		for t := a.Steps - 1; t >= 0; t-- {
			row := a.Error[(b*a.Steps+t)*stride:][:stride]
			for c := range row {
				// Here current is λI[t+1], membrane a_r·λU[t+2].
				adjoint := FlushState(row[c] + membrane[c])
				row[c] = current[c]
				current[c] = FlushState(T(a.DecaySynapse*current[c]) + T(a.DriveMembrane*adjoint))
				membrane[c] = T(a.DecayMembrane * adjoint)
			}
		}
	}
}
