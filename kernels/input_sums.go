package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// InputSumsBuffers are the arrays of [InputSums].
type InputSumsBuffers struct {
	Sums     gpu.Binding // written, or added to; [sample][row of Segment][stride] float32
	Rows     gpu.Binding // [sample][step] of {begin, end} in Index: spikes of the source
	Index    gpu.Binding // uint32
	Weights  gpu.Binding // [source][stride] float32
	Geometry gpu.Binding // of the connection, from [WindowNumbers]; for a convolution
}

// InputSumsParameters are the numbers of [InputSums].
type InputSumsParameters struct {
	Samples uint32
	Steps   uint32
	Neurons uint32
	Filters uint32         // neurons per position; 0: all, as in a dense layer
	Delay   uint32         // steps
	Scale   float32        // value of a spike; 0 means 1
	Window  cpuref.Window  // geometry of the connection, as in the buffer
	Segment cpuref.Segment // of Sums
}

// InputSumsChoice is what a pipeline of [InputSums] is built for.
type InputSumsChoice struct {
	Convolution bool // the connection has a window
	Add         bool // add the sums to what is there
}

// InputSums sums what the spikes of one source contribute to a layer or a readout. Definition:
// cpuref.InputSums; shader: shaders/input_sums.comp.
type InputSums struct {
	kernel
	choice InputSumsChoice
}

// NewInputSums builds the kernel for a device.
func NewInputSums(device *gpu.Device, choice InputSumsChoice) (*InputSums, error) {
	k, err := newKernel(device, "input_sums", flatGroup(device, "input_sums"), flag(choice.Convolution), flag(choice.Add))
	return &InputSums{k, choice}, err
}

// Record records one run over a batch.
func (k *InputSums) Record(stream *gpu.Stream, b InputSumsBuffers, p InputSumsParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	if p.Filters == 0 {
		p.Filters = p.Neurons
	}
	p.Segment, p.Scale = p.Segment.Of(int(p.Steps)), scaleOf(p.Scale)
	samples := uint64(p.Samples)
	geometry := argument{"geometry", b.Geometry, gpu.Read, 0}
	if k.choice.Convolution {
		geometry.bytes = windowBytes
	}
	groups, err := k.flatGrid(samples*segmentLength(p.Segment)*uint64(quads(p.Neurons)), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"sums", b.Sums, gpu.ReadWrite, bytes(samples, uint64(p.Segment.Rows), stride(p.Neurons))},
		{"rows", b.Rows, gpu.Read, bytes(samples, uint64(p.Steps), 2)},
		{"index", b.Index, gpu.Read, max(available(b.Index), 4)},
		{"weights", b.Weights, gpu.Read, max(available(b.Weights), bytes(stride(p.Filters)))},
		geometry,
	}, p, groups)
}
