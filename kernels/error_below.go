package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// ErrorBelowBuffers are the arrays of [ErrorBelow].
type ErrorBelowBuffers struct {
	Error      gpu.Binding // written, or added to; [sample][row of Segment][stride below] float32
	Above      gpu.Binding // [sample][row of AboveSegment][stride above] float32
	Transposed gpu.Binding // [neuron above][stride below] float32
	Geometry   gpu.Binding // of the connection, from [WindowNumbers]
}

// ErrorBelowParameters are the numbers of [ErrorBelow].
type ErrorBelowParameters struct {
	Samples      uint32
	Steps        uint32
	Neurons      uint32         // of the layer above
	Below        uint32         // neurons of the layer below
	Filters      uint32         // neurons per position above; 0: all, as in a dense layer
	Delay        uint32         // steps
	Window       cpuref.Window  // geometry of the connection, as in the buffer
	Segment      cpuref.Segment // of Error
	AboveSegment cpuref.Segment // of Above, which holds Delay rows after the steps of Segment
}

// ErrorBelow carries errors to the layer below. Definition: cpuref.ErrorBelow; shader:
// shaders/error_below.comp.
type ErrorBelow struct {
	kernel
	tile uint32
}

// How many rows a lane computes at a time, since each load of a weight serves all of them. Software
// drivers have cheap registers.
const (
	gpuErrorTile      = 4
	softwareErrorTile = 12
)

// ErrorBelowChoice is what a pipeline of [ErrorBelow] is built for.
type ErrorBelowChoice struct {
	Add bool // add to the errors that other layers above left
}

// NewErrorBelow builds the kernel for a device.
func NewErrorBelow(device *gpu.Device, choice ErrorBelowChoice) (*ErrorBelow, error) {
	const name = "error_below"
	tile := uint32(gpuErrorTile)
	if device.Info().Type == gpu.Software {
		tile = softwareErrorTile
	}
	k, err := newKernel(device, name, flatGroup(device, name), tile, flag(choice.Add))
	return &ErrorBelow{k, tile}, err
}

// Record records one run over a batch.
func (k *ErrorBelow) Record(stream *gpu.Stream, b ErrorBelowBuffers, p ErrorBelowParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"neurons", p.Neurons}, size{"neurons below", p.Below}); err != nil {
		return err
	}
	if p.Filters == 0 {
		p.Filters = p.Neurons
	}
	p.Segment, p.AboveSegment = p.Segment.Of(int(p.Steps)), p.AboveSegment.Of(int(p.Steps))
	samples := uint64(p.Samples)
	groups, err := k.flatGrid(ceil(samples*segmentLength(p.Segment), uint64(k.tile))*uint64(quads(p.Below)), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"error", b.Error, gpu.ReadWrite, bytes(samples, uint64(p.Segment.Rows), stride(p.Below))},
		{"error above", b.Above, gpu.Read, bytes(samples, uint64(p.AboveSegment.Rows), stride(p.Neurons))},
		{"transposed weights", b.Transposed, gpu.Read, bytes(uint64(p.Window.Blocks()), uint64(p.Filters), stride(uint32(p.Window.Rows(int(p.Below))/p.Window.Blocks())))},
		{"geometry", b.Geometry, gpu.Read, windowBytes},
	}, p, groups)
}
