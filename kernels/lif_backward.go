package kernels

import (
	"fmt"

	"spikegrad/gpu"
)

// LIFBackwardBuffers are the arrays of [LIFBackward].
type LIFBackwardBuffers struct {
	Error               gpu.Binding // [sample][step][stride] float32; read: ∂L/∂S from above, written: ∂L/∂h
	Spikes              gpu.Binding // [sample][step][word] of bits
	Membrane            gpu.Binding // [sample][step][stride] float32
	Current             gpu.Binding // the same shape; only to differentiate the multiplicative reset
	SpikeError          gpu.Binding // [sample][stride] float32
	RecurrentTransposed gpu.Binding // [neuron][stride] float32, with recurrence
}

// LIFBackwardParameters are the numbers of [LIFBackward].
type LIFBackwardParameters struct {
	Samples             uint32
	Steps               uint32
	Neurons             uint32
	RecurrentDelay      uint32 // steps
	DecayMembrane       float32
	DriveMembrane       float32
	DecaySynapse        float32
	Threshold           float32
	SurrogateParameter0 float32
	SurrogateParameter1 float32
	SurrogateParameter2 float32
}

// LIFBackwardChoice is what a pipeline of [LIFBackward] is built for.
type LIFBackwardChoice struct {
	Neurons            uint32
	Surrogate          uint32 // cpuref.Surrogate
	Reset              uint32 // cpuref.Reset
	DifferentiateReset bool
	Recurrent          bool
	Spread             Spread // the zero value: as suits the device
}

// LIFBackward is the reverse of [LIFForward], in place and backwards in time.
// Definition: cpuref.LIFBackward; shader: shaders/lif_backward.comp.
type LIFBackward struct {
	kernel
	choice LIFBackwardChoice
}

// NewLIFBackward builds the kernel for a device.
func NewLIFBackward(device *gpu.Device, choice LIFBackwardChoice) (*LIFBackward, error) {
	const name = "lif_backward"
	if choice.Spread == (Spread{}) {
		choice.Spread = SpreadQuads(device.Info(), choice.Neurons, choice.Recurrent)
	}
	if err := choice.Spread.check(name, choice.Neurons, choice.Recurrent); err != nil {
		return nil, err
	}
	shared := uint32(1)
	if choice.Recurrent {
		shared = choice.Spread.Samples * quads(choice.Neurons)
	}
	// Two halves of 16 bytes a quad.
	if limit := device.Info().MaxSharedMemory; 32*uint64(shared) > uint64(limit) {
		return nil, fmt.Errorf("lif_backward: recurrence of %d neurons needs %d bytes of shared memory, device %s has %d; use fewer neurons a layer",
			choice.Neurons, 32*uint64(shared), device.Info().Name, limit)
	}
	k, err := newKernel(device, name, 6, 44, choice.Spread.group(), choice.Surrogate, choice.Reset,
		flag(choice.DifferentiateReset), flag(choice.Recurrent), choice.Spread.Lanes, choice.Spread.Blocks, shared)
	return &LIFBackward{k, choice}, err
}

// Record records one run over a batch.
func (k *LIFBackward) Record(stream *gpu.Stream, b LIFBackwardBuffers, p LIFBackwardParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	if p.Neurons != k.choice.Neurons {
		return fmt.Errorf("lif_backward: %d neurons asked for, the pipeline is for %d; build another", p.Neurons, k.choice.Neurons)
	}
	rows, row := uint64(p.Samples)*uint64(p.Steps), stride(p.Neurons)
	current := argument{"current", b.Current, gpu.Read, 0}
	if k.choice.DifferentiateReset && k.choice.Reset == resetMultiplicative {
		current.bytes = bytes(rows, row)
	}
	recurrent := argument{"transposed recurrent weights", b.RecurrentTransposed, gpu.Read, 0}
	if k.choice.Recurrent {
		recurrent.bytes = bytes(uint64(p.Neurons), row)
	}
	groups, err := k.choice.Spread.grid(&k.kernel, p.Neurons, p.Samples)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"error", b.Error, gpu.ReadWrite, bytes(rows, row)},
		{"spikes", b.Spikes, gpu.Read, bytes(rows, words(p.Neurons))},
		{"membrane", b.Membrane, gpu.Read, bytes(rows, row)},
		current,
		{"spike error", b.SpikeError, gpu.Read, bytes(uint64(p.Samples), row)},
		recurrent,
	}, p, groups)
}
