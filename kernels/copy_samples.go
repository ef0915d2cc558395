package kernels

import (
	"fmt"

	"spikegrad/gpu"
)

// CopySamplesBuffers are the arrays of [CopySamples].
type CopySamplesBuffers struct {
	To      gpu.Binding // written; [sample][ToStride]
	From    gpu.Binding // [sample][FromStride]
	Sources gpu.Binding // [sample] uint32: which sample of From
}

// CopySamplesParameters are the numbers of [CopySamples].
type CopySamplesParameters struct {
	Samples    uint32
	Words      uint32 // to copy from the beginning of each sample
	ToStride   uint32 // words per sample
	FromStride uint32
}

// CopySamples copies the first words of samples in one array to samples in another.
// Definition: cpuref.CopySamples; shader: shaders/copy_samples.comp.
type CopySamples struct{ kernel }

// NewCopySamples builds the kernel for a device.
func NewCopySamples(device *gpu.Device) (*CopySamples, error) {
	k, err := newKernel(device, "copy_samples", flatGroup(device, "copy_samples"))
	return &CopySamples{k}, err
}

// Record records one run. No source may be beyond the samples of From.
func (k *CopySamples) Record(stream *gpu.Stream, b CopySamplesBuffers, p CopySamplesParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"words", p.Words}); err != nil {
		return err
	}
	if p.Words > p.ToStride || p.Words > p.FromStride {
		return fmt.Errorf("copy_samples: %d words of samples of %d and %d: they must fit both", p.Words, p.FromStride, p.ToStride)
	}
	groups, err := k.flatGrid(uint64(p.Samples)*uint64(p.Words), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"to", b.To, gpu.Write, bytes(uint64(p.Samples), uint64(p.ToStride))},
		{"from", b.From, gpu.Read, max(available(b.From), bytes(uint64(p.FromStride)))},
		{"sources", b.Sources, gpu.Read, bytes(uint64(p.Samples))},
	}, p, groups)
}
