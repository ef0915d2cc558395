package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// SpikeTrainsBuffers are the arrays of [SpikeTrains].
type SpikeTrainsBuffers struct {
	Trains gpu.Binding // written; [neuron][copy][sample][word] of bits, one per step
	Rows   gpu.Binding // [sample][step] of {begin, end} in Index
	Index  gpu.Binding // uint32
}

// SpikeTrainsParameters are the numbers of [SpikeTrains].
type SpikeTrainsParameters struct {
	Neurons uint32
	Copies  uint32 // trains per neuron: the most spikes it can have in a step
	Samples uint32
	Steps   uint32
	Segment cpuref.Segment // the steps to process; Rows has all
}

// SpikeTrains turns events into spike trains. Definition: cpuref.SpikeTrains;
// shader: shaders/spike_trains.comp.
type SpikeTrains struct{ kernel }

// NewSpikeTrains builds the kernel for a device.
func NewSpikeTrains(device *gpu.Device) (*SpikeTrains, error) {
	k, err := newKernel(device, "spike_trains", flatGroup(device, "spike_trains"))
	return &SpikeTrains{k}, err
}

// Record records one run over a batch. It zeroes the trains first; with segments, only the first
// one does, so they must be run in ascending order.
func (k *SpikeTrains) Record(stream *gpu.Stream, b SpikeTrainsBuffers, p SpikeTrainsParameters) error {
	if err := k.positive(size{"neurons", p.Neurons}, size{"copies", p.Copies}, size{"samples", p.Samples}, size{"steps", p.Steps}); err != nil {
		return err
	}
	p.Segment = p.Segment.Of(int(p.Steps))
	samples := uint64(p.Samples)
	trains := argument{"trains", b.Trains, gpu.ReadWrite, bytes(uint64(p.Neurons), uint64(p.Copies), samples, words(p.Steps))}
	groups, err := k.flatGrid(samples*segmentLength(p.Segment), 1)
	if err != nil {
		return err
	}
	if p.Segment.First == 0 {
		if err := k.fillZero(stream, trains); err != nil {
			return err
		}
	}
	return k.record(stream, []argument{
		trains,
		{"rows", b.Rows, gpu.Read, bytes(samples, uint64(p.Steps), 2)},
		{"index", b.Index, gpu.Read, max(available(b.Index), 4)},
	}, p, groups)
}
