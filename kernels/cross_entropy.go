package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// CrossEntropyBuffers are the arrays of [CrossEntropy].
type CrossEntropyBuffers struct {
	Loss       gpu.Binding // written; [sample] float32
	Predicted  gpu.Binding // written; [sample] uint32
	Logits     gpu.Binding // written; [sample][stride] float32
	Error      gpu.Binding // written if asked for; [sample][step][stride] float32; not for spike counts
	SpikeError gpu.Binding // written instead of Error for spike counts; [sample][stride] float32
	Readout    gpu.Binding // [sample][step][stride] float32; not for spike counts
	Counts     gpu.Binding // [sample][stride] uint32; only for spike counts
	Labels     gpu.Binding // [sample] uint32, each below the number of classes
}

// CrossEntropyParameters are the numbers of [CrossEntropy].
type CrossEntropyParameters struct {
	Samples uint32
	Steps   uint32
	Classes uint32
}

// CrossEntropyChoice is what a pipeline of [CrossEntropy] is built for.
type CrossEntropyChoice struct {
	Kind       uint32 // cpuref.Loss
	WriteError bool   // write the derivative as well
	Lanes      uint32 // lanes per sample; 0: chosen for the device
	Samples    uint32 // samples per workgroup; likewise
}

// CrossEntropy computes losses, predictions and their derivative. Definition:
// cpuref.CrossEntropy; shader: shaders/cross_entropy.comp.
type CrossEntropy struct {
	kernel
	choice CrossEntropyChoice
}

// NewCrossEntropy builds the kernel for a device.
func NewCrossEntropy(device *gpu.Device, choice CrossEntropyChoice) (*CrossEntropy, error) {
	const name = "cross_entropy"
	if group := flatGroup(device, name); choice.Lanes == 0 {
		choice.Lanes, choice.Samples = group, 1
		if device.Info().Type == gpu.Software {
			choice.Lanes, choice.Samples = 1, group
		}
	}
	k, err := newKernel(device, name, choice.Lanes*choice.Samples, choice.Kind, flag(choice.WriteError), choice.Lanes)
	return &CrossEntropy{k, choice}, err
}

// Record records one run over a batch. If the loss depends on single steps, it zeroes the errors of
// all steps first.
func (k *CrossEntropy) Record(stream *gpu.Stream, b CrossEntropyBuffers, p CrossEntropyParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"classes", p.Classes}); err != nil {
		return err
	}
	samples, row := uint64(p.Samples), stride(p.Classes)
	overTime := bytes(samples, uint64(p.Steps), row)
	overSteps := argument{"error", b.Error, gpu.Write, 0}
	spikeError := argument{"spike error", b.SpikeError, gpu.Write, 0}
	readout := argument{"readout", b.Readout, gpu.Read, 0}
	counts := argument{"counts", b.Counts, gpu.Read, 0}
	if k.choice.Kind == uint32(cpuref.LossCounts) {
		counts.bytes = bytes(samples, row)
	} else {
		readout.bytes = overTime
	}
	switch {
	case !k.choice.WriteError:
	case k.choice.Kind == uint32(cpuref.LossCounts):
		spikeError.bytes = bytes(samples, row)
	default:
		overSteps.bytes = overTime
	}
	groups, err := k.flatGrid(samples*uint64(k.choice.Lanes), 1)
	if err != nil {
		return err
	}
	if overSteps.bytes > 0 && k.choice.Kind != uint32(cpuref.LossSumOfSoftmax) {
		if err := k.fillZero(stream, overSteps); err != nil {
			return err
		}
	}
	return k.record(stream, []argument{
		{"loss", b.Loss, gpu.Write, bytes(samples)},
		{"predicted", b.Predicted, gpu.Write, bytes(samples)},
		{"logits", b.Logits, gpu.ReadWrite, bytes(samples, row)},
		overSteps,
		spikeError,
		readout,
		counts,
		{"labels", b.Labels, gpu.Read, bytes(samples)},
	}, p, groups)
}
