package kernels

import "spikegrad/gpu"

// DelayGradientBuffers are the arrays of [DelayGradient].
type DelayGradientBuffers struct {
	Partial gpu.Binding // written; [chunk][stride of the inputs] float32
	Weights gpu.Binding // [input][stride] float32
	Sums    gpu.Binding // [chunk][input][stride] float32: partial gradients of the weights
	Later   gpu.Binding // the same if all spikes arrived a step later
}

// DelayGradientParameters are the numbers of [DelayGradient].
type DelayGradientParameters struct {
	Chunks  uint32
	Inputs  uint32
	Neurons uint32
	Longest uint32 // steps
}

// DelayGradient makes the partial gradients of learned delays. Definition: cpuref.DelayGradient;
// shader: shaders/delay_gradient.comp.
type DelayGradient struct{ kernel }

// NewDelayGradient builds the kernel for a device.
func NewDelayGradient(device *gpu.Device) (*DelayGradient, error) {
	k, err := newKernel(device, "delay_gradient", flatGroup(device, "delay_gradient"))
	return &DelayGradient{k}, err
}

// Record records one run over the chunks of a batch.
func (k *DelayGradient) Record(stream *gpu.Stream, b DelayGradientBuffers, p DelayGradientParameters) error {
	if err := k.positive(size{"chunks", p.Chunks}, size{"inputs", p.Inputs}, size{"neurons", p.Neurons}, size{"longest delay", p.Longest}); err != nil {
		return err
	}
	chunks, inputs := uint64(p.Chunks), uint64(p.Inputs)
	groups, err := k.flatGrid(chunks*stride(p.Inputs), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"partial gradients", b.Partial, gpu.Write, bytes(chunks, stride(p.Inputs))},
		{"weights", b.Weights, gpu.Read, bytes(inputs, stride(p.Neurons))},
		{"gradients of weights", b.Sums, gpu.Read, bytes(chunks, inputs, stride(p.Neurons))},
		{"gradients a step later", b.Later, gpu.Read, bytes(chunks, inputs, stride(p.Neurons))},
	}, p, groups)
}
