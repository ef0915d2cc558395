package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// PoolEventsBuffers are the arrays of [PoolEvents].
type PoolEventsBuffers struct {
	Rows   gpu.Binding // written; [sample][step] of {begin, end} in Index
	Index  gpu.Binding // written; [sample][row of Segment][capacity] uint32
	Spikes gpu.Binding // [sample][step][word] of bits
}

// PoolEventsParameters are the numbers of [PoolEvents].
type PoolEventsParameters struct {
	Samples    uint32
	Steps      uint32
	Height     uint32 // positions of the layer
	Width      uint32
	CellHeight uint32 // positions pooled into one
	CellWidth  uint32
	Unit       uint32         // numbers per position
	Capacity   uint32         // entries of a row of Index, at least the number of neurons
	Segment    cpuref.Segment // of Index
}

// PoolEvents lists the spikes that a layer hands up after pooling its positions. Definition:
// cpuref.PoolEvents; shader: shaders/pool_events.comp.
type PoolEvents struct{ kernel }

// NewPoolEvents builds the kernel for a device.
func NewPoolEvents(device *gpu.Device, kind cpuref.Pool) (*PoolEvents, error) {
	k, err := newKernel(device, "pool_events", flatGroup(device, "pool_events"), uint32(kind))
	return &PoolEvents{k}, err
}

// Record records one run over a batch.
func (k *PoolEvents) Record(stream *gpu.Stream, b PoolEventsBuffers, p PoolEventsParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"capacity", p.Capacity}); err != nil {
		return err
	}
	if err := checkPooling(k.name, p.Height, p.Width, p.CellHeight, p.CellWidth, p.Unit); err != nil {
		return err
	}
	p.Segment = p.Segment.Of(int(p.Steps))
	samples, rows := uint64(p.Samples), uint64(p.Samples)*uint64(p.Steps)
	groups, err := k.flatGrid(samples*segmentLength(p.Segment), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"rows", b.Rows, gpu.Write, bytes(rows, 2)},
		{"index", b.Index, gpu.Write, bytes(samples, uint64(p.Segment.Rows), uint64(p.Capacity))},
		{"spikes", b.Spikes, gpu.Read, bytes(rows, words(p.Height*p.Width*p.Unit))},
	}, p, groups)
}
