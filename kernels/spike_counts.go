package kernels

import "spikegrad/gpu"

// SpikeCountsBuffers are the arrays of [SpikeCounts].
type SpikeCountsBuffers struct {
	Counts gpu.Binding // written; [sample][stride] uint32
	Trains gpu.Binding // [neuron][sample][word] of bits, one per step
}

// SpikeCountsParameters are the numbers of [SpikeCounts].
type SpikeCountsParameters struct {
	Neurons uint32
	Samples uint32
	Steps   uint32
}

// SpikeCounts counts the spikes of every neuron in every sample. Definition:
// cpuref.SpikeCounts; shader: shaders/spike_counts.comp.
type SpikeCounts struct{ kernel }

// NewSpikeCounts builds the kernel for a device.
func NewSpikeCounts(device *gpu.Device) (*SpikeCounts, error) {
	k, err := newKernel(device, "spike_counts", flatGroup(device, "spike_counts"))
	return &SpikeCounts{k}, err
}

// Record records one run over a batch.
func (k *SpikeCounts) Record(stream *gpu.Stream, b SpikeCountsBuffers, p SpikeCountsParameters) error {
	if err := k.positive(size{"neurons", p.Neurons}, size{"samples", p.Samples}, size{"steps", p.Steps}); err != nil {
		return err
	}
	counts := uint64(p.Samples) * stride(p.Neurons)
	groups, err := k.flatGrid(counts, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"counts", b.Counts, gpu.Write, bytes(counts)},
		{"trains", b.Trains, gpu.Read, bytes(uint64(p.Neurons), uint64(p.Samples), words(p.Steps))},
	}, p, groups)
}
