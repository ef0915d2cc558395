package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// WeightGradientBuffers are the arrays of [WeightGradient].
type WeightGradientBuffers struct {
	Partial    gpu.Binding // written for whole samples and the first segment; [chunk][input][stride] float32
	Trains     gpu.Binding // [input][copy][sample][word] of bits, one per step
	Error      gpu.Binding // [sample][row of Segment][stride] float32: ∂L/∂h
	Samplewise gpu.Binding // [sample][input][stride] float32: sums carried from segment to segment, in descending order
	Geometry   gpu.Binding // of the connection, from [WindowNumbers]
}

// WeightGradientParameters are the numbers of [WeightGradient].
type WeightGradientParameters struct {
	Samples uint32
	Steps   uint32
	Inputs  uint32         // rows of the weights: numbers below that feed a position
	Copies  uint32         // trains per number below: the most spikes it can have in a step
	Neurons uint32         // per position; in a dense layer, all
	Delay   uint32         // steps
	Scale   float32        // value of a spike; 0 means 1
	Window  cpuref.Window  // geometry of the connection, as in the buffer
	Segment cpuref.Segment // of Error, which holds Delay rows after it; its steps are those of the spikes
}

// WeightGradientChoice is what a pipeline of [WeightGradient] is built for. No bit depends on it.
type WeightGradientChoice struct {
	Blocks uint32 // quads of neurons per lane; 0: chosen for the device and the number of neurons
	// Spread is 1, or 8 for lanes that share the samples of a chunk; 0: chosen for the device and
	// the number of rows.
	Spread uint32
}

// WeightGradient sums the partial weight gradients of all chunks of a batch; see
// [SumChunks] for what follows. Definition: cpuref.WeightGradient; shader:
// shaders/weight_gradient.comp.
type WeightGradient struct {
	blocks uint32
	forms  map[uint32]*kernel // [spread]
}

// enoughLanes is enough to keep every GPU busy: more would not run at once.
const enoughLanes = 1 << 16

// NewWeightGradient builds the kernel for a device.
func NewWeightGradient(device *gpu.Device, choice WeightGradientChoice) (*WeightGradient, error) {
	const name = "weight_gradient"
	software, spreads := device.Info().Type == gpu.Software, []uint32{choice.Spread}
	if choice.Blocks == 0 {
		choice.Blocks = 1
		if software {
			choice.Blocks = softwareForwardBlocks
		}
	}
	switch {
	case choice.Spread == 0 && software:
		spreads = []uint32{1}
	case choice.Spread == 0:
		spreads = []uint32{1, cpuref.ChunkSamples}
	}
	k := &WeightGradient{choice.Blocks, map[uint32]*kernel{}}
	for _, spread := range spreads {
		form, err := newKernel(device, name, flatGroup(device, name), choice.Blocks, spread)
		if err != nil {
			return nil, err
		}
		k.forms[spread] = &form
	}
	return k, nil
}

// suited returns the kernel for the given number of lanes without a spread, and its spread.
func (k *WeightGradient) suited(lanes uint64) (*kernel, uint64) {
	if form := k.forms[1]; form != nil && (lanes >= enoughLanes || len(k.forms) == 1) {
		return form, 1
	}
	return k.forms[cpuref.ChunkSamples], cpuref.ChunkSamples
}

// Record records one run over a batch.
func (k *WeightGradient) Record(stream *gpu.Stream, b WeightGradientBuffers, p WeightGradientParameters) error {
	if err := positive("weight_gradient", size{"samples", p.Samples}, size{"steps", p.Steps}, size{"inputs", p.Inputs}, size{"copies", p.Copies}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	p.Segment, p.Scale = p.Segment.Of(int(p.Steps)), scaleOf(p.Scale)
	samples, inputs := uint64(p.Samples), uint64(p.Inputs)
	lanes := inputs * ceil(uint64(quads(p.Neurons)), uint64(k.blocks))
	form, spread := k.suited(lanes * chunks(p.Samples))
	groups, err := form.flatGrid(lanes*spread, chunks(p.Samples))
	if err != nil {
		return err
	}
	trains := inputs // numbers below
	if w := p.Window; !w.Dense() {
		trains = uint64(w.Planes) * uint64(w.Below.Area()) * uint64(w.Unit)
	}
	samplewise := argument{"samplewise gradients", b.Samplewise, gpu.ReadWrite, 0}
	if segmentLength(p.Segment) < uint64(p.Steps) {
		samplewise.bytes = bytes(samples, inputs, stride(p.Neurons))
	}
	return form.record(stream, []argument{
		{"partial gradients", b.Partial, gpu.Write, bytes(chunks(p.Samples), inputs, stride(p.Neurons))},
		{"trains", b.Trains, gpu.Read, bytes(trains, uint64(p.Copies), samples, words(p.Steps))},
		{"error", b.Error, gpu.Read, bytes(samples, uint64(p.Segment.Rows), uint64(max(1, p.Window.Positions.Area())), stride(p.Neurons))},
		samplewise,
		{"geometry", b.Geometry, gpu.Read, windowBytes},
	}, p, groups)
}
