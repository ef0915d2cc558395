package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// DropErrorsBuffers are the arrays of [DropErrors].
type DropErrorsBuffers struct {
	Error   gpu.Binding // read and written; [sample][row of Segment][stride] float32: ∂L/∂S of what a layer hands up
	Numbers gpu.Binding // uint32: seed, one unused here, then each sample's number in the run
}

// DropErrorsParameters are the numbers of [DropErrors].
type DropErrorsParameters struct {
	Samples  uint32
	Steps    uint32
	Neurons  uint32         // numbers that the layer hands up
	Layer    uint32         // number of the layer in the network, for the random numbers
	Rate     float32        // as in cpuref.Dropout
	Scale    float32        // the same
	Together uint32         // the same; 1: true
	Segment  cpuref.Segment // of Error
}

// DropErrors carries errors back through [DropEvents]. Definition: cpuref.DropErrors;
// shader: shaders/drop_errors.comp.
type DropErrors struct{ kernel }

// NewDropErrors builds the kernel for a device.
func NewDropErrors(device *gpu.Device) (*DropErrors, error) {
	k, err := newKernel(device, "drop_errors", flatGroup(device, "drop_errors"))
	return &DropErrors{k}, err
}

// Record records one run over a batch.
func (k *DropErrors) Record(stream *gpu.Stream, b DropErrorsBuffers, p DropErrorsParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	p.Segment = p.Segment.Of(int(p.Steps))
	samples := uint64(p.Samples)
	groups, err := k.flatGrid(samples*segmentLength(p.Segment)*uint64(quads(p.Neurons)), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"error", b.Error, gpu.ReadWrite, bytes(samples, uint64(p.Segment.Rows), stride(p.Neurons))},
		{"numbers", b.Numbers, gpu.Read, bytes(samples + 2)},
	}, p, groups)
}
