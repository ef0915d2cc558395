package kernels

import "spikegrad/gpu"

// WeightGradientBuffers are the arrays of [WeightGradient].
type WeightGradientBuffers struct {
	Partial    gpu.Binding // written by whole samples and the first segment; [chunk][input][stride] float32
	Trains     gpu.Binding // [input][sample][word] of bits, a bit a step
	Error      gpu.Binding // [sample][row of Segment][stride] float32: ∂L/∂h
	Samplewise gpu.Binding // [sample][input][stride] float32: what is kept from segment to segment, which are done in descending order
}

// WeightGradientParameters are the numbers of [WeightGradient].
type WeightGradientParameters struct {
	Samples uint32
	Steps   uint32
	Inputs  uint32  // rows of the weights: numbers below that feed a position
	Neurons uint32  // of a position; all of a dense layer
	Delay   uint32  // steps
	Window  Window  // geometry of the connection
	Segment Segment // of Error, which holds Delay rows after it; the steps are those of the spikes
}

// WeightGradientChoice is what a pipeline of [WeightGradient] is built for. It changes no bit.
type WeightGradientChoice struct {
	Blocks uint32 // quads of neurons a lane; 0: as suits the device and the number of neurons
	// Spread is 1, or 8 for lanes that share the samples of a chunk; 0: as suits the
	// device and the number of rows.
	Spread uint32
}

// WeightGradient sums the partial weight gradients of all chunks of a batch; see
// [SumChunks] for what follows. Definition: cpuref.WeightGradient; shader:
// shaders/weight_gradient.comp.
type WeightGradient struct {
	device *gpu.Device
	choice WeightGradientChoice
	built  map[WeightGradientChoice]*kernel
}

const (
	// enoughLanes keep every GPU at work: more would not be done at once.
	enoughLanes = 1 << 16
	// A software driver steps through eight lanes at once, which had better have one row of
	// weights and with it the same spikes; the quads of a row are dealt to so many.
	softwareLanes = 8
	// softwareGradientBlocks is how many quads a lane of a software driver has at most.
	softwareGradientBlocks = 8
)

// NewWeightGradient builds the kernel for a device. What a software driver is best given
// depends on the number of neurons and is built where it is first recorded.
func NewWeightGradient(device *gpu.Device, choice WeightGradientChoice) (*WeightGradient, error) {
	k := &WeightGradient{device: device, choice: choice, built: map[WeightGradientChoice]*kernel{}}
	if choice.Blocks == 0 && k.software() {
		return k, nil
	}
	first := WeightGradientChoice{max(1, choice.Blocks), max(1, choice.Spread)}
	if _, err := k.build(first); err != nil {
		return nil, err
	}
	if choice.Spread == 0 && !k.software() {
		first.Spread = chunkSamples
		if _, err := k.build(first); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *WeightGradient) software() bool { return k.device.Info().Type == gpu.Software }

// build makes or finds a pipeline.
func (k *WeightGradient) build(choice WeightGradientChoice) (*kernel, error) {
	if found := k.built[choice]; found != nil {
		return found, nil
	}
	const name = "weight_gradient"
	together := uint32(1)
	if k.software() {
		together = softwareLanes
	}
	built, err := newModule(k.device, name, formOf(name, k.device.Info()), 4, 60, flatGroup(k.device, name), choice.Blocks, choice.Spread, together)
	if err != nil {
		return nil, err
	}
	k.built[choice] = &built
	return &built, nil
}

// lanes is how many lanes a row of weights of n neurons has.
func (k *WeightGradient) lanes(n, blocks uint32) uint64 {
	lanes := ceilQuads(quads(n), blocks)
	if k.software() && lanes >= softwareLanes {
		lanes = ceilQuads(lanes, softwareLanes) * softwareLanes
	}
	return uint64(lanes)
}

// suited is the choice for so many rows of weights, of n neurons each, and a batch.
func (k *WeightGradient) suited(rows, samples, n uint32) WeightGradientChoice {
	choice := k.choice
	if choice.Blocks == 0 {
		choice.Blocks = 1
		if k.software() {
			choice.Blocks = max(softwareForwardBlocks, min(ceilQuads(quads(n), softwareLanes), softwareGradientBlocks))
		}
	}
	if choice.Spread == 0 {
		choice.Spread = 1
		if !k.software() && uint64(rows)*k.lanes(n, choice.Blocks)*chunks(samples) < enoughLanes {
			choice.Spread = chunkSamples
		}
	}
	return choice
}

// Record records one run over a batch.
func (k *WeightGradient) Record(stream *gpu.Stream, b WeightGradientBuffers, p WeightGradientParameters) error {
	if err := positive("weight_gradient", size{"samples", p.Samples}, size{"steps", p.Steps}, size{"inputs", p.Inputs}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	p.Segment = p.Segment.of(p.Steps)
	samples, inputs := uint64(p.Samples), uint64(p.Inputs)
	choice := k.suited(p.Inputs, p.Samples, p.Neurons)
	run, err := k.build(choice)
	if err != nil {
		return err
	}
	groups, err := run.flatGrid(inputs*k.lanes(p.Neurons, choice.Blocks)*uint64(choice.Spread), chunks(p.Samples))
	if err != nil {
		return err
	}
	samplewise := argument{"samplewise gradients", b.Samplewise, gpu.ReadWrite, 0}
	if p.Segment.length() < uint64(p.Steps) {
		samplewise.bytes = bytes(samples, inputs, stride(p.Neurons))
	}
	return run.record(stream, []argument{
		{"partial gradients", b.Partial, gpu.Write, bytes(chunks(p.Samples), inputs, stride(p.Neurons))},
		{"trains", b.Trains, gpu.Read, bytes(p.Window.inputs(p.Inputs), samples, words(p.Steps))},
		{"error", b.Error, gpu.Read, bytes(samples, uint64(p.Segment.Rows), p.Window.positions(), stride(p.Neurons))},
		samplewise,
	}, p, groups)
}
