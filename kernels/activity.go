package kernels

import (
	"fmt"

	"spikegrad/gpu"
)

// ActivityBuffers are the arrays of [Activity].
type ActivityBuffers struct {
	SpikeError gpu.Binding // added to; [sample][stride] float32
	Loss       gpu.Binding // added to; [sample] float32
	Counts     gpu.Binding // [sample][stride] uint32
}

// ActivityParameters are the numbers of [Activity].
type ActivityParameters struct {
	Samples     uint32
	Neurons     uint32
	Filters     uint32  // neurons per position; 0: all, as in a dense layer
	Group       uint32  // neurons whose counts are averaged first; divides Neurons
	Threshold   float32 // spikes
	InverseSize float32 // 1/Group
	LossFactor  float32
	ErrorFactor float32
}

// ActivityChoice is what a pipeline of [Activity] is built for.
type ActivityChoice struct {
	Lower   bool // penalize counts below the threshold, not above
	Squared bool // the square of the excess, not the excess
}

// Activity adds a regularizer on the activity of a layer. Definition:
// cpuref.Activity; shader: shaders/activity.comp.
type Activity struct{ kernel }

// NewActivity builds the kernel for a device.
func NewActivity(device *gpu.Device, choice ActivityChoice) (*Activity, error) {
	k, err := newKernel(device, "activity", flatGroup(device, "activity"), flag(choice.Lower), flag(choice.Squared))
	return &Activity{k}, err
}

// Record records one run over a batch.
func (k *Activity) Record(stream *gpu.Stream, b ActivityBuffers, p ActivityParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"neurons", p.Neurons}, size{"group", p.Group}); err != nil {
		return err
	}
	if p.Neurons%p.Group != 0 {
		return fmt.Errorf("activity: groups of %d neurons asked for, the layer has %d; use a divisor of that", p.Group, p.Neurons)
	}
	if p.Filters == 0 {
		p.Filters = p.Neurons
	}
	samples := uint64(p.Samples)
	groups, err := k.flatGrid(samples, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"spike error", b.SpikeError, gpu.ReadWrite, bytes(samples, stride(p.Neurons))},
		{"loss", b.Loss, gpu.ReadWrite, bytes(samples)},
		{"counts", b.Counts, gpu.Read, bytes(samples, stride(p.Neurons))},
	}, p, groups)
}
