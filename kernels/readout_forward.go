package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// ReadoutForwardBuffers are the arrays of [ReadoutForward].
type ReadoutForwardBuffers struct {
	Readout gpu.Binding // written; with sums, [InputSums] wrote there before; [sample][step][stride] float32
	Rows    gpu.Binding // [sample][step] of {begin, end} in Index: spikes of the last hidden layer
	Index   gpu.Binding // uint32
	Weights gpu.Binding // [neuron][stride] float32
	States  gpu.Binding // [sample][2][stride] float32, as in [LIFForwardBuffers]
	Bias    gpu.Binding // [stride] float32, with biases
}

// ReadoutForwardParameters are the numbers of [ReadoutForward].
type ReadoutForwardParameters struct {
	Samples       uint32
	Steps         uint32
	Classes       uint32
	Delay         uint32 // steps
	DecayMembrane float32
	DriveMembrane float32
	DecaySynapse  float32
	Initial       float32        // U[0]
	Scale         float32        // value of a spike; 0 means 1
	Segment       cpuref.Segment // the steps to process; Readout holds all
}

// ReadoutForwardChoice is what a pipeline of [ReadoutForward] is built for.
type ReadoutForwardChoice struct {
	Bias   bool
	Inputs Inputs
}

// ReadoutForward runs the readout over all steps. Definition:
// cpuref.ReadoutForward; shader: shaders/readout_forward.comp.
type ReadoutForward struct {
	kernel
	choice ReadoutForwardChoice
}

// NewReadoutForward builds the kernel for a device.
func NewReadoutForward(device *gpu.Device, choice ReadoutForwardChoice) (*ReadoutForward, error) {
	k, err := newKernel(device, "readout_forward", flatGroup(device, "readout_forward"), flag(choice.Bias), uint32(choice.Inputs))
	return &ReadoutForward{k, choice}, err
}

// Record records one run over a batch.
func (k *ReadoutForward) Record(stream *gpu.Stream, b ReadoutForwardBuffers, p ReadoutForwardParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"classes", p.Classes}); err != nil {
		return err
	}
	p.Segment, p.Scale = p.Segment.Of(int(p.Steps)), scaleOf(p.Scale)
	rows, row := uint64(p.Samples)*uint64(p.Steps), stride(p.Classes)
	bias := argument{"bias", b.Bias, gpu.Read, 0}
	if k.choice.Bias {
		bias.bytes = bytes(row)
	}
	groups, err := k.flatGrid(uint64(p.Samples)*uint64(quads(p.Classes)), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"readout", b.Readout, gpu.ReadWrite, bytes(rows, row)},
		{"rows", b.Rows, gpu.Read, bytes(rows, 2)},
		{"index", b.Index, gpu.Read, max(available(b.Index), 4)},
		{"weights", b.Weights, gpu.Read, max(available(b.Weights), bytes(row))},
		{"states", b.States, gpu.ReadWrite, stateBytes(p.Segment, p.Steps, p.Samples, 2, row)},
		bias,
	}, p, groups)
}
