package kernels

import "spikegrad/gpu"

// PhiloxBuffers are the arrays of [Philox].
type PhiloxBuffers struct {
	Words    gpu.Binding // written; [count][4] uint32
	Counters gpu.Binding // [count][4] uint32
	Keys     gpu.Binding // [count][2] uint32
}

// PhiloxParameters are the numbers of [Philox].
type PhiloxParameters struct {
	Count uint32
}

// Philox computes words of Philox4x32-10, for comparing generators. Definition: cpuref.Philox;
// shader: shaders/philox.comp.
type Philox struct{ kernel }

// NewPhilox builds the kernel for a device.
func NewPhilox(device *gpu.Device) (*Philox, error) {
	k, err := newKernel(device, "philox", flatGroup(device, "philox"))
	return &Philox{k}, err
}

// Record records one run.
func (k *Philox) Record(stream *gpu.Stream, b PhiloxBuffers, p PhiloxParameters) error {
	if err := k.positive(size{"count", p.Count}); err != nil {
		return err
	}
	count := uint64(p.Count)
	groups, err := k.flatGrid(count, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"words", b.Words, gpu.Write, bytes(count, 4)},
		{"counters", b.Counters, gpu.Read, bytes(count, 4)},
		{"keys", b.Keys, gpu.Read, bytes(count, 2)},
	}, p, groups)
}
