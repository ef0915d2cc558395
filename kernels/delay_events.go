package kernels

import "spikegrad/gpu"

// DelayEventsParameters are the numbers of [DelayEvents]; see cpuref.Delays.
type DelayEventsParameters struct {
	Samples uint32
	Steps   uint32
	Inputs  uint32
	Layer   uint32 // number of the layer that receives the inputs, for the random numbers
	Longest uint32 // steps
	Drawn   uint32 // 1: rounded up or down at random; 0: to the nearest step
}

// check refuses sizes of 0.
func (p *DelayEventsParameters) check(k *kernel) error {
	return k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"inputs", p.Inputs}, size{"longest delay", p.Longest})
}

// DelayEventsBuffers are the arrays of [DelayEvents].
type DelayEventsBuffers struct {
	Spikes  gpu.Binding // written; [sample][step][word] uint32: spikes when they arrive
	Rows    gpu.Binding // [sample][step] of {begin, end} in Index
	Index   gpu.Binding // uint32: inputs that spike
	Numbers gpu.Binding // uint32: seed, one unused here, then each sample's number in the run
	Shares  gpu.Binding // [stride of the inputs] float32: delays, as shares of the longest
}

// DelayEvents moves every spike by the learned delay of its input. Definition:
// cpuref.DelayEvents; shader: shaders/delay_events.comp.
type DelayEvents struct{ kernel }

// NewDelayEvents builds the kernel for a device.
func NewDelayEvents(device *gpu.Device) (*DelayEvents, error) {
	k, err := newKernel(device, "delay_events", flatGroup(device, "delay_events"))
	return &DelayEvents{k}, err
}

// Record records one run over a batch.
func (k *DelayEvents) Record(stream *gpu.Stream, b DelayEventsBuffers, p DelayEventsParameters) error {
	if err := p.check(&k.kernel); err != nil {
		return err
	}
	rows := uint64(p.Samples) * uint64(p.Steps)
	groups, err := k.flatGrid(rows, 1)
	if err != nil {
		return err
	}
	spikes := argument{"spikes", b.Spikes, gpu.ReadWrite, bytes(rows, words(p.Inputs))}
	if err := k.fillZero(stream, spikes); err != nil {
		return err
	}
	return k.record(stream, []argument{
		spikes,
		{"rows", b.Rows, gpu.Read, bytes(rows, 2)},
		{"index", b.Index, gpu.Read, max(available(b.Index), 4)},
		{"numbers", b.Numbers, gpu.Read, bytes(uint64(p.Samples) + 2)},
		{"shares", b.Shares, gpu.Read, bytes(stride(p.Inputs))},
	}, p, groups)
}
