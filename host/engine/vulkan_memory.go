package engine

import (
	"fmt"
	"unsafe"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// pass holds the arrays of a pass: what as many samples as capacity need on the
// device at once.
type pass struct {
	capacity int // samples: a chunk times a power of two
	events   int // entries of the input's event index

	input       *gpu.Buffer // numbers, labels, event rows and event index, as uploaded
	inputAt     [4]uint64   // where these begin, bytes
	inputTrains *gpu.Buffer
	layers      []layerArrays
	rows        *gpu.Buffer // event rows of the layer whose spikes are handed up
	readout     *gpu.Buffer
	logits      *gpu.Buffer
	targets     *gpu.Buffer    // nil unless the loss compares with target spikes
	errors      [2]*gpu.Buffer // as in the CPU engine; the second holds events in the forward pass
	results     *gpu.Buffer    // loss, regularizer, predicted, then totals of every layer
}

type layerArrays struct {
	spikes, membrane, current, trains, counts, spikeError *gpu.Buffer
}

// sections of pass.input
const (
	sectionNumbers = iota
	sectionLabels
	sectionRows
	sectionIndex
)

// sections of pass.results, each of capacity entries
const (
	resultLoss = iota
	resultRegularizer
	resultPredicted
	resultTotals // of layer 0; the others follow
)

// memoryShare is the part of a device's memory that the arrays of a pass may take.
const memoryShare = 0.5

// arraysOf lists the sizes of a pass of so many samples in bytes: of all its arrays
// together, and of its largest one.
func (e *Vulkan) arraysOf(samples int) (total, largest uint64) {
	p := e.plan
	rows := uint64(samples) * uint64(p.steps)
	trainWords := uint64(cpuref.Words(p.steps)) * uint64(samples)
	add := func(values uint64) {
		total += 4 * values
		largest = max(largest, 4*values)
	}
	add(2*rows + uint64(samples)*2) // input without its index
	add(2 * rows)                   // event rows
	add(uint64(p.layers[0].inputs) * trainWords)
	widest := uint64(0)
	for _, layer := range p.layers {
		stride := uint64(cpuref.Stride(layer.neurons))
		add(rows * uint64(cpuref.Words(layer.neurons)))
		add(rows * stride)
		if layer.neuron.DifferentiateReset {
			add(rows * stride)
		}
		add(uint64(layer.neurons) * trainWords)
		widest = max(widest, stride)
	}
	if p.readout != nil {
		add(rows * uint64(cpuref.Stride(p.classes)))
		widest = max(widest, uint64(cpuref.Stride(p.classes)))
	}
	if p.distance != nil {
		add(rows * uint64(cpuref.Words(p.classes)))
	}
	add(rows * widest)
	add(rows * widest)
	for _, w := range p.weights {
		add(uint64(cpuref.Chunks(samples)) * uint64(w.size))
	}
	return total, largest
}

// passSamples is how many samples of a batch go through the device at once: a chunk
// times a power of two, so that the tree over chunks stays the same, as many as
// memory, the range of a binding and the options allow.
func (e *Vulkan) passSamples(batch int) (int, error) {
	info := e.device.Info()
	most := batch
	if asked := e.plan.options.PassSamples; asked > 0 {
		most = min(most, asked)
	}
	budget := uint64(memoryShare * float64(info.DeviceMemory))
	fits := func(samples int) (uint64, uint64, bool) {
		total, largest := e.arraysOf(samples)
		return total, largest, total <= budget && largest <= info.MaxStorageRange && largest <= info.MaxAllocation
	}
	samples := cpuref.ChunkSamples
	if total, largest, ok := fits(samples); !ok {
		return 0, fmt.Errorf("%d samples, the least at once, take %d MiB, %d MiB in one array: device %s has %d MiB for them and allows %d MiB an array; use fewer steps, neurons or inputs",
			samples, total>>20, largest>>20, info.Name, budget>>20, min(info.MaxStorageRange, info.MaxAllocation)>>20)
	}
	for samples < most {
		if _, _, ok := fits(2 * samples); !ok || e.plan.options.PassSamples > 0 && 2*samples > most {
			break
		}
		samples *= 2
	}
	return samples, nil
}

// prepare makes sure that the arrays of a pass are there for a batch of so many
// samples with so many events in any of its passes. It returns the samples a pass.
func (e *Vulkan) prepare(batch int, events func(first, last int) int) (int, error) {
	samples, err := e.passSamples(batch)
	if err != nil {
		return 0, err
	}
	most := 1
	for first := 0; first < batch; first += samples {
		most = max(most, events(first, min(first+samples, batch)))
	}
	if e.pass != nil && e.pass.capacity >= samples && e.pass.events >= most {
		return samples, nil
	}
	capacity := samples
	if e.pass != nil {
		capacity = max(capacity, e.pass.capacity)
		most = max(most, e.pass.events)
	}
	gradient, of, err := e.packedGradient()
	if err != nil {
		return 0, err
	}
	e.freePass()
	// Some room: the next batch may have a few events more.
	if err := e.newPass(capacity, most+most/4+64); err != nil {
		return 0, err
	}
	for i := range gradient {
		if err := e.partial[i].Upload(0, asBytes(gradient[i])); err != nil {
			return 0, err
		}
	}
	e.samples = of
	return samples, nil
}

// packedGradient copies the last gradient and tells of how many samples it is; there
// may be none. Evaluation of a larger batch must not lose it with the arrays of a pass.
func (e *Vulkan) packedGradient() (arrays [][]float32, samples int, err error) {
	if e.samples == 0 {
		return nil, 0, nil
	}
	for i, buffer := range e.gradientBuffers() {
		array := make([]float32, e.plan.weights[i].size)
		if err := buffer.Download(asBytes(array), 0); err != nil {
			return nil, 0, err
		}
		arrays = append(arrays, array)
	}
	return arrays, e.samples, nil
}

// gradientBuffers are where the last gradient begins, one a weight array.
func (e *Vulkan) gradientBuffers() []*gpu.Buffer {
	if e.summed > 0 {
		return e.sums
	}
	return e.partial
}

// freePass gives back the arrays of the pass and the streams that use them.
func (e *Vulkan) freePass() {
	for _, stream := range e.streams {
		stream.Free()
	}
	clear(e.streams)
	e.samples, e.summed = 0, 0
	p := e.pass
	if p == nil {
		return
	}
	e.pass = nil
	buffers := []*gpu.Buffer{p.input, p.inputTrains, p.rows, p.readout, p.logits, p.targets, p.errors[0], p.errors[1], p.results}
	for _, l := range p.layers {
		buffers = append(buffers, l.spikes, l.membrane, l.current, l.trains, l.counts, l.spikeError)
	}
	buffers = append(append(buffers, e.partial...), e.sums...)
	for _, b := range buffers {
		if b != nil {
			b.Free()
		}
	}
	clear(e.partial)
	clear(e.sums)
}

// allocator returns a function that makes buffers of so many 4-byte numbers until one
// cannot be made; err says why, and the function gives nil from then on.
func (e *Vulkan) allocator(err *error) func(name string, values int) *gpu.Buffer {
	return func(name string, values int) *gpu.Buffer {
		if *err != nil {
			return nil
		}
		var b *gpu.Buffer
		b, *err = e.device.NewBuffer(name, 4*uint64(values))
		return b
	}
}

// newPass allocates the arrays of a pass.
func (e *Vulkan) newPass(capacity, events int) (err error) {
	n := e.plan
	p := &pass{capacity: capacity, events: events}
	e.pass = p
	buffer := e.allocator(&err)
	rows, words := capacity*n.steps, cpuref.Words(n.steps)*capacity
	alignment := max(e.device.Info().StorageAlignment, 4)
	at := uint64(0)
	for section, values := range []int{p.flipsAt() + 3*capacity, capacity, 2 * rows, events} {
		p.inputAt[section] = at
		at = (at + 4*uint64(values) + alignment - 1) / alignment * alignment
	}
	p.input = buffer("input", int(at/4))
	p.inputTrains = buffer("input trains", n.layers[0].inputs*words)
	p.rows = buffer("event rows", 2*rows)
	widest := 0
	for l, layer := range n.layers {
		stride := cpuref.Stride(layer.neurons)
		name := fmt.Sprintf("layer%d ", l)
		a := layerArrays{
			spikes:     buffer(name+"spikes", rows*cpuref.Words(layer.neurons)),
			membrane:   buffer(name+"membrane", rows*stride),
			trains:     buffer(name+"trains", layer.neurons*words),
			counts:     buffer(name+"counts", capacity*stride),
			spikeError: buffer(name+"spike error", capacity*stride),
		}
		if layer.neuron.DifferentiateReset {
			a.current = buffer(name+"current", rows*stride)
		}
		p.layers = append(p.layers, a)
		widest = max(widest, stride)
	}
	p.logits = buffer("logits", capacity*cpuref.Stride(n.classes))
	if n.readout != nil {
		p.readout = buffer("readout", rows*cpuref.Stride(n.classes))
		widest = max(widest, cpuref.Stride(n.classes))
	}
	if n.distance != nil {
		p.targets = buffer("targets", rows*cpuref.Words(n.classes))
	}
	for i := range p.errors {
		p.errors[i] = buffer("errors", rows*widest)
	}
	for i, w := range n.weights {
		e.partial[i] = buffer(w.Name+" partial gradients", cpuref.Chunks(capacity)*w.size)
	}
	p.results = buffer("results", int(p.resultAt(resultTotals+len(n.layers), alignment)/4))
	return err
}

// resultAt is where a section of the results begins, in bytes.
func (p *pass) resultAt(section int, alignment uint64) uint64 {
	size := (4*uint64(p.capacity) + alignment - 1) / alignment * alignment
	return uint64(section) * size
}

// flipsAt is where the flips of a batch begin in the numbers.
func (p *pass) flipsAt() int { return p.capacity + 2 }

// asBytes is the memory of a slice of 4-byte numbers or pairs of them.
func asBytes[E float32 | uint32 | [2]uint32](slice []E) []byte {
	if len(slice) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&slice[0])), len(slice)*int(unsafe.Sizeof(slice[0])))
}

// updateFields is the number of fields of an update's parameters.
const updateFields = int(unsafe.Sizeof(cpuref.UpdateParameters[float32]{}) / 4)

// updateBytes is the memory of an update's parameters, in the order of the shader.
func updateBytes(p *cpuref.UpdateParameters[float32]) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), 4*updateFields)
}
