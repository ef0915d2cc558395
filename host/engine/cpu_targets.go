package engine

import "spikegrad/cpuref"

// NoClass is what is predicted where a loss knows no classes.
const NoClass = ^uint32(0)

// distance computes the loss on spikes with targets and, for a backward pass, its
// derivative with respect to every output spike.
func (w *cpuWorker[T]) distance(r *lossRun[T], backward bool) {
	p, samples := w.engine.plan, r.last-r.first
	targets := w.targets[:samples*p.steps*cpuref.Words(p.classes)]
	r.batch.targets(targets, r.first, r.last)
	arguments := *p.distance
	arguments.Distance, arguments.Spikes, arguments.Targets = w.logits, w.layers[len(w.layers)-1].spikes, targets
	if backward {
		arguments.Error = w.targetErrors
	}
	cpuref.SpikeDistance(&arguments, &w.work, 0, samples)
	cpuref.RowSums(r.loss, w.logits, p.classes, 0, samples)
	for b := range r.predicted {
		r.predicted[b] = NoClass
	}
	if backward && arguments.Kind == cpuref.LossVanRossum {
		cpuref.ReadoutBackward(&cpuref.ReadoutBackwardArguments[T]{
			Error: w.targetErrors, Steps: p.steps, Classes: p.classes,
			DecayMembrane: arguments.DecayMembrane, DriveMembrane: arguments.DriveMembrane, DecaySynapse: arguments.DecaySynapse,
		}, &w.work, 0, samples)
	}
}

// takeTargetErrors puts the derivatives of the steps of a segment where those of a layer
// above would be.
func (w *cpuWorker[T]) takeTargetErrors(s, samples int) {
	p, stride := w.engine.plan, cpuref.Stride(w.engine.plan.classes)
	errors := w.layers[len(w.layers)-1].errors
	first, last := w.cut.bounds(s)
	for b := range samples {
		copy(errors[w.cut.heldRow(b)*stride:], w.targetErrors[(b*p.steps+first)*stride:(b*p.steps+last)*stride])
	}
}
