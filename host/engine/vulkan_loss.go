package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// targetKernels are the pipelines of a loss on target spikes.
type targetKernels struct {
	distance      *kernels.SpikeDistance // to evaluate
	distanceError *kernels.SpikeDistance // with the derivative
	sums          *kernels.RowSums
	adjoint       *kernels.ReadoutBackward // for the filter of the van Rossum distance
}

func (k *targetKernels) open(device *gpu.Device, loss cpuref.Loss) (err error) {
	if k.distance, err = kernels.NewSpikeDistance(device, kernels.SpikeDistanceChoice{Kind: uint32(loss)}); err != nil {
		return err
	}
	if k.distanceError, err = kernels.NewSpikeDistance(device, kernels.SpikeDistanceChoice{Kind: uint32(loss), WriteError: true}); err != nil {
		return err
	}
	if k.sums, err = kernels.NewRowSums(device); err != nil {
		return err
	}
	k.adjoint, err = kernels.NewReadoutBackward(device)
	return err
}

// uploadTargets uploads the target spikes of samples first to last.
func (e *Vulkan) uploadTargets(batch *Batch, first, last int) error {
	n := e.plan
	if n.distance == nil {
		return nil
	}
	targets := make([]uint32, (last-first)*n.steps*cpuref.Words(n.classes))
	batch.FillTargets(targets, first, last)
	return e.pass.targets.Upload(0, asBytes(targets))
}

// clearLosses implements executor.
func (r *recorder) clearLosses() {
	regularizer := r.result(resultRegularizer)
	r.do(func() error {
		return r.stream.Fill(regularizer.Buffer, regularizer.Offset, 4*uint64(r.samples), 0)
	})
	for l := range r.layers {
		spikeError := r.layers[l].spikeError
		r.do(func() error { return r.stream.Fill(spikeError, 0, spikeError.Bytes(), 0) })
	}
}

// crossEntropy implements executor.
func (r *recorder) crossEntropy() {
	top := &r.layers[len(r.layers)-1]
	buffers := kernels.CrossEntropyBuffers{
		Loss: r.result(resultLoss), Predicted: r.result(resultPredicted), Logits: whole(r.logits),
		Readout: whole(r.readout), Labels: r.section(sectionLabels),
	}
	if r.plan.readout == nil {
		buffers.Counts, buffers.SpikeError = whole(top.counts), whole(top.spikeError)
	} else if r.backward {
		buffers.Error = whole(r.readoutErrors)
	}
	kernel := r.kernels.crossEntropy
	if r.backward {
		kernel = r.kernels.crossEntropyError
	}
	r.do(func() error {
		return kernel.Record(r.stream, buffers,
			kernels.CrossEntropyParameters{Samples: r.samples, Steps: r.steps, Classes: uint32(r.plan.classes)})
	})
}

// spikeDistance implements executor.
func (r *recorder) spikeDistance() {
	d, neurons, k := r.plan.distance, uint32(r.plan.classes), &r.kernels.targets
	kernel, predicted := k.distance, r.result(resultPredicted)
	buffers := kernels.SpikeDistanceBuffers{
		Distance: whole(r.logits), Spikes: whole(r.layers[len(r.layers)-1].spikes), Targets: whole(r.targets),
	}
	if r.backward {
		kernel, buffers.Error = k.distanceError, whole(r.targetErrors)
	}
	r.do(func() error {
		return kernel.Record(r.stream, buffers, kernels.SpikeDistanceParameters{
			Samples: r.samples, Steps: r.steps, Neurons: neurons,
			DecayMembrane: d.DecayMembrane, DriveMembrane: d.DriveMembrane, DecaySynapse: d.DecaySynapse,
			Scale: d.Scale, HalfScale: d.HalfScale,
		})
	})
	r.do(func() error {
		return k.sums.Record(r.stream, kernels.RowSumsBuffers{Sums: r.result(resultLoss), Values: whole(r.logits)},
			kernels.RowSumsParameters{Rows: r.samples, Columns: neurons})
	})
	r.do(func() error {
		return r.stream.Fill(predicted.Buffer, predicted.Offset, 4*uint64(r.samples), NoClass)
	})
}

// filterErrors implements executor.
func (r *recorder) filterErrors() {
	d := r.plan.distance
	r.filterBackward(r.kernels.targets.adjoint, r.targetErrors, d.DecayMembrane, d.DriveMembrane, d.DecaySynapse)
}

// filterBackward records taking errors back through a filter with two time constants: a readout's
// or that of a distance.
func (r *recorder) filterBackward(kernel *kernels.ReadoutBackward, errors *gpu.Buffer, decayMembrane, driveMembrane, decaySynapse float32) {
	r.do(func() error {
		return kernel.Record(r.stream, kernels.ReadoutBackwardBuffers{Error: whole(errors)}, kernels.ReadoutBackwardParameters{
			Samples: r.samples, Steps: r.steps, Classes: uint32(r.plan.classes),
			DecayMembrane: decayMembrane, DriveMembrane: driveMembrane, DecaySynapse: decaySynapse,
		})
	})
}

// regularize implements executor.
func (r *recorder) regularize(l, i int) {
	activity, arrays := &r.plan.layers[l].activity[i], &r.layers[l]
	r.do(func() error {
		return r.kernels.layers[l].activity[i].Record(r.stream, kernels.ActivityBuffers{
			SpikeError: whole(arrays.spikeError), Loss: r.result(resultRegularizer), Counts: whole(arrays.counts),
		}, kernels.ActivityParameters{
			Samples: r.samples, Neurons: uint32(activity.Neurons), Filters: uint32(activity.Filters), Group: uint32(activity.Group),
			Threshold: activity.Threshold, InverseSize: activity.InverseSize,
			LossFactor: activity.LossFactor, ErrorFactor: activity.ErrorFactor,
		})
	})
}
