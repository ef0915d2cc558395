package engine

import (
	"cmp"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// replicaSegments is the number of segments samples are cut into for replicas, if long enough.
const replicaSegments = 4

// replicaPasses is how many replicas run at once. They begin with the earliest flip among them, so
// with fewer at once each does fewer steps; but a GPU takes as long for a few samples as for a full
// load.
func replicaPasses(info gpu.DeviceInfo) int {
	if info.Type == gpu.Software {
		return 64
	}
	return 1024
}

// presented is where replicas begin: the run of their samples without flips, by another engine.
type presented struct {
	by      *Vulkan // cut in time like the engine of the replicas
	pass    *pass   // its arrays when streams were recorded
	copy    *kernels.CopySamples
	sources *gpu.Buffer // [replica of a pass]: its sample
	of      []uint32    // the same for a batch of replicas
	begin   int         // the segment in which they begin
	lowest  int         // the layer in which they begin
}

// Replicas implements [Engine].
func (e *Vulkan) Replicas(batch *Batch, stream cpuref.Stream, replicas []Replica) (loss, regularizer []float32, err error) {
	if err := e.plan.checkReplicas(batch, replicas); err != nil {
		return nil, nil, err
	}
	loss, regularizer = make([]float32, len(replicas)), make([]float32, len(replicas))
	var samples []Replica // those with replicas, once each
	for _, r := range replicas {
		samples = append(samples, Replica{Sample: r.Sample})
	}
	slices.SortFunc(samples, bySample)
	samples = slices.Compact(samples)
	if len(replicas) >= 2*len(samples) { // else running them once more gains nothing
		if err := e.openReplicas(); err != nil {
			return nil, nil, err
		}
	}
	if e.replicas == nil || len(replicas) < 2*len(samples) {
		err := wholeReplicas(batch, e.plan.network, replicas, loss, regularizer, func(b *Batch, record *Record) error {
			_, err := e.Evaluate(b, stream, record)
			return err
		})
		return loss, regularizer, err
	}
	numbers := make([]int, len(replicas))
	for i := range numbers {
		numbers[i] = i
	}
	slices.SortStableFunc(numbers, func(i, j int) int { return bySample(replicas[i], replicas[j]) })
	for together := range slices.Chunk(samples, e.replicas.pass.capacity) {
		own := 0
		for own < len(numbers) && replicas[numbers[own]].Sample <= together[len(together)-1].Sample {
			own++
		}
		if err := e.replicas.runRest(batch, stream, replicas, together, numbers[:own], loss, regularizer); err != nil {
			return nil, nil, err
		}
		numbers = numbers[own:]
	}
	return loss, regularizer, nil
}

func bySample(a, b Replica) int { return a.Sample - b.Sample }

// openReplicas makes the two engines that run samples and their replicas, unless they exist. It
// makes none if samples are too short to be cut, or if a chunk of them does not fit.
func (e *Vulkan) openReplicas() (err error) {
	length := min(e.cut.length, (e.plan.steps+replicaSegments-1)/replicaSegments)
	if e.replicas != nil || e.plan.uncut() || e.plan.cutAt(length).count() == 1 {
		return nil
	}
	options := e.plan.options
	options.SegmentSteps = length
	plan, err := newPlan[float32](e.plan.network, options)
	if err != nil {
		return err
	}
	var both [2]*Vulkan
	defer func() {
		for _, inner := range both {
			if e.replicas == nil && inner != nil {
				inner.leave()
			}
		}
	}()
	for i := range both {
		if both[i], err = e.beside(plan); err != nil {
			return err
		}
		both[i].limits.all /= 4 // leaves room for the engine's own arrays
		if _, _, fits := both[i].fits(cpuref.ChunkSamples); !fits {
			return nil
		}
		size, err := both[i].passSamples(replicaPasses(e.device.Info()))
		if err == nil {
			err = both[i].makeRoom(size, size, 1, nil)
		}
		if err != nil {
			return err
		}
	}
	p := &presented{by: both[0]}
	if p.copy, err = kernels.NewCopySamples(e.device); err != nil {
		return err
	}
	if p.sources, err = e.device.NewBuffer("samples of replicas", 4*uint64(both[1].pass.capacity)); err != nil {
		return err
	}
	e.replicas, both[1].presented = both[1], p
	return nil
}

// runRest runs samples, and then the replicas with the given numbers, each from the layer and the
// segment of its flip, or an earlier one.
func (e *Vulkan) runRest(batch *Batch, stream cpuref.Stream, replicas, samples []Replica, numbers []int, loss, regularizer []float32) error {
	p := e.presented
	whole := part(batch, e.plan.network, samples)
	whole.Flips = nil
	atOnce, err := p.by.prepare(&whole)
	if err != nil {
		return err
	}
	if _, err := p.by.Evaluate(&whole, stream, nil); err != nil {
		return ofSample(err, samples)
	}
	if p.pass != p.by.pass {
		e.freeStreams(purposeRest)
		p.pass = p.by.pass
	}
	begin := func(i int) (layer, segment int) { return replicas[i].Layer, replicas[i].Step / e.cut.length }
	slices.SortStableFunc(numbers, func(i, j int) int {
		layer, segment := begin(i)
		otherLayer, otherSegment := begin(j)
		return cmp.Or(layer-otherLayer, segment-otherSegment)
	})
	for len(numbers) > 0 {
		together := numbers[:min(len(numbers), e.pass.capacity)]
		if other := slices.IndexFunc(together, func(i int) bool { return replicas[i].Layer != replicas[together[0]].Layer }); other > 0 {
			together = together[:other]
		}
		numbers = numbers[len(together):]
		var own []Replica
		p.of, p.begin, p.lowest = nil, 0, 0
		for _, i := range together {
			own = append(own, replicas[i])
			source, _ := slices.BinarySearchFunc(samples, replicas[i], bySample)
			p.of = append(p.of, uint32(source))
		}
		if atOnce >= len(samples) { // all that the samples did is still on the device
			p.lowest, p.begin = begin(together[0])
		}
		record := &Record{Loss: make([]float32, len(own)), Regularizer: make([]float32, len(own))}
		flipped := part(batch, e.plan.network, own)
		if _, err := e.runBatch(&flipped, stream, record, purposeRest); err != nil {
			return ofSample(err, own)
		}
		for k, i := range together {
			loss[i], regularizer[i] = record.Loss[k], record.Regularizer[k]
		}
	}
	return nil
}

// present records copying, for each replica of a pass, the run of its sample up to the beginning of
// a segment: the spikes before it, all spikes of layers below the lowest, and the states.
func (r *recorder) present(segment, lowest int) {
	p, cut := r.engine.presented, r.engine.cut
	first, _ := cut.bounds(segment)
	take := func(to, from gpu.Binding, words, of int) {
		if words > 0 {
			r.do(func() error {
				return p.copy.Record(r.stream, kernels.CopySamplesBuffers{To: to, From: from, Sources: whole(p.sources)},
					kernels.CopySamplesParameters{Samples: r.samples, Words: uint32(words), ToStride: uint32(of), FromStride: uint32(of)})
			})
		}
	}
	for l := range r.layers {
		layer, steps := &r.plan.layers[l], first
		if l < lowest {
			steps = r.plan.steps
		}
		words, states := cpuref.Words(layer.neurons), layer.neuron.Model.States()*cpuref.Stride(layer.neurons)
		take(whole(r.layers[l].spikes), whole(p.pass.layers[l].spikes), steps*words, r.plan.steps*words)
		if segment > 0 && l >= lowest {
			take(r.slot(l, segment, cut), p.pass.slot(l, segment, cut), states, states)
		}
	}
}

// closeReplicas frees what openReplicas made.
func (e *Vulkan) closeReplicas() {
	if e.replicas == nil {
		return
	}
	e.replicas.presented.sources.Free()
	e.replicas.presented.by.leave()
	e.replicas.leave()
	e.replicas = nil
}
