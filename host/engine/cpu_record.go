package engine

import (
	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// recordSamples copies what the chunk's samples did into the record of the batch.
func (r *chunkRun[T]) recordSamples() {
	p, record, samples, first, last := r.plan, r.record, r.samples(), r.first, r.last
	rows := samples * p.steps
	for l := range p.layers {
		geometry := p.layers[l].geometry
		neurons := geometry.Neurons()
		if record.Spikes != nil {
			words := cpuref.Words(neurons)
			unslotBits(record.Spikes[l][first*p.steps*words:], r.layers[l].spikes, rows, geometry)
		}
	}
	if record.Readout != nil {
		unslot(record.Readout[first*p.steps*p.classes:], r.readout, rows, network.DenseGeometry(p.classes))
	}
	if record.Logits != nil {
		unslot(record.Logits[first*p.classes:], r.logits, samples, network.DenseGeometry(p.classes))
	}
	if record.Predicted != nil {
		copy(record.Predicted[first:last], r.predicted)
	}
	if record.Loss != nil {
		copy(record.Loss[first:last], r.loss)
	}
	if record.Regularizer != nil {
		copy(record.Regularizer[first:last], r.regularizer)
	}
}

// membranesDone implements executor.
func (r *chunkRun[T]) membranesDone(s int) {
	if r.record == nil || r.record.Membrane == nil {
		return
	}
	for l := range r.layers {
		r.recordHeld(r.record.Membrane[l], r.layers[l].membrane, l, s)
	}
}

// errorsDone implements executor.
func (r *chunkRun[T]) errorsDone(l, s int) {
	if r.record != nil && r.record.Errors != nil {
		r.recordHeld(r.record.Errors[l], r.layers[l].errors, l, s)
	}
}

// recordHeld copies a layer's membranes or errors of one segment into its part of the record of the
// batch.
func (r *chunkRun[T]) recordHeld(record, held []T, l, s int) {
	first, last := r.cut.bounds(s)
	geometry := r.plan.layers[l].geometry
	neurons, stride := geometry.Neurons(), cpuref.Stride(geometry.Slots())
	for b := range r.samples() {
		dst := record[((r.first+b)*r.plan.steps+first)*neurons:]
		unslot(dst, held[r.cut.heldRow(b)*stride:], last-first, geometry)
	}
}
