package kernels

import "spikegrad/gpu"

// SpikeDistanceBuffers are the arrays of [SpikeDistance].
type SpikeDistanceBuffers struct {
	Distance gpu.Binding // written; [sample][stride] float32
	Error    gpu.Binding // written if asked for; [sample][step][stride] float32
	Spikes   gpu.Binding // [sample][step][word] uint32
	Targets  gpu.Binding // [sample][step][word] uint32
}

// SpikeDistanceParameters are the numbers of [SpikeDistance].
type SpikeDistanceParameters struct {
	Samples       uint32
	Steps         uint32
	Neurons       uint32
	DecayMembrane float32
	DriveMembrane float32
	DecaySynapse  float32
	Scale         float32
	HalfScale     float32
}

// SpikeDistanceChoice is what a pipeline of [SpikeDistance] is built for.
type SpikeDistanceChoice struct {
	Kind       uint32 // cpuref.Loss
	WriteError bool   // write the derivative as well
}

// SpikeDistance computes the distance of spikes from target spikes, and its derivative. Definition:
// cpuref.SpikeDistance; shader: shaders/spike_distance.comp.
type SpikeDistance struct {
	kernel
	choice SpikeDistanceChoice
}

// NewSpikeDistance builds the kernel for a device.
func NewSpikeDistance(device *gpu.Device, choice SpikeDistanceChoice) (*SpikeDistance, error) {
	k, err := newKernel(device, "spike_distance", flatGroup(device, "spike_distance"), choice.Kind, flag(choice.WriteError))
	return &SpikeDistance{k, choice}, err
}

// Record records one run over a batch.
func (k *SpikeDistance) Record(stream *gpu.Stream, b SpikeDistanceBuffers, p SpikeDistanceParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	samples, rows, row := uint64(p.Samples), uint64(p.Samples)*uint64(p.Steps), stride(p.Neurons)
	slope := argument{"error", b.Error, gpu.Write, 0}
	if k.choice.WriteError {
		slope.bytes = bytes(rows, row)
	}
	groups, err := k.flatGrid(samples*row, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"distance", b.Distance, gpu.Write, bytes(samples, row)},
		slope,
		{"spikes", b.Spikes, gpu.Read, bytes(rows, words(p.Neurons))},
		{"targets", b.Targets, gpu.Read, bytes(rows, words(p.Neurons))},
	}, p, groups)
}
