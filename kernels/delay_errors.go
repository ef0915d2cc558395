package kernels

import "spikegrad/gpu"

// DelayErrorsParameters are the numbers of [DelayErrors], the same as of [DelayEvents].
type DelayErrorsParameters struct {
	Samples uint32
	Steps   uint32
	Inputs  uint32
	Layer   uint32 // number of the layer that receives the inputs, for the random numbers
	Longest uint32 // steps
	Drawn   uint32 // 1: rounded up or down at random; 0: to the nearest step
}

// DelayErrorsBuffers are the arrays of [DelayErrors].
type DelayErrorsBuffers struct {
	Error   gpu.Binding // read and written; [sample][step][stride] float32: ∂L/∂S
	Numbers gpu.Binding // as in [DelayEventsBuffers]
	Shares  gpu.Binding // the same
}

// DelayErrors carries errors back through [DelayEvents]. Definition: cpuref.DelayErrors; shader:
// shaders/delay_errors.comp.
type DelayErrors struct{ kernel }

// NewDelayErrors builds the kernel for a device.
func NewDelayErrors(device *gpu.Device) (*DelayErrors, error) {
	k, err := newKernel(device, "delay_errors", flatGroup(device, "delay_errors"))
	return &DelayErrors{k}, err
}

// Record records one run over a batch.
func (k *DelayErrors) Record(stream *gpu.Stream, b DelayErrorsBuffers, p DelayErrorsParameters) error {
	if err := (*DelayEventsParameters)(&p).check(&k.kernel); err != nil {
		return err
	}
	samples := uint64(p.Samples)
	groups, err := k.flatGrid(samples*uint64(p.Inputs), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"error", b.Error, gpu.ReadWrite, bytes(samples, uint64(p.Steps), stride(p.Inputs))},
		{"numbers", b.Numbers, gpu.Read, bytes(samples + 2)},
		{"shares", b.Shares, gpu.Read, bytes(stride(p.Inputs))},
	}, p, groups)
}
