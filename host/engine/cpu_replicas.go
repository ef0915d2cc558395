package engine

import (
	"math/bits"
	"slices"

	"spikegrad/cpuref"
)

// Replicas implements [Engine].
func (e *CPU[T]) Replicas(batch *Batch, stream cpuref.Stream, replicas []Replica) (loss, regularizer []T, err error) {
	p := e.plan
	if err := p.checkReplicas(batch, replicas); err != nil {
		return nil, nil, err
	}
	loss, regularizer = make([]T, len(replicas)), make([]T, len(replicas))
	if p.cut().count() > 1 || p.uncut() { // what replicas share would not fit, moves in time, or is not spikes
		err := wholeReplicas(batch, p.network, replicas, loss, regularizer, func(b *Batch, record *RecordOf[T]) error {
			_, err := e.Evaluate(b, stream, record)
			return err
		})
		return loss, regularizer, err
	}
	of := make([][]int, batch.Samples()) // [sample]: its replicas
	for i, r := range replicas {
		of[r.Sample] = append(of[r.Sample], i)
	}
	parallel(len(e.workers), len(of), func(worker, sample int) {
		if len(of[sample]) == 0 {
			return
		}
		chunk := &chunkRun[T]{
			cpuWorker: e.workers[worker], plan: p, batch: batch, first: sample, last: sample + 1,
			key: [2]uint32{p.options.Seed, uint32(stream)},
		}
		run := &replicaRun[T]{chunkRun: chunk, replicas: replicas, loss: loss, regularizer: regularizer}
		run.sample(of[sample])
	})
	return loss, regularizer, ofSample(checkFinite(loss, p.weights, func(i int) ([]T, error) { return e.weights[i], nil }), replicas)
}

// presentation is what the replicas of a sample share: the run without a flip.
type presentation[T cpuref.Float] struct {
	layers       []presentedLayer[T]
	readout      []T // [step][stride]
	readoutTrace []T // [step][2][stride]
	states       []T // of a replica at its start: [state][stride] of the widest layer
}

// presentedLayer is the part of a presentation that belongs to a layer.
type presentedLayer[T cpuref.Float] struct {
	drive, uniform []T // [step][stride]
	trace          []T // [step][state][stride]
	spikes         []uint32
	counts         []uint32
}

func newPresentation[T cpuref.Float](p *plan[T]) *presentation[T] {
	s := &presentation[T]{}
	widest := cpuref.Stride(p.classes)
	for _, layer := range p.layers {
		stride := cpuref.Stride(layer.neurons)
		widest = max(widest, stride)
		s.layers = append(s.layers, presentedLayer[T]{
			drive: make([]T, p.steps*stride), uniform: make([]T, p.steps*stride),
			trace:  make([]T, p.steps*layer.neuron.Model.States()*stride),
			spikes: make([]uint32, p.steps*cpuref.Words(layer.neurons)), counts: make([]uint32, stride),
		})
	}
	if p.readout != nil {
		s.readout = make([]T, p.steps*cpuref.Stride(p.classes))
		s.readoutTrace = make([]T, 2*p.steps*cpuref.Stride(p.classes))
	}
	s.states = make([]T, cpuref.MostStates*widest)
	return s
}

// replicaRun takes the replicas of samples through a worker, one after another: each is sample 0 in
// the worker's arrays.
type replicaRun[T cpuref.Float] struct {
	*chunkRun[T]
	replicas          []Replica
	loss, regularizer []T // [replica]
}

// sample runs the sample of the chunk and then its replicas.
func (r *replicaRun[T]) sample(replicas []int) {
	if r.presentation == nil {
		r.presentation = newPresentation(r.plan)
	}
	r.begin()
	r.present()
	r.predicted = make([]uint32, 1)
	s := schedule[T]{plan: r.plan, cut: r.cut, do: r.chunkRun}
	for _, i := range replicas {
		r.flips = []cpuref.Flip{r.replicas[i].Slot(r.plan.network)}
		r.repeat(r.replicas[i].Layer, r.replicas[i].Step)
		r.chunkRun.loss, r.chunkRun.regularizer = r.loss[i:i+1], r.regularizer[i:i+1]
		s.losses()
	}
}

// present runs the sample without a flip and keeps what replicas share.
func (r *replicaRun[T]) present() {
	p, events := r.plan, r.inputs
	drives := func(target int) ([]T, cpuref.Segment) {
		if target == len(p.layers) {
			return r.presentation.readout, cpuref.Segment{}
		}
		return r.presentation.layers[target].drive, cpuref.Segment{}
	}
	r.skip(-1, events, 0, drives)
	for l := range p.layers {
		shared, layer := &r.presentation.layers[l], &p.layers[l]
		neurons := layer.neurons
		arguments := r.layerForward(l, events)
		arguments.Spikes, arguments.Trace = shared.spikes, shared.trace
		arguments.Drive, arguments.Uniform, arguments.Delay = shared.drive, shared.uniform, p.never()
		if !p.weights[layer.input].apart {
			r.addInput(layer.input, events, shared.drive, cpuref.Segment{}, layer.driven)
		}
		cpuref.NoiseUniform(&arguments, 0, 1)
		cpuref.LIFForward(&arguments, &r.work, 0, 1)
		events = r.listFrom(l, shared.spikes, 0)
		if r.counted(l) {
			countBits(shared.counts, shared.spikes, cpuref.Words(neurons))
		}
		r.skip(l, events, 0, drives)
	}
	if p.readout != nil {
		arguments := r.readoutArguments()
		arguments.Readout, arguments.Trace = r.presentation.readout, r.presentation.readoutTrace
		if p.readout.driven {
			arguments.Drive = arguments.Readout
		}
		cpuref.ReadoutForward(&arguments, &r.work, 0, 1)
	}
}

// skip takes the events of a source through the connections that skip layers, to targets from layer
// above up.
func (r *replicaRun[T]) skip(source int, events cpuref.Events, above int, sums func(target int) ([]T, cpuref.Segment)) {
	for i := range r.plan.weights {
		if c := &r.plan.weights[i]; c.apart && c.source == source && c.target >= above {
			to, segment := sums(c.target)
			r.addInput(i, events, to, segment, c.adds)
		}
	}
}

// listFrom lists the spikes of one sample that a layer hands up from a step on.
func (r *replicaRun[T]) listFrom(l int, spikes []uint32, first int) cpuref.Events {
	p, neurons := r.plan, r.plan.layers[l].neurons
	segment := cpuref.Segment{First: first, Last: p.steps, Rows: p.steps}
	if p.layers[l].pooling.None() {
		cpuref.BuildEventsSegment(r.events, spikes, cpuref.Words(neurons), neurons, p.steps, segment, 0, 1)
	} else {
		r.pool(l, spikes, segment)
	}
	return r.events
}

// repeat reruns the sample from a step on, in a layer and those above it.
func (r *replicaRun[T]) repeat(lowest, first int) {
	p := r.plan
	rest := cpuref.Segment{First: first, Last: p.steps, Origin: first - 1, Rows: p.steps - first + 1}
	var events cpuref.Events
	sums := func(target int) ([]T, cpuref.Segment) {
		if target == len(p.layers) {
			return r.readout, cpuref.Segment{First: first, Last: p.steps, Rows: p.steps}
		}
		return r.layers[target].membrane, rest
	}
	listed := max(0, first-r.cut.halo) // events before this are not needed
	for source := -1; source < lowest; source++ {
		if !slices.ContainsFunc(p.weights, func(c weightPlan) bool { return c.apart && c.source == source && c.target > lowest }) {
			continue
		}
		events = r.inputs
		if source >= 0 {
			events = r.listFrom(source, r.presentation.layers[source].spikes, listed)
		}
		r.skip(source, events, lowest+1, sums)
	}
	for l := lowest; l < len(p.layers); l++ {
		shared, state, layer := &r.presentation.layers[l], &r.layers[l], &p.layers[l]
		arguments := r.layerForward(l, events)
		arguments.Uniform, arguments.Segment = shared.uniform, rest
		switch {
		case l == lowest:
			arguments.Drive, arguments.Delay = shared.drive, p.never()
		case layer.driven:
			arguments.Drive, arguments.DriveSegment = state.membrane, rest
		}
		arguments.States = r.presentation.begin(first, shared.trace, layer.neuron.Model.States()*cpuref.Stride(layer.neurons))
		copy(state.spikes, shared.spikes)
		cpuref.LIFForward(&arguments, &r.work, 0, 1)
		events = r.listFrom(l, state.spikes, listed)
		r.skip(l, events, lowest+1, sums)
	}
	for l := range p.layers {
		if r.counted(l) {
			r.count(l, l >= lowest, first)
		}
	}
	if p.readout != nil {
		stride := cpuref.Stride(p.classes)
		arguments := r.readoutArguments()
		arguments.Segment, arguments.States = rest, r.presentation.begin(first, r.presentation.readoutTrace, 2*stride)
		copy(r.readout, r.presentation.readout[:first*stride])
		if p.readout.driven {
			arguments.Drive = r.readout
		}
		cpuref.ReadoutForward(&arguments, &r.work, 0, 1)
	}
}

// begin returns the states of a layer or the readout when a replica begins, copied from their
// trace, which has size numbers per step.
func (s *presentation[T]) begin(first int, trace []T, size int) []T {
	if first > 0 {
		copy(s.states, trace[(first-1)*size:][:size])
	}
	return s.states
}

// countBits counts the spikes of every neuron in rows of words.
func countBits(counts, spikes []uint32, words int) {
	clear(counts)
	for i, word := range spikes {
		for ; word != 0; word &= word - 1 {
			counts[i%words*32+bits.TrailingZeros32(word)]++
		}
	}
}

// counted reports whether a loss depends on the spike counts of a layer.
func (r *replicaRun[T]) counted(l int) bool {
	p := r.plan
	return len(p.layers[l].activity) > 0 || l == len(p.layers)-1 && p.loss == cpuref.LossCounts
}

// count counts the spikes of a layer of a replica: those of the sample and, if the layer ran again,
// the differences from a step on.
func (r *replicaRun[T]) count(l int, again bool, first int) {
	state, shared := &r.layers[l], &r.presentation.layers[l]
	copy(state.counts, shared.counts)
	if !again {
		return
	}
	words := cpuref.Words(r.plan.layers[l].neurons)
	for i := first * words; i < len(shared.spikes); i++ {
		for changed := state.spikes[i] ^ shared.spikes[i]; changed != 0; changed &= changed - 1 {
			bit := bits.TrailingZeros32(changed)
			neuron := i%words*32 + bit
			if state.spikes[i]>>bit&1 != 0 {
				state.counts[neuron]++
			} else {
				state.counts[neuron]--
			}
		}
	}
}
