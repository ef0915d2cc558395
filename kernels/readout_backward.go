package kernels

import "spikegrad/gpu"

// ReadoutBackwardBuffers are the arrays of [ReadoutBackward].
type ReadoutBackwardBuffers struct {
	Error gpu.Binding // [sample][step][stride] float32; read: ∂L/∂U, written: ∂L/∂h
}

// ReadoutBackwardParameters are the numbers of [ReadoutBackward].
type ReadoutBackwardParameters struct {
	Samples       uint32
	Steps         uint32
	Classes       uint32
	DecayMembrane float32
	DriveMembrane float32
	DecaySynapse  float32
}

// ReadoutBackward runs the adjoint of [ReadoutForward] in place. Definition:
// cpuref.ReadoutBackward; shader: shaders/readout_backward.comp.
type ReadoutBackward struct{ kernel }

// NewReadoutBackward builds the kernel for a device.
func NewReadoutBackward(device *gpu.Device) (*ReadoutBackward, error) {
	k, err := newKernel(device, "readout_backward", flatGroup(device, "readout_backward"))
	return &ReadoutBackward{k}, err
}

// Record records one run over a batch.
func (k *ReadoutBackward) Record(stream *gpu.Stream, b ReadoutBackwardBuffers, p ReadoutBackwardParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"classes", p.Classes}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Samples)*uint64(quads(p.Classes)), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"error", b.Error, gpu.ReadWrite, bytes(uint64(p.Samples), uint64(p.Steps), stride(p.Classes))},
	}, p, groups)
}
