package kernels

import (
	"unsafe"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// OptimizerBuffers are the arrays of [Optimizer].
type OptimizerBuffers struct {
	Weights  gpu.Binding // read and written; [count] float32
	State0   gpu.Binding // the same; velocity, first moment, g
	State1   gpu.Binding // the same; second moment, g2; not for SGD
	State2   gpu.Binding // the same; mem; only for SMORMS3
	Gradient gpu.Binding // [count] float32, summed over the batch
	Update   gpu.Binding // the ten float32 of cpuref.UpdateParameters, in the order of its fields
}

// OptimizerParameters are the numbers of [Optimizer].
type OptimizerParameters struct {
	Count uint32 // weights, including padding
}

// OptimizerChoice is what a pipeline of [Optimizer] is built for.
type OptimizerChoice struct {
	Kind uint32 // cpuref.Optimizer
}

// Optimizer updates weights from their gradients. Definition: cpuref.OptimizerUpdate; shader:
// shaders/optimizer.comp.
type Optimizer struct {
	kernel
	choice OptimizerChoice
}

// NewOptimizer builds the kernel for a device.
func NewOptimizer(device *gpu.Device, choice OptimizerChoice) (*Optimizer, error) {
	k, err := newKernel(device, "optimizer", flatGroup(device, "optimizer"), choice.Kind)
	return &Optimizer{k, choice}, err
}

// Record records one update.
func (k *Optimizer) Record(stream *gpu.Stream, b OptimizerBuffers, p OptimizerParameters) error {
	if err := k.positive(size{"count", p.Count}); err != nil {
		return err
	}
	count := uint64(p.Count)
	state1 := argument{"state 1", b.State1, gpu.ReadWrite, 0}
	state2 := argument{"state 2", b.State2, gpu.ReadWrite, 0}
	if k.choice.Kind != uint32(cpuref.OptimizerSGD) {
		state1.bytes = bytes(count)
	}
	if k.choice.Kind == uint32(cpuref.OptimizerSMORMS3) {
		state2.bytes = bytes(count)
	}
	groups, err := k.flatGrid(count, 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"weights", b.Weights, gpu.ReadWrite, bytes(count)},
		{"state 0", b.State0, gpu.ReadWrite, bytes(count)},
		state1,
		state2,
		{"gradient", b.Gradient, gpu.Read, bytes(count)},
		{"update parameters", b.Update, gpu.Read, uint64(unsafe.Sizeof(cpuref.UpdateParameters[float32]{}))},
	}, p, groups)
}
