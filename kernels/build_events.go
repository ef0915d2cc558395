package kernels

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// BuildEventsBuffers are the arrays of [BuildEvents].
type BuildEventsBuffers struct {
	Rows   gpu.Binding // written; [sample][step] of {begin, end} in Index
	Index  gpu.Binding // written; [sample][row of Segment][capacity] uint32
	Spikes gpu.Binding // [sample][step][word] of bits
	Used   gpu.Binding // written if compact; uint32: how many entries of Index are used
}

// BuildEventsParameters are the numbers of [BuildEvents].
type BuildEventsParameters struct {
	Samples  uint32
	Steps    uint32
	Words    uint32         // of a row of spikes
	Capacity uint32         // entries of a row of Index, at least the number of neurons
	Segment  cpuref.Segment // of Index
}

// BuildEventsChoice is what a pipeline of [BuildEvents] is built for.
type BuildEventsChoice struct {
	// Compact puts rows into Index back to back, in any order; Capacity is then the total for all
	// rows, and must suffice for all spikes.
	Compact bool
}

// BuildEvents lists the spikes of a layer for the layer above. Definition:
// cpuref.BuildEvents; shader: shaders/build_events.comp.
type BuildEvents struct {
	kernel
	choice BuildEventsChoice
}

// NewBuildEvents builds the kernel for a device.
func NewBuildEvents(device *gpu.Device, choice BuildEventsChoice) (*BuildEvents, error) {
	k, err := newKernel(device, "build_events", flatGroup(device, "build_events"), flag(choice.Compact))
	return &BuildEvents{k, choice}, err
}

// Record records one run over a batch.
func (k *BuildEvents) Record(stream *gpu.Stream, b BuildEventsBuffers, p BuildEventsParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"words", p.Words}, size{"capacity", p.Capacity}); err != nil {
		return err
	}
	if !k.choice.Compact && words(p.Capacity) < uint64(p.Words) {
		return fmt.Errorf("build_events: room for %d spikes a row asked for, %d words may hold more; give at least the number of neurons", p.Capacity, p.Words)
	}
	p.Segment = p.Segment.Of(int(p.Steps))
	samples, rows := uint64(p.Samples), uint64(p.Samples)*uint64(p.Steps)
	groups, err := k.flatGrid(samples*segmentLength(p.Segment), 1)
	if err != nil {
		return err
	}
	index := argument{"index", b.Index, gpu.Write, bytes(samples, uint64(p.Segment.Rows), uint64(p.Capacity))}
	used := argument{"used", b.Used, gpu.ReadWrite, 0}
	if k.choice.Compact {
		index.bytes, used.bytes = bytes(uint64(p.Capacity)), 4
		if err := k.fillZero(stream, used); err != nil {
			return err
		}
	}
	return k.record(stream, []argument{
		{"rows", b.Rows, gpu.Write, bytes(rows, 2)},
		index,
		{"spikes", b.Spikes, gpu.Read, bytes(rows, uint64(p.Words))},
		used,
	}, p, groups)
}
