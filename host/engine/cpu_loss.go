package engine

import "spikegrad/cpuref"

// NoClass is the prediction under a loss without classes.
const NoClass = ^uint32(0)

// clearLosses implements executor.
func (r *chunkRun[T]) clearLosses() {
	clear(r.regularizer)
	for l := range r.layers {
		clear(r.layers[l].spikeError[:r.samples()*cpuref.Stride(r.plan.layers[l].neurons)])
	}
}

// crossEntropy implements executor.
func (r *chunkRun[T]) crossEntropy() {
	p, top := r.plan, &r.layers[len(r.layers)-1]
	arguments := cpuref.CrossEntropyArguments[T]{
		Loss: r.loss, Predicted: r.predicted, Logits: r.logits,
		Readout: r.readout, Labels: r.batch.Labels[r.first:r.last],
		Steps: p.steps, Classes: p.classes, Kind: p.loss,
	}
	if p.readout == nil {
		arguments.Counts, arguments.SpikeError = top.counts, top.spikeError
	} else if r.backward {
		arguments.Error = r.readoutErrors
	}
	cpuref.CrossEntropy(&arguments, &r.work, 0, r.samples())
}

// spikeDistance implements executor.
func (r *chunkRun[T]) spikeDistance() {
	p, samples := r.plan, r.samples()
	targets := r.targets[:samples*p.steps*cpuref.Words(p.classes)]
	r.batch.FillTargets(targets, r.first, r.last)
	arguments := *p.distance
	arguments.Distance, arguments.Spikes, arguments.Targets = r.logits, r.layers[len(r.layers)-1].spikes, targets
	if r.backward {
		arguments.Error = r.targetErrors
	}
	cpuref.SpikeDistance(&arguments, &r.work, 0, samples)
	cpuref.RowSums(r.loss, r.logits, p.classes, 0, samples)
	for b := range r.predicted {
		r.predicted[b] = NoClass
	}
}

// filterErrors implements executor.
func (r *chunkRun[T]) filterErrors() {
	d := r.plan.distance
	r.filterBackward(r.targetErrors, d.DecayMembrane, d.DriveMembrane, d.DecaySynapse)
}

// filterBackward takes errors back through a filter with two time constants: a readout's or that of
// a distance.
func (r *chunkRun[T]) filterBackward(errors []T, decayMembrane, driveMembrane, decaySynapse T) {
	cpuref.ReadoutBackward(&cpuref.ReadoutBackwardArguments[T]{
		Error: errors, Steps: r.plan.steps, Classes: r.plan.classes,
		DecayMembrane: decayMembrane, DriveMembrane: driveMembrane, DecaySynapse: decaySynapse,
	}, &r.work, 0, r.samples())
}

// regularize implements executor.
func (r *chunkRun[T]) regularize(l, i int) {
	activity := r.plan.layers[l].activity[i]
	activity.SpikeError, activity.Loss, activity.Counts = r.layers[l].spikeError, r.regularizer, r.layers[l].counts
	cpuref.Activity(&activity, 0, r.samples())
}
