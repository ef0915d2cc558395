package engine

import (
	"fmt"
	"unsafe"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// pass holds the arrays of a pass: what capacity samples need on the device at once.
type pass struct {
	arrays[*gpu.Buffer, *gpu.Buffer]
	capacity int // samples: a chunk times a power of two
	events   int // entries of the input's event index
	augment  augmentSize

	inputs    [2]inputRoom
	inputAt   [4]uint64 // where sections begin in each, in bytes
	augmented augmentArrays
	results   staged        // loss, regularizer, predicted, then totals of every layer
	partial   []*gpu.Buffer // [connection]: partial gradients of the chunks

	buffers []*gpu.Buffer // all of them
}

// sections of an inputRoom
const (
	sectionNumbers = iota
	sectionLabels
	sectionRows
	sectionIndex
)

// sections of pass.results, each with capacity entries
const (
	resultLoss = iota
	resultRegularizer
	resultPredicted
	resultTotals // of layer 0; the others follow
)

// memoryShare is the part of a device's memory that the arrays of a pass may take.
const memoryShare = 0.5

// limits are a device's limits for the arrays of a pass.
type limits struct {
	device    string // its name
	memory    uint64 // of the device, bytes
	all, one  uint64 // bytes of all arrays together, and of one
	alignment uint64 // of bindings, bytes
	rounds    int    // of all loops of a lane; 0 for no limit
}

func limitsOf(info gpu.DeviceInfo) limits {
	return limits{
		device: info.Name, memory: info.DeviceMemory, all: uint64(memoryShare * float64(info.DeviceMemory)), one: min(info.MaxStorageRange, info.MaxAllocation),
		alignment: max(info.StorageAlignment, 4), rounds: roundLimit(info),
	}
}

// weightBytes is the size of what an engine holds regardless of the batch, and its largest array.
func (e *Vulkan) weightBytes() (total, largest uint64, name string) {
	sized := &Vulkan{plan: e.plan, limits: e.limits}
	sized.layWeights(func(array string, values int) *gpu.Buffer {
		size := 4 * uint64(values)
		total += size
		if size > largest {
			largest, name = size, array
		}
		return nil
	})
	return total, largest, name
}

// checkWeightBytes refuses weights that the device cannot hold, before allocating any memory.
func (e *Vulkan) checkWeightBytes() error {
	total, largest, name := e.weightBytes()
	if largest > e.limits.one {
		return fmt.Errorf("%s takes %d bytes, device %s allows %d an array; use fewer neurons or inputs, another device or the CPU",
			name, largest, e.limits.device, e.limits.one)
	}
	if total > e.limits.memory {
		return fmt.Errorf("weights, their transposes and what the optimizer keeps take %d bytes, device %s has %d; use fewer neurons or inputs, another device or the CPU",
			total, e.limits.device, e.limits.memory)
	}
	return nil
}

// fits reports whether the arrays of a pass of the given number of samples fit, and their size: in
// total, and the largest one.
func (e *Vulkan) fits(samples int) (total, largest uint64, ok bool) {
	e.lay(samples, 0, func(_ string, values int) *gpu.Buffer {
		total += 4 * uint64(values)
		largest = max(largest, 4*uint64(values))
		return nil
	})
	return total, largest, total <= e.limits.all && largest <= e.limits.one
}

// chooseCut cuts samples in time as asked or, if a chunk of whole samples does not fit or takes too
// many rounds, halves them until it does.
func (e *Vulkan) chooseCut() {
	if asked := e.plan.options.SegmentSteps; asked > 0 {
		e.cut = e.plan.cutAt(asked)
		return
	}
	for length := e.plan.steps; ; length /= 2 {
		e.cut = e.plan.cutAt(length)
		_, _, ok := e.fits(cpuref.ChunkSamples)
		ok = ok && (e.limits.rounds == 0 || e.rounds() <= e.limits.rounds)
		if ok || length < e.cut.length {
			return // if nothing fits, passSamples reports it
		}
	}
}

// passSamples is how many samples of a batch go through the device at once: a chunk times a power
// of two, so that the tree over chunks stays the same, as large as memory, the range of a binding
// and the options allow.
func (e *Vulkan) passSamples(batch int) (int, error) {
	e.staging.Lock()
	defer e.staging.Unlock()
	if samples, known := e.passes[batch]; known {
		return samples, nil
	}
	most := batch
	if asked := e.plan.options.PassSamples; asked > 0 {
		most = min(most, asked)
	}
	samples := cpuref.ChunkSamples
	if total, largest, ok := e.fits(samples); !ok {
		return 0, fmt.Errorf("%d samples, the least at once, take %d MiB, %d MiB in one array: device %s has %d MiB for them and allows %d MiB an array; use fewer steps, neurons or inputs",
			samples, total>>20, largest>>20, e.limits.device, e.limits.all>>20, e.limits.one>>20)
	}
	for samples < most {
		if _, _, ok := e.fits(2 * samples); !ok || e.plan.options.PassSamples > 0 && 2*samples > most {
			break
		}
		samples *= 2
	}
	e.passes[batch] = samples
	return samples, nil
}

// prepare makes sure that the arrays of a pass exist for a batch. It returns the samples per pass.
func (e *Vulkan) prepare(batch *Batch) (int, error) {
	count, augment := batch.Samples(), batch.Augment
	samples, err := e.passSamples(count)
	if err != nil {
		return 0, err
	}
	most := 1 // events in any pass
	for first := 0; first < count; first += samples {
		most = max(most, e.passNeeds(batch, first, min(first+samples, count)))
	}
	return samples, e.makeRoom(min(count, samples), samples, most, augment)
}

// makeRoom makes sure that the arrays of a pass exist for count samples of a batch, in passes of
// the given size with up to most events, which are varied if augment is not nil.
func (e *Vulkan) makeRoom(count, samples, most int, augment *cpuref.Augmentation) error {
	e.staging.Lock()
	defer e.staging.Unlock()
	if e.listsInput(augment) {
		if grown := e.augment.grown(augmentSizeOf(augment, count, most, e.plan)); grown != e.augment {
			e.augment = grown
			clear(e.passes)
		}
	}
	if e.pass != nil && e.pass.capacity >= samples && e.pass.events >= most && (!e.listsInput(augment) || e.pass.augment == e.augment) {
		return nil
	}
	capacity := samples
	if e.pass != nil {
		capacity = max(capacity, e.pass.capacity)
		most = max(most, e.pass.events)
	}
	gradient, of, err := e.packedGradient()
	if err != nil {
		return err
	}
	e.freePass()
	// Allow for a few more events in the next batch.
	if err := e.newPass(capacity, most+most/4+64); err != nil {
		e.freePass()
		return err
	}
	for i := range gradient {
		if err := e.partial[i].Upload(0, asBytes(gradient[i])); err != nil {
			return err
		}
	}
	e.samples = of
	return nil
}

// packedGradient copies the last gradient and returns its number of samples; there may be none. It
// must survive when evaluating a larger batch replaces the arrays of a pass.
func (e *Vulkan) packedGradient() (arrays [][]float32, samples int, err error) {
	if e.samples == 0 {
		return nil, 0, nil
	}
	for i, buffer := range e.gradientBuffers() {
		array, err := e.downloadPacked(i, buffer)
		if err != nil {
			return nil, 0, err
		}
		arrays = append(arrays, array)
	}
	return arrays, e.samples, nil
}

// gradientBuffers are where the last gradient begins, one per weight array.
func (e *Vulkan) gradientBuffers() []*gpu.Buffer {
	if e.summed > 0 {
		return e.sums
	}
	return e.partial
}

// freePass frees the arrays of the pass and the streams that use them.
func (e *Vulkan) freePass() {
	for _, stream := range e.streams {
		stream.Free()
	}
	clear(e.streams)
	e.running = nil
	e.samples, e.summed = 0, 0
	p := e.pass
	if p == nil {
		return
	}
	e.pass = nil
	for i := range p.inputs {
		p.inputs[i].free()
	}
	p.results.free()
	for _, b := range append(p.buffers, e.sums...) {
		if b != nil {
			b.Free()
		}
	}
	clear(e.partial)
	clear(e.sums)
}

// bufferMaker returns a function that makes buffers of 4-byte numbers. When one cannot be made, it
// sets err and returns nil from then on.
func bufferMaker(device *gpu.Device, err *error) func(name string, values int) *gpu.Buffer {
	return func(name string, values int) *gpu.Buffer {
		if *err != nil {
			return nil
		}
		var b *gpu.Buffer
		b, *err = device.NewBuffer(name, 4*uint64(values))
		return b
	}
}

// newPass allocates the arrays of a pass.
func (e *Vulkan) newPass(capacity, events int) (err error) {
	allocate := bufferMaker(e.device, &err)
	var made []*gpu.Buffer
	e.pass = e.lay(capacity, events, func(name string, values int) *gpu.Buffer {
		b := allocate(name, values)
		made = append(made, b)
		return b
	})
	e.pass.buffers = made
	if err == nil {
		err = stage(e.device, &e.pass.inputs[0].staged, &e.pass.inputs[1].staged, &e.pass.results)
	}
	copy(e.partial, e.pass.partial)
	if always := e.pass.always; err == nil && always != nil {
		err = always.Upload(0, asBytes(alwaysTrains(int(always.Bytes()/4), e.plan.steps)))
	}
	return err
}

// aligned rounds a number of bytes up to a multiple of an alignment.
func aligned(bytes, alignment uint64) uint64 { return (bytes + alignment - 1) / alignment * alignment }

// lay lays out the arrays of a pass: buffer makes one of the given number of 4-byte numbers.
func (e *Vulkan) lay(capacity, events int, buffer func(name string, values int) *gpu.Buffer) *pass {
	p := &pass{capacity: capacity, events: events, augment: e.augment}
	at := uint64(0)
	for section, values := range []int{p.flipsAt() + 3*capacity, capacity, 2 * capacity * e.plan.steps, events} {
		p.inputAt[section] = at
		at = aligned(at+4*uint64(values), e.limits.alignment)
	}
	for i := range p.inputs {
		p.inputs[i].number = i
		p.inputs[i].Buffer = buffer(fmt.Sprintf("input %d", i), int(at/4))
	}
	p.augmented = e.layAugmented(capacity, buffer)
	p.arrays = lay(e.plan, e.cut, capacity, allocator[*gpu.Buffer, *gpu.Buffer]{
		words: buffer, numbers: buffer, reuse: func(b *gpu.Buffer) *gpu.Buffer { return b },
	})
	for _, w := range e.plan.weights {
		p.partial = append(p.partial, buffer(w.Name+" partial gradients", cpuref.Chunks(capacity)*w.size))
	}
	p.results.Buffer = buffer("results", int(p.resultAt(resultTotals+len(e.plan.layers), e.limits.alignment)/4))
	return p
}

// resultAt is where a section of the results begins, in bytes.
func (p *pass) resultAt(section int, alignment uint64) uint64 {
	size := aligned(4*uint64(p.capacity), alignment)
	return uint64(section) * size
}

// flipsAt is where the flips of a batch begin in the numbers section.
func (p *pass) flipsAt() int { return p.capacity + 2 }

// asBytes is the memory of a slice of 4-byte numbers or pairs of them.
func asBytes[E float32 | uint32 | [2]uint32 | [2]float32](slice []E) []byte {
	if len(slice) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&slice[0])), len(slice)*int(unsafe.Sizeof(slice[0])))
}

// updateFields is the number of fields of an update's parameters.
const updateFields = int(unsafe.Sizeof(cpuref.UpdateParameters[float32]{}) / 4)

// updateStride is the distance in bytes between the parameters of an update for two weight arrays.
func (e *Vulkan) updateStride() uint64 {
	return aligned(4*uint64(updateFields), e.limits.alignment)
}

// updateOf binds the parameters of an update for a weight array.
func (e *Vulkan) updateOf(i int) gpu.Binding {
	return gpu.Binding{Buffer: e.update.Buffer, Offset: uint64(i) * e.updateStride(), Bytes: 4 * uint64(updateFields)}
}

// updateBytes is the memory of an update's parameters, in the order of the shader.
func updateBytes(p *cpuref.UpdateParameters[float32]) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), 4*updateFields)
}

// ofBytes is the inverse of asBytes.
func ofBytes(bytes []byte) []float32 {
	if len(bytes) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&bytes[0])), len(bytes)/4)
}
