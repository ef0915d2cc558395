package kernels

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// LIFBackwardBuffers are the arrays of [LIFBackward].
type LIFBackwardBuffers struct {
	Error               gpu.Binding // [sample][row of Segment][stride] float32; read: ∂L/∂S from above, written: ∂L/∂h
	Spikes              gpu.Binding // [sample][step][word] of bits
	Membrane            gpu.Binding // [sample][row of Segment][stride] float32
	Lost                gpu.Binding // the same shape: what a spike subtracts from the membrane; only to differentiate a reset that depends on states
	SpikeError          gpu.Binding // [sample][stride] float32
	RecurrentTransposed gpu.Binding // [neuron][stride] float32, with recurrence
	States              gpu.Binding // [sample][state][stride] float32: adjoints, read where a segment ends, written where it begins
	ConstantsOfLayer    gpu.Binding // of the neurons, from [NeuronConstants]
	RecurrentGeometry   gpu.Binding // from [WindowNumbers], with a recurrent convolution
	Varied              gpu.Binding // from [LearnedConstants], with learned constants
	Trace               gpu.Binding // likewise, from [LIFForward]
	ConstantErrors      gpu.Binding // likewise, written; [sample][learned][stride] float32, read where a segment ends
	Shown               gpu.Binding // Error again, through which lanes exchange errors of wide recurrence
}

// LIFBackwardParameters are the numbers of [LIFBackward].
type LIFBackwardParameters struct {
	Samples        uint32
	Steps          uint32
	Neurons        uint32
	Filters        uint32         // neurons per position; 0: all, as in a dense layer
	RecurrentDelay uint32         // steps
	Recurrent      cpuref.Window  // geometry of the recurrent connection, as in the buffer
	Segment        cpuref.Segment // of Error, Membrane, Lost and Trace, which hold a row before and RecurrentDelay rows after it
}

// LIFBackwardChoice is what a pipeline of [LIFBackward] is built for.
type LIFBackwardChoice struct {
	Neurons            uint32
	Model              uint32 // cpuref.NeuronModel
	Surrogate          uint32 // cpuref.Surrogate
	Reset              uint32 // cpuref.Reset
	DifferentiateReset bool
	Recurrent          bool
	Limited            bool   // the surrogate derivative is 0 outside of a range
	Convolution        bool   // the recurrent connection has a window
	Learn              uint32 // cpuref.LearnedSet
	Refractory         uint32 // steps without a spike after a spike, at most cpuref.MostRefractory
	Spread             Spread // the zero value: chosen for the device
	Depth              uint32 // samples per lane; 0: chosen for the device
	Ahead              bool   // each step loads what the next one needs, on every device, whatever its form; for tests
	Wide               bool   // recurrence through Shown; implied if there is not enough shared memory
}

// LIFBackward is the adjoint of [LIFForward], in place and backwards in time. Definition:
// cpuref.LIFBackward; shader: shaders/lif_backward.comp.
type LIFBackward struct {
	kernel
	choice LIFBackwardChoice
}

// NewLIFBackward builds the kernel for a device.
func NewLIFBackward(device *gpu.Device, choice LIFBackwardChoice) (*LIFBackward, error) {
	const name = "lif_backward"
	if choice.Spread == (Spread{}) {
		choice.Spread = spreadQuads(device.Info(), device.Tuning().Group(name), choice.Neurons, softwareBackwardBlocks, choice.Recurrent)
	}
	if err := choice.Spread.check(name, choice.Neurons, choice.Recurrent); err != nil {
		return nil, err
	}
	if choice.Depth == 0 {
		choice.Depth = backwardDepth(device.Info(), choice)
	}
	choice.Wide = choice.Recurrent && (choice.Wide || sharedBytes*choice.shared() > uint64(device.Info().MaxSharedMemory))
	shared := uint32(1)
	if !choice.Wide {
		shared = uint32(choice.shared())
	}
	k, err := newKernel(device, name, choice.Spread.group(), choice.Surrogate, choice.Reset,
		flag(choice.DifferentiateReset), flag(choice.Recurrent), choice.Spread.Lanes, choice.Spread.Blocks, choice.Depth, shared, flag(choice.Convolution), flag(choice.Limited), choice.Model, choice.Learn, choice.Refractory, flag(choice.Wide), flag(choice.Ahead || HasForm(device, FormLoadAhead)))
	return &LIFBackward{k, choice}, err
}

// sharedBytes is the shared memory for a quad that lanes exchange: two halves of 16 bytes.
const sharedBytes = 32

// shared is how many quads the lanes of a workgroup exchange.
func (c *LIFBackwardChoice) shared() uint64 {
	if !c.Recurrent {
		return 1
	}
	return uint64(c.Spread.Samples) * uint64(c.Depth) * uint64(quads(c.Neurons))
}

// backwardDepth chooses the number of samples per lane: on a software driver, loads of weights cost
// most, and lanes are few. With learned constants, whose sums a lane keeps for each sample, such a
// driver takes minutes to compile for more than one.
func backwardDepth(info gpu.DeviceInfo, c LIFBackwardChoice) uint32 {
	c.Depth = 1
	if info.Type == gpu.Software && c.Recurrent && c.Learn == 0 {
		c.Depth = softwareDepth
		for c.Depth > 1 && sharedBytes*c.shared() > uint64(info.MaxSharedMemory) {
			c.Depth /= 2
		}
	}
	return c.Depth
}

// Record records one run over a batch.
func (k *LIFBackward) Record(stream *gpu.Stream, b LIFBackwardBuffers, p LIFBackwardParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	if p.Neurons != k.choice.Neurons {
		return fmt.Errorf("lif_backward: %d neurons asked for, the pipeline is for %d; build another", p.Neurons, k.choice.Neurons)
	}
	if p.Filters == 0 {
		p.Filters = p.Neurons
	}
	p.Segment = p.Segment.Of(int(p.Steps))
	rows, row := uint64(p.Samples)*uint64(p.Steps), stride(p.Neurons)
	held := uint64(p.Samples) * uint64(p.Segment.Rows)
	lost := argument{"lost", b.Lost, gpu.Read, 0}
	if k.choice.DifferentiateReset && k.choice.Reset != uint32(cpuref.ResetSubtractive) {
		lost.bytes = bytes(held, row)
	}
	recurrent := argument{"transposed recurrent weights", b.RecurrentTransposed, gpu.Read, 0}
	if k.choice.Recurrent {
		recurrent.bytes = bytes(uint64(p.Recurrent.Blocks()), uint64(p.Filters), stride(p.Filters))
	}
	geometry := argument{"recurrent geometry", b.RecurrentGeometry, gpu.Read, 0}
	if k.choice.Recurrent && k.choice.Convolution {
		geometry.bytes = windowBytes
	}
	varied := argument{"learned constants", b.Varied, gpu.Read, 0}
	trace := argument{"trace", b.Trace, gpu.Read, 0}
	constants := argument{"constant errors", b.ConstantErrors, gpu.ReadWrite, 0}
	if learned := uint64(cpuref.LearnedSet(k.choice.Learn).Count()); learned > 0 {
		varied.bytes, trace.bytes = variedBytes(p.Neurons), bytes(held, statesOf(k.choice.Model), row)
		constants.bytes = bytes(uint64(p.Samples), learned, row)
	}
	shown := argument{"shown error", b.Shown, gpu.ReadWrite, 0}
	if k.choice.Wide {
		shown.bytes = bytes(held, row)
	}
	groups, err := k.choice.Spread.grid(&k.kernel, p.Neurons, uint32(ceil(uint64(p.Samples), uint64(k.choice.Depth))))
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"error", b.Error, gpu.ReadWrite, bytes(held, row)},
		{"spikes", b.Spikes, gpu.Read, bytes(rows, words(p.Neurons))},
		{"membrane", b.Membrane, gpu.Read, bytes(held, row)},
		lost,
		{"spike error", b.SpikeError, gpu.Read, bytes(uint64(p.Samples), row)},
		recurrent,
		{"states", b.States, gpu.ReadWrite, stateBytes(p.Segment, p.Steps, p.Samples, statesOf(k.choice.Model), row)},
		{"constants", b.ConstantsOfLayer, gpu.Read, constantBytes},
		geometry,
		varied,
		trace,
		constants,
		shown,
	}, p, groups)
}
