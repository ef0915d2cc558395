package engine

import (
	"errors"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// delayKernels are those of learned delays.
type delayKernels struct {
	events   *kernels.DelayEvents
	errors   *kernels.DelayErrors
	gradient *kernels.DelayGradient
	limit    *kernels.LimitShares
}

func newDelayKernels(device *gpu.Device) (*delayKernels, error) {
	var k delayKernels
	var failed [4]error
	k.events, failed[0] = kernels.NewDelayEvents(device)
	k.errors, failed[1] = kernels.NewDelayErrors(device)
	k.gradient, failed[2] = kernels.NewDelayGradient(device)
	k.limit, failed[3] = kernels.NewLimitShares(device)
	return &k, errors.Join(failed[:]...)
}

// delayParameters returns the learned delays of what a source hands up, in the form of the kernels,
// and the layer that learns them.
func (r *recorder) delayParameters(source int) (*layerPlan[float32], kernels.DelayEventsParameters) {
	layer, of := r.plan.delaysOf(source, r.dropping)
	p := kernels.DelayEventsParameters{
		Samples: r.samples, Steps: r.steps, Inputs: uint32(layer.inputs), Layer: of.Layer, Longest: uint32(of.Longest),
	}
	if of.Drawn {
		p.Drawn = 1
	}
	return layer, p
}

// delaySpikes implements executor. Input events go where varied ones do.
func (r *recorder) delaySpikes(l int) {
	layer, p := r.delayParameters(l)
	rows, index := r.events(l + 1)
	list, buffers := r.kernels.buildEvents, kernels.BuildEventsBuffers{Rows: whole(r.rows), Index: whole(r.index), Spikes: whole(r.delayed)}
	capacity := uint32(layer.inputs)
	if l < 0 {
		list, capacity = r.kernels.listAugmented, uint32(r.pass.augment.events)
		buffers.Rows, buffers.Index, buffers.Used = whole(r.pass.augmented.rows), whole(r.pass.augmented.index), whole(r.pass.augmented.used)
	}
	r.do(func() error {
		return r.kernels.delays.events.Record(r.stream, kernels.DelayEventsBuffers{
			Spikes: whole(r.delayed), Rows: rows, Index: index, Numbers: r.section(sectionNumbers), Shares: whole(r.engine.weights[layer.delays]),
		}, p)
	})
	r.do(func() error {
		return list.Record(r.stream, buffers, kernels.BuildEventsParameters{
			Samples: r.samples, Steps: r.steps, Words: uint32(cpuref.Words(layer.inputs)), Capacity: capacity,
		})
	})
	r.moved = r.moved || l < 0
}

// delayErrors implements executor.
func (r *recorder) delayErrors(l int) {
	layer, p := r.delayParameters(l)
	r.do(func() error {
		return r.kernels.delays.errors.Record(r.stream, kernels.DelayErrorsBuffers{
			Error: whole(r.layers[l].errors), Numbers: r.section(sectionNumbers), Shares: whole(r.engine.weights[layer.delays]),
		}, kernels.DelayErrorsParameters(p))
	})
}

// delayGradient implements executor.
func (r *recorder) delayGradient(i int) {
	c := &r.plan.weights[i]
	layer := &r.plan.layers[c.target]
	input, later := &r.plan.weights[layer.input], r.layers[c.target].later
	r.gradientAt(layer.input, allSteps, later, input.delay+1)
	r.do(func() error {
		return r.kernels.delays.gradient.Record(r.stream, kernels.DelayGradientBuffers{
			Partial: whole(r.partial[i]), Weights: whole(r.engine.weights[layer.input]), Sums: whole(r.partial[layer.input]), Later: whole(later),
		}, kernels.DelayGradientParameters{
			Chunks: uint32(cpuref.Chunks(int(r.samples))), Inputs: uint32(input.rows), Neurons: uint32(input.Rows), Longest: uint32(c.LongestDelay),
		})
	})
}
