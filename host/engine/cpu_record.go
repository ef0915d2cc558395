package engine

import (
	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// record copies what the worker's samples did to the record of the batch.
func (w *cpuWorker[T]) record(record *RecordOf[T], first, last int) {
	e, p, samples := w.engine, w.engine.plan, last-first
	rows := samples * p.steps
	for l := range p.layers {
		geometry := p.layers[l].geometry
		neurons := geometry.Positions * geometry.Filters
		if record.Spikes != nil {
			words := cpuref.Words(neurons)
			unslotBits(record.Spikes[l][first*p.steps*words:], w.layers[l].spikes, rows, geometry)
		}
	}
	if record.Readout != nil {
		unslot(record.Readout[first*p.steps*p.classes:], w.readout, rows, network.DenseGeometry(p.classes))
	}
	if record.Logits != nil {
		unslot(record.Logits[first*p.classes:], w.logits, samples, network.DenseGeometry(p.classes))
	}
	if record.Predicted != nil {
		copy(record.Predicted[first:last], e.predicted[first:last])
	}
	if record.Loss != nil {
		copy(record.Loss[first:last], e.loss[first:last])
	}
	if record.Regularizer != nil {
		copy(record.Regularizer[first:last], e.regularizer[first:last])
	}
}

// recordHeld copies what a layer holds of one segment, its membranes or errors, to its
// part of the record of the batch.
func (w *cpuWorker[T]) recordHeld(record, held []T, r *chunkRun, l, s int) {
	p := w.engine.plan
	first, last := w.cut.bounds(s)
	geometry := p.layers[l].geometry
	neurons, stride := geometry.Positions*geometry.Filters, cpuref.Stride(geometry.Slots())
	for b := range r.last - r.first {
		dst := record[((r.first+b)*p.steps+first)*neurons:]
		unslot(dst, held[w.cut.heldRow(b)*stride:], last-first, geometry)
	}
}
