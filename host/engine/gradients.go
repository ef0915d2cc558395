package engine

import "spikegrad/cpuref"

// packGradient converts the gradient of a weight array to the form of the kernels, without numbers
// so small that a device may flush them.
func packGradient[T cpuref.Float](w weightPlan, gradient []T) []T {
	packed := make([]T, w.size)
	pack(w, packed, gradient)
	for i, g := range packed {
		packed[i] = cpuref.FlushState(g)
	}
	return packed
}

// SetGradients implements [Engine].
func (e *CPU[T]) SetGradients(gradients [][]T) error {
	if err := checkWeights(e.plan.weights, gradients); err != nil {
		return err
	}
	for i, w := range e.plan.weights {
		e.partial[i] = resize(e.partial[i], w.size)
		copy(e.partial[i], packGradient(w, gradients[i]))
	}
	e.samples = 1 // the mean is the sum
	return nil
}

// SetGradients implements [Engine].
func (e *Vulkan) SetGradients(gradients [][]float32) error {
	if err := checkWeights(e.plan.weights, gradients); err != nil {
		return err
	}
	if err := e.prepareGradients(); err != nil {
		return err
	}
	for i, w := range e.plan.weights {
		if err := e.partial[i].Upload(0, asBytes(packGradient(w, gradients[i]))); err != nil {
			return err
		}
	}
	e.samples, e.summed = 1, 0
	return nil
}

// prepareGradients makes the gradient arrays if there are none yet.
func (e *Vulkan) prepareGradients() error {
	if err := e.settle(); err != nil {
		return err
	}
	samples, err := e.passSamples(1)
	if err != nil {
		return err
	}
	return e.makeRoom(1, samples, 1, nil)
}
