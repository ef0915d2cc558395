package engine

import (
	"fmt"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/network"
)

// Evaluate implements [Engine].
func (e *Vulkan) Evaluate(batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error) {
	return e.runBatch(batch, stream, record, purposeEvaluate)
}

// Gradient implements [Engine].
func (e *Vulkan) Gradient(batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error) {
	e.samples, e.summed = 0, 0
	outcome, err := e.runBatch(batch, stream, record, purposeGradient)
	if err == nil {
		e.samples = batch.Samples()
	}
	return outcome, err
}

// runBatch takes a batch through the device, pass by pass.
func (e *Vulkan) runBatch(batch *Batch, stream cpuref.Stream, record *Record, what purpose) (Outcome, error) {
	if err := batch.Check(e.plan.network); err != nil {
		return Outcome{}, err
	}
	samples := batch.Samples()
	size, err := e.prepare(batch)
	if err != nil {
		return Outcome{}, err
	}
	e.loss = resize(e.loss, samples)
	e.regularizer = resize(e.regularizer, samples)
	e.predicted = resize(e.predicted, samples)
	for l := range e.totals {
		e.totals[l] = resize(e.totals[l], samples)
	}
	passes := (samples + size - 1) / size
	for number := range passes {
		first, last := number*size, min((number+1)*size, samples)
		if err := e.runPass(batch, first, last, min(last+size, samples), stream, record, what); err != nil {
			return Outcome{}, err
		}
		if what == purposeGradient && passes > 1 {
			if err := e.save(number, passes); err != nil {
				return Outcome{}, err
			}
		}
	}
	if what == purposeGradient && passes > 1 {
		e.summed = passes
		if err := e.run(streamKey{purpose: purposeReduce, samples: passes}); err != nil {
			return Outcome{}, err
		}
	}
	err = checkFinite(e.loss, e.plan.weights, func(i int) ([]float32, error) { return e.downloadPacked(i, e.weights[i]) })
	if err != nil {
		return Outcome{}, err
	}
	return summarise(batch, e.loss, e.regularizer, e.predicted, e.totals), nil
}

// runPass takes samples first to last of a batch through the device. Meanwhile it uploads the
// samples up to next, if there are any.
func (e *Vulkan) runPass(batch *Batch, first, last, next int, stream cpuref.Stream, record *Record, what purpose) error {
	room := e.take(batch, first, last)
	defer e.giveBack(room)
	if err := e.upload(room, batch, first, last, stream); err != nil {
		return err
	}
	key := e.batchKey(what, batch, room, last-first, 0)
	if what == purposeRest {
		key.segment, key.lowest = e.presented.begin, e.presented.lowest
		if err := e.presented.sources.Upload(0, asBytes(e.presented.of[first:last])); err != nil {
			return err
		}
	}
	if err := e.start(key); err != nil {
		return err
	}
	if last < next {
		e.prepareNext(batch, last, next)
	}
	if err := e.settle(); err != nil {
		return err
	}
	e.collect(first, last)
	if record == nil {
		return nil
	}
	return e.record(record, batch, room, first, last)
}

// batchKey is the key of a stream for a number of samples of a batch whose input is in a room.
func (e *Vulkan) batchKey(what purpose, batch *Batch, room, samples, segment int) streamKey {
	return streamKey{
		purpose: what, room: room, samples: samples, segment: segment,
		augmented: batch.Augment != nil, dropping: batch.Dropout && (e.plan.network.Drops() || e.plan.network.Delays()),
	}
}

// collect copies the results of a pass.
func (e *Vulkan) collect(first, last int) {
	result := func(section int) []uint32 {
		return e.pass.results.words(e.pass.resultAt(section, e.limits.alignment))[:last-first]
	}
	copy(asBytes(e.loss[first:last]), asBytes(result(resultLoss)))
	copy(asBytes(e.regularizer[first:last]), asBytes(result(resultRegularizer)))
	copy(e.predicted[first:last], result(resultPredicted))
	for l := range e.totals {
		copy(e.totals[l][first:last], result(resultTotals+l))
	}
}

// record reads back what the samples of a pass did.
func (e *Vulkan) record(record *Record, batch *Batch, room, first, last int) error {
	p, n := e.pass, e.plan
	samples := last - first
	rows := samples * n.steps
	values := func(dst []float32, buffer *gpu.Buffer, rows int, g network.Geometry) error {
		packed := make([]float32, rows*cpuref.Stride(g.Slots()))
		if err := buffer.Download(asBytes(packed), 0); err != nil {
			return err
		}
		unslot(dst, packed, rows, g)
		return nil
	}
	for l := range n.layers {
		geometry := n.layers[l].geometry
		neurons := geometry.Neurons()
		if record.Spikes != nil {
			bits := make([]uint32, rows*cpuref.Words(geometry.Slots()))
			if err := p.layers[l].spikes.Download(asBytes(bits), 0); err != nil {
				return err
			}
			unslotBits(record.Spikes[l][first*n.steps*cpuref.Words(neurons):], bits, rows, geometry)
		}
	}
	if record.Membrane != nil {
		if err := e.recordMembranes(record, batch, room, first, samples); err != nil {
			return err
		}
	}
	classes := network.DenseGeometry(n.classes)
	if record.Readout != nil && p.readout != nil {
		if err := values(record.Readout[first*n.steps*n.classes:], p.readout, rows, classes); err != nil {
			return err
		}
	}
	if record.Logits != nil {
		if err := values(record.Logits[first*n.classes:], p.logits, samples, classes); err != nil {
			return err
		}
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
	return nil
}

// recordMembranes reads back the membranes of a pass. The device holds only one segment, so they
// are recomputed.
func (e *Vulkan) recordMembranes(record *Record, batch *Batch, room, first, samples int) error {
	for s := range e.cut.count() {
		if e.cut.count() > 1 {
			if err := e.run(e.batchKey(purposeSegment, batch, room, samples, s)); err != nil {
				return err
			}
		}
		begin, end := e.cut.bounds(s)
		for l := range e.plan.layers {
			geometry := e.plan.layers[l].geometry
			neurons, stride := geometry.Neurons(), cpuref.Stride(geometry.Slots())
			packed := make([]float32, samples*e.cut.rows()*stride)
			if err := e.pass.layers[l].membrane.Download(asBytes(packed), 0); err != nil {
				return err
			}
			for b := range samples {
				dst := record.Membrane[l][((first+b)*e.plan.steps+begin)*neurons:]
				unslot(dst, packed[e.cut.heldRow(b)*stride:], end-begin, geometry)
			}
		}
	}
	return nil
}

// save keeps the gradient of one of the given number of passes.
func (e *Vulkan) save(number, passes int) error {
	for i, w := range e.plan.weights {
		bytes := e.sumBytes(w.size, passes)
		if e.sums[i] != nil && e.sums[i].Bytes() >= bytes {
			continue
		}
		buffer, err := e.device.NewBuffer(w.Name+" gradients of passes", bytes)
		if err != nil {
			return err
		}
		if old := e.sums[i]; old != nil { // more passes than ever before; streams refer to the old one
			e.freeStreams(purposeSave, purposeReduce, purposeUpdateSums, purposeNormSums)
			old.Free()
		}
		e.sums[i] = buffer
	}
	return e.run(streamKey{purpose: purposeSave, samples: number})
}

// freeStreams frees the streams of some purposes.
func (e *Vulkan) freeStreams(purposes ...purpose) {
	for key, stream := range e.streams {
		if slices.Contains(purposes, key.purpose) {
			stream.Free()
			delete(e.streams, key)
		}
	}
}

// sumBytes is the memory for the gradients of an array of a size over the given number of passes.
func (e *Vulkan) sumBytes(size, passes int) uint64 { return 4 * uint64(passes) * uint64(size) }

// stream returns the stream of a key, recording it at its first use.
func (e *Vulkan) stream(key streamKey) (*gpu.Stream, error) {
	if stream, there := e.streams[key]; there {
		return stream, nil
	}
	stream, err := e.device.NewStream(fmt.Sprintf("%v", key))
	if err != nil {
		return nil, err
	}
	if err = e.recordStream(stream, key); err == nil {
		err = stream.Finish()
	}
	if err != nil {
		stream.Free()
		return nil, err
	}
	e.streams[key] = stream
	return stream, nil
}
