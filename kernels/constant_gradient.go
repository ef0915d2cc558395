package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// ConstantGradientBuffers are the arrays of [ConstantGradient].
type ConstantGradientBuffers struct {
	Partial    gpu.Binding // written; [chunk][stride of a position, or of 1] float32
	Samplewise gpu.Binding // [sample][learned][stride] float32: the sums from [LIFBackward]
	Varied     gpu.Binding // from [LearnedConstants]
}

// ConstantGradientParameters are the numbers of [ConstantGradient].
type ConstantGradientParameters struct {
	Samples  uint32
	Neurons  uint32
	Filters  uint32 // neurons per position; 0: all, as in a dense layer
	Constant uint32 // cpuref.Constant
	Place    uint32 // of the constant among the learned ones
	Count    uint32 // of learned constants
}

// ConstantGradientChoice is what a pipeline of [ConstantGradient] is built for.
type ConstantGradientChoice struct {
	Common bool // one constant for all neurons of a layer
}

// ConstantGradient sums the derivatives with respect to a learned constant over the samples of each
// chunk. Definition: cpuref.ConstantGradient; shader: shaders/constant_gradient.comp.
type ConstantGradient struct {
	kernel
	choice ConstantGradientChoice
}

// NewConstantGradient builds the kernel for a device.
func NewConstantGradient(device *gpu.Device, choice ConstantGradientChoice) (*ConstantGradient, error) {
	k, err := newKernel(device, "constant_gradient", flatGroup(device, "constant_gradient"), flag(choice.Common))
	return &ConstantGradient{k, choice}, err
}

// Record records one run over a batch.
func (k *ConstantGradient) Record(stream *gpu.Stream, b ConstantGradientBuffers, p ConstantGradientParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"neurons", p.Neurons}, size{"count", p.Count}); err != nil {
		return err
	}
	if p.Filters == 0 {
		p.Filters = p.Neurons
	}
	unit := stride(p.Filters)
	lanes := chunks(p.Samples) * unit
	if k.choice.Common {
		unit, lanes = cpuref.Lane, chunks(p.Samples)*uint64(k.group)
	}
	groups, err := k.flatGrid(lanes, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"partial gradients", b.Partial, gpu.Write, bytes(chunks(p.Samples), unit)},
		{"derivatives of samples", b.Samplewise, gpu.Read, bytes(uint64(p.Samples), uint64(p.Count), stride(p.Neurons))},
		{"learned constants", b.Varied, gpu.Read, variedBytes(p.Neurons)},
	}, p, groups)
}
