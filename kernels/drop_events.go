package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// DropEventsBuffers are the arrays of [DropEvents].
type DropEventsBuffers struct {
	Rows    gpu.Binding // read and written; [sample][step] of {begin, end} in Index
	Index   gpu.Binding // read and written; uint32: numbers that a layer hands up
	Numbers gpu.Binding // uint32: seed, one unused here, then each sample's number in the run
}

// DropEventsParameters are the numbers of [DropEvents].
type DropEventsParameters struct {
	Samples  uint32
	Steps    uint32
	Layer    uint32         // number of the layer in the network, for the random numbers
	Rate     float32        // as in cpuref.Dropout
	Together uint32         // the same; 1: true
	Segment  cpuref.Segment // the steps to process
}

// DropEvents drops, in training, some of what a layer hands up. Definition: cpuref.DropEvents;
// shader: shaders/drop_events.comp.
type DropEvents struct{ kernel }

// NewDropEvents builds the kernel for a device.
func NewDropEvents(device *gpu.Device) (*DropEvents, error) {
	k, err := newKernel(device, "drop_events", flatGroup(device, "drop_events"))
	return &DropEvents{k}, err
}

// Record records one run over a batch.
func (k *DropEvents) Record(stream *gpu.Stream, b DropEventsBuffers, p DropEventsParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}); err != nil {
		return err
	}
	p.Segment = p.Segment.Of(int(p.Steps))
	samples := uint64(p.Samples)
	groups, err := k.flatGrid(samples*segmentLength(p.Segment), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"rows", b.Rows, gpu.ReadWrite, bytes(samples, uint64(p.Steps), 2)},
		{"index", b.Index, gpu.ReadWrite, max(available(b.Index), 4)},
		{"numbers", b.Numbers, gpu.Read, bytes(samples + 2)},
	}, p, groups)
}
