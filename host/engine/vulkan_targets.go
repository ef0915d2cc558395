package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// targetKernels are the pipelines of a loss that compares with target spikes.
type targetKernels struct {
	distance      *kernels.SpikeDistance // to evaluate
	distanceError *kernels.SpikeDistance // with the derivative
	sums          *kernels.RowSums
	adjoint       *kernels.ReadoutBackward // of the filter of the van Rossum distance
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

// uploadTargets brings the target spikes of samples first to last onto the device.
func (e *Vulkan) uploadTargets(batch *Batch, first, last int) error {
	n := e.plan
	if n.distance == nil {
		return nil
	}
	targets := make([]uint32, (last-first)*n.steps*cpuref.Words(n.classes))
	batch.targets(targets, first, last)
	return e.pass.targets.Upload(0, asBytes(targets))
}

// distance records the loss on spikes with targets. Its derivative with respect to the
// output spikes goes to where the backward pass of the last layer reads the error or, if
// that holds a segment only, to where segments are taken from.
func (r *recorder) distance(backward bool) {
	p, n, k := r.engine.pass, r.engine.plan, &r.engine.kernels.targets
	a, steps, neurons := n.distance, uint32(n.steps), uint32(n.classes)
	kernel, predicted := k.distance, r.result(resultPredicted)
	buffers := kernels.SpikeDistanceBuffers{
		Distance: whole(p.logits), Spikes: whole(p.layers[len(p.layers)-1].spikes), Targets: whole(p.targets),
	}
	if backward {
		kernel, buffers.Error = k.distanceError, whole(p.targetErrors)
	}
	r.do(func() error {
		return kernel.Record(r.stream, buffers, kernels.SpikeDistanceParameters{
			Samples: r.samples, Steps: steps, Neurons: neurons,
			DecayMembrane: a.DecayMembrane, DriveMembrane: a.DriveMembrane, DecaySynapse: a.DecaySynapse,
			Scale: a.Scale, HalfScale: a.HalfScale,
		})
	})
	r.do(func() error {
		return k.sums.Record(r.stream, kernels.RowSumsBuffers{Sums: r.result(resultLoss), Values: whole(p.logits)},
			kernels.RowSumsParameters{Rows: r.samples, Columns: neurons})
	})
	r.do(func() error {
		return r.stream.Fill(predicted.Buffer, predicted.Offset, 4*uint64(r.samples), NoClass)
	})
	if backward && a.Kind == cpuref.LossVanRossum {
		r.do(func() error {
			return k.adjoint.Record(r.stream, kernels.ReadoutBackwardBuffers{Error: whole(p.targetErrors)},
				kernels.ReadoutBackwardParameters{
					Samples: r.samples, Steps: steps, Classes: neurons,
					DecayMembrane: a.DecayMembrane, DriveMembrane: a.DriveMembrane, DecaySynapse: a.DecaySynapse,
				})
		})
	}
}

// takeTargetErrors records that the derivatives of the steps of a segment go to where
// those of a layer above would be.
func (r *recorder) takeTargetErrors(s int) {
	p, n, cut := r.engine.pass, r.engine.plan, r.engine.cut
	if cut.count() == 1 {
		return // there they are
	}
	row := 4 * uint64(cpuref.Stride(n.classes))
	first, last := cut.bounds(s)
	for b := range int(r.samples) {
		r.do(func() error {
			return r.stream.Copy(p.layers[len(p.layers)-1].errors, uint64(cut.heldRow(b))*row,
				p.targetErrors, uint64(b*n.steps+first)*row, uint64(last-first)*row)
		})
	}
}
