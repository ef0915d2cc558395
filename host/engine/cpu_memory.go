package engine

import (
	"unsafe"

	"spikegrad/cpuref"
)

// cpuBytes is the memory of a CPU engine: weights, optimizer and workers, without the
// gradients, which grow with the batch.
func (p *plan[T]) cpuBytes(workers int) float64 {
	element := float64(unsafe.Sizeof(T(0)))
	total := 0.0
	for i, w := range p.weights {
		copies := 1 + len(states(p.options.Optimizer))
		total += element * float64(copies) * float64(w.size)
		if i != p.layers[0].input {
			total += element * float64(w.transposedSize())
		}
	}
	return total + float64(workers)*p.workerBytes(element)
}

// workerBytes is the memory of one worker: see newCPUWorker.
func (p *plan[T]) workerBytes(element float64) float64 {
	const word = 4
	cut := p.cut()
	chunk, steps := float64(cpuref.ChunkSamples), float64(p.steps)
	rows := chunk * float64(cut.rows())
	total := word * chunk * float64(p.layers[0].inputs) * float64(cpuref.Words(p.steps))
	widest := cpuref.Stride(p.classes)
	for _, layer := range p.layers {
		neurons, stride := float64(layer.neurons), float64(cpuref.Stride(layer.neurons))
		widest = max(widest, cpuref.Stride(layer.neurons))
		total += word * chunk * steps * float64(cpuref.Words(layer.neurons)+2) // spikes, rows of events
		total += word * chunk * float64(cut.eventRows()) * neurons             // events
		total += word * chunk * neurons * float64(cpuref.Words(p.steps))       // trains
		total += (element + word) * chunk * stride                             // counts and their errors
		total += element * rows * stride                                       // membranes
		if layer.neuron.DifferentiateReset {
			total += element * rows * stride
		}
		if cut.count() > 1 {
			total += element * (rows + 2*chunk*float64(cut.count()+2)) * stride
		}
	}
	if cut.count() == 1 {
		total += 2 * element * rows * float64(widest)
	} else {
		for _, w := range p.weights {
			total += element * chunk * float64(w.size)
		}
	}
	if p.readout != nil {
		readouts := 1.0
		if cut.count() > 1 {
			readouts = 2
		}
		total += element * readouts * chunk * steps * float64(cpuref.Stride(p.classes))
	}
	return total
}

// checkGradients refuses partial gradients of so many chunks that memory cannot hold.
func (e *CPU[T]) checkGradients(chunks int) error {
	total := 0.0
	for i, w := range e.plan.weights {
		if chunks*w.size > cap(e.partial[i]) {
			total += float64(unsafe.Sizeof(T(0))) * float64(chunks) * float64(w.size)
		}
	}
	if total == 0 {
		return nil
	}
	return readMemoryLeft("/", addressLimit()).check(total)
}
