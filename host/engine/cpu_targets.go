package engine

import "spikegrad/cpuref"

// NoClass is what is predicted where a loss knows no classes.
const NoClass = ^uint32(0)

// distance computes the loss on spikes with targets and, for a backward pass, its
// derivative with respect to every output spike.
func (w *cpuWorker[T]) distance(batch *Batch, first, last int, backward bool) {
	e, p, samples := w.engine, w.engine.plan, last-first
	targets := w.targets[:samples*p.steps*cpuref.Words(p.classes)]
	batch.targets(targets, first, last)
	arguments := *p.distance
	arguments.Distance, arguments.Spikes, arguments.Targets = w.logits, w.layers[len(w.layers)-1].spikes, targets
	if backward {
		arguments.Error = w.targetErrors
	}
	cpuref.SpikeDistance(&arguments, &w.work, 0, samples)
	cpuref.RowSums(e.loss[first:last], w.logits, p.classes, 0, samples)
	for b := first; b < last; b++ {
		e.predicted[b] = NoClass
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
