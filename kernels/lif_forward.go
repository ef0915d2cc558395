package kernels

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// LIFForwardBuffers are the arrays of [LIFForward].
type LIFForwardBuffers struct {
	Spikes           gpu.Binding // written; [sample][step][word] of bits
	Membrane         gpu.Binding // written; with sums, [InputSums] wrote there before; [sample][row of Segment][stride] float32
	Lost             gpu.Binding // written if StoreLost; the same shape: what a spike subtracts from the membrane
	Rows             gpu.Binding // [sample][step] of {begin, end} in Index: input spikes
	Index            gpu.Binding // uint32: numbers of the inputs
	InputWeights     gpu.Binding // [input][stride] float32
	RecurrentWeights gpu.Binding // [neuron][stride] float32, with recurrence
	Numbers          gpu.Binding // uint32: seed, stream, each sample's number in the run; then flips, if any
	States           gpu.Binding // [sample][state][stride] float32, read where a segment begins, written where it ends
	ConstantsOfLayer gpu.Binding // of the neurons, from [NeuronConstants]
	Bias             gpu.Binding // [stride] of a position, with biases
	// From [WindowNumbers], for the connections of a convolution.
	InputGeometry, RecurrentGeometry gpu.Binding
	Varied                           gpu.Binding // from [LearnedConstants], if constants differ
	Trace                            gpu.Binding // likewise, written; [sample][row of Segment][state][stride] float32
}

// LIFForwardParameters are the numbers of [LIFForward].
type LIFForwardParameters struct {
	Samples        uint32
	Steps          uint32
	Neurons        uint32
	Filters        uint32        // neurons per position; 0: all, as in a dense layer
	Delay          uint32        // steps
	RecurrentDelay uint32        // steps
	Layer          uint32        // number of the layer in the network, for the noise
	Flips          uint32        // where the flips (layer, step and neuron each) begin in Numbers; 0: no flips
	InputScale     float32       // value of an input spike; 0 means 1
	Input          cpuref.Window // geometry of the connections, as in the buffers
	Recurrent      cpuref.Window
	Segment        cpuref.Segment // of Membrane, Lost and Trace; from the second one on they hold a row before it
}

// LIFForwardChoice is what a pipeline of [LIFForward] is built for.
type LIFForwardChoice struct {
	Neurons     uint32
	Model       uint32 // cpuref.NeuronModel
	Noise       uint32 // cpuref.EscapeNoise
	Reset       uint32 // cpuref.Reset
	Recurrent   bool
	Bias        bool
	StoreLost   bool
	Convolution bool   // connections have windows
	Varied      bool   // constants differ from neuron to neuron
	Steep       bool   // among them, β of the noise
	Refractory  uint32 // steps without a spike after a spike, at most cpuref.MostRefractory
	Inputs      Inputs
	Immediate   bool   // recurrent spikes arrive in their own step
	Shared      bool   // recurrent spikes use shared memory on every device, whatever its form; for tests
	Spread      Spread // the zero value: chosen for the device
}

// LIFForward runs a layer of leaky integrate-and-fire neurons over all steps.
// Definition: cpuref.LIFForward; shader: shaders/lif_forward.comp.
type LIFForward struct {
	kernel
	choice LIFForwardChoice
}

// NewLIFForward builds the kernel for a device.
func NewLIFForward(device *gpu.Device, choice LIFForwardChoice) (*LIFForward, error) {
	const name = "lif_forward"
	if choice.Spread == (Spread{}) {
		choice.Spread = spreadQuads(device.Info(), device.Tuning().Group(name), choice.Neurons, softwareForwardBlocks, choice.Recurrent)
	}
	if err := choice.Spread.check(name, choice.Neurons, choice.Recurrent); err != nil {
		return nil, err
	}
	shared, sharedWords := choice.shared(device), uint32(1)
	if shared {
		sharedWords = choice.Spread.Samples * uint32(words(choice.Neurons))
	}
	k, err := newKernel(device, name, choice.Spread.group(), choice.Noise, choice.Reset,
		flag(choice.Recurrent), flag(choice.StoreLost), choice.Spread.Lanes, choice.Spread.Blocks, flag(choice.Convolution), choice.Model, flag(choice.Bias), flag(choice.Varied), uint32(choice.Inputs), choice.Refractory, flag(choice.Steep),
		flag(shared), sharedWords)
	return &LIFForward{k, choice}, err
}

// shared reports whether lanes pass recurrent spikes through shared memory, which holds those of
// three steps.
func (c *LIFForwardChoice) shared(device *gpu.Device) bool {
	const steps = 3
	return c.Recurrent && c.Immediate && (c.Shared || HasForm(device, FormSharedSpikes)) &&
		bytes(steps, uint64(c.Spread.Samples), words(c.Neurons)) <= uint64(device.Info().MaxSharedMemory)
}

// Record records one run over a batch. The spikes of whole samples are zeroed first; with segments,
// which may be rerun, they must be zero before the first one.
func (k *LIFForward) Record(stream *gpu.Stream, b LIFForwardBuffers, p LIFForwardParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	if p.Neurons != k.choice.Neurons {
		return fmt.Errorf("lif_forward: %d neurons asked for, the pipeline is for %d; build another", p.Neurons, k.choice.Neurons)
	}
	if k.choice.Immediate && p.RecurrentDelay != 0 {
		return fmt.Errorf("lif_forward: a recurrent delay of %d steps asked for, the pipeline is for 0; build another", p.RecurrentDelay)
	}
	if p.Filters == 0 {
		p.Filters = p.Neurons
	}
	p.InputScale = scaleOf(p.InputScale)
	p.Segment = p.Segment.Of(int(p.Steps))
	rows, row, unit := uint64(p.Samples)*uint64(p.Steps), stride(p.Neurons), stride(p.Filters)
	held := uint64(p.Samples) * uint64(p.Segment.Rows)
	spikes := argument{"spikes", b.Spikes, gpu.ReadWrite, bytes(rows, words(p.Neurons))}
	lost := argument{"lost", b.Lost, gpu.Write, 0}
	if k.choice.StoreLost {
		lost.bytes = bytes(held, row)
	}
	recurrent := argument{"recurrent weights", b.RecurrentWeights, gpu.Read, 0}
	if k.choice.Recurrent {
		recurrent.bytes = bytes(uint64(p.Recurrent.Rows(int(p.Neurons))), unit)
	}
	bias := argument{"bias", b.Bias, gpu.Read, 0}
	if k.choice.Bias {
		bias.bytes = bytes(unit)
	}
	inputGeometry := argument{"input geometry", b.InputGeometry, gpu.Read, 0}
	recurrentGeometry := argument{"recurrent geometry", b.RecurrentGeometry, gpu.Read, 0}
	if k.choice.Convolution {
		inputGeometry.bytes = windowBytes
		if k.choice.Recurrent {
			recurrentGeometry.bytes = windowBytes
		}
	}
	varied := argument{"learned constants", b.Varied, gpu.Read, 0}
	trace := argument{"trace", b.Trace, gpu.Write, 0}
	if k.choice.Varied {
		varied.bytes, trace.bytes = variedBytes(p.Neurons), bytes(held, statesOf(k.choice.Model), row)
	}
	inputs := max(available(b.InputWeights), bytes(unit))
	if inputs%bytes(unit) != 0 {
		return fmt.Errorf("lif_forward: input weights have %d bytes, rows of %d neurons take a multiple of %d", inputs, p.Filters, bytes(unit))
	}
	numbers := bytes(uint64(p.Samples) + 2)
	if p.Flips != 0 {
		numbers = bytes(uint64(p.Flips) + 3*uint64(p.Samples))
	}
	groups, err := k.choice.Spread.grid(&k.kernel, p.Neurons, p.Samples)
	if err != nil {
		return err
	}
	if segmentLength(p.Segment) == uint64(p.Steps) {
		if err := k.fillZero(stream, spikes); err != nil {
			return err
		}
	}
	return k.record(stream, []argument{
		spikes,
		{"membrane", b.Membrane, gpu.ReadWrite, bytes(held, row)},
		lost,
		{"rows", b.Rows, gpu.Read, bytes(rows, 2)},
		{"index", b.Index, gpu.Read, max(available(b.Index), 4)},
		{"input weights", b.InputWeights, gpu.Read, inputs},
		recurrent,
		{"numbers", b.Numbers, gpu.Read, numbers},
		{"states", b.States, gpu.ReadWrite, stateBytes(p.Segment, p.Steps, p.Samples, statesOf(k.choice.Model), row)},
		{"constants", b.ConstantsOfLayer, gpu.Read, constantBytes},
		bias,
		inputGeometry,
		recurrentGeometry,
		varied,
		trace,
	}, p, groups)
}
