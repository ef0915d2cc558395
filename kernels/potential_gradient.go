package kernels

import "spikegrad/gpu"

// PotentialGradientBuffers are the arrays of [PotentialGradient].
type PotentialGradientBuffers struct {
	Partial   gpu.Binding // written; [chunk][input][stride] float32
	Potential gpu.Binding // [sample][step][stride of the inputs] float32: U[t+1] of the layer below
	Error     gpu.Binding // [sample][step][stride] float32: ∂L/∂h
}

// PotentialGradientParameters are the numbers of [PotentialGradient].
type PotentialGradientParameters struct {
	Samples uint32
	Steps   uint32
	Inputs  uint32
	Neurons uint32
	Delay   uint32 // steps
}

// PotentialGradient sums the partial gradients of weights that act on potentials. Definition:
// cpuref.PotentialGradient; shader: shaders/potential_gradient.comp.
type PotentialGradient struct{ kernel }

// NewPotentialGradient builds the kernel for a device.
func NewPotentialGradient(device *gpu.Device) (*PotentialGradient, error) {
	k, err := newKernel(device, "potential_gradient", flatGroup(device, "potential_gradient"))
	return &PotentialGradient{k}, err
}

// Record records one run over a batch.
func (k *PotentialGradient) Record(stream *gpu.Stream, b PotentialGradientBuffers, p PotentialGradientParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"inputs", p.Inputs}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	inputs, rows := uint64(p.Inputs), uint64(p.Samples)*uint64(p.Steps)
	groups, err := k.flatGrid(inputs*uint64(quads(p.Neurons)), chunks(p.Samples))
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"partial gradients", b.Partial, gpu.Write, bytes(chunks(p.Samples), inputs, stride(p.Neurons))},
		{"potentials", b.Potential, gpu.Read, bytes(rows, stride(p.Inputs))},
		{"error", b.Error, gpu.Read, bytes(rows, stride(p.Neurons))},
	}, p, groups)
}
