package engine

import (
	"fmt"
	"runtime"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// CPU runs a network with the reference kernels, on all processors. A batch is cut into the chunks
// of [cpuref.ChunkSamples] over which gradients are summed anyway. A worker takes one chunk through
// all kernels, so each worker needs memory for the states of at most one chunk, whatever the batch.
type CPU[T cpuref.Float] struct {
	plan       *plan[T]
	weights    [][]T   // packed
	transposed [][]T   // packed transposes; nil where no error flows through
	states     [][][]T // [weight array][state][…]
	constants  [][]T   // [layer]: [cpuref.LearnedConstants]; nil where none are learned
	partial    [][]T   // [weight array][chunk·size]: partial gradients, the sum in the first
	workers    []*cpuWorker[T]

	samples     int // of the last gradient; 0 if there is none
	loss        []T
	regularizer []T
	predicted   []uint32
	totals      [][]uint32
}

var _ Engine = (*CPU[float32])(nil)

// NewCPU makes an engine whose weights are zero. The network must not change while the engine is in
// use.
func NewCPU[T cpuref.Float](n *network.Network, options Options) (*CPU[T], error) {
	p, err := newPlan[T](n, options)
	if err != nil {
		return nil, err
	}
	if err := readMemoryLeft("/", AddressLimit()).check(p.cpuBytes(workerCount(options.Workers))); err != nil {
		return nil, err
	}
	e := &CPU[T]{plan: p, totals: make([][]uint32, len(p.layers))}
	for _, w := range p.weights {
		e.weights = append(e.weights, make([]T, w.size))
		var transposed []T
		if w.source >= 0 { // no error flows to the data
			transposed = make([]T, w.transposedSize())
		}
		e.transposed = append(e.transposed, transposed)
		e.partial = append(e.partial, nil)
	}
	for l := range p.layers {
		e.constants = append(e.constants, p.constantRows(l))
	}
	e.derive()
	for range workerCount(options.Workers) {
		e.workers = append(e.workers, newCPUWorker(e))
	}
	return e, e.SetOptimizer(nil)
}

// Describe names the processor's engine.
func (e *CPU[T]) Describe() Description {
	return describeCPU(len(e.workers))
}

func describeCPU(workers int) Description {
	return Description{
		Device: fmt.Sprintf("cpu (%d workers)", workerCount(workers)),
		Driver: fmt.Sprintf("%s %s, %s", runtime.GOARCH, cpuref.UsedInstructions(), runtime.Version()),
	}
}

// SetWeights implements [Engine].
func (e *CPU[T]) SetWeights(weights [][]T) error {
	if err := checkWeights(e.plan.weights, weights); err != nil {
		return err
	}
	if err := e.plan.checkBounds(weights); err != nil {
		return err
	}
	for i, w := range e.plan.weights {
		pack(w, e.weights[i], weights[i])
		for j, value := range e.weights[i] {
			e.weights[i][j] = cpuref.FlushWeight(value)
		}
	}
	e.derive()
	return nil
}

// derive recomputes what depends on the weights: their transposes, and learned constants.
func (e *CPU[T]) derive() {
	for i := range e.plan.weights {
		if e.plan.weights[i].source == delays {
			cpuref.LimitShares(e.weights[i], 0, len(e.weights[i]))
		}
		if e.plan.weights[i].source == learned {
			arguments := e.plan.constantArguments(i)
			arguments.Rows, arguments.Learned = e.constants[e.plan.weights[i].target], e.weights[i]
			cpuref.LearnedConstants(&arguments, 0, cpuref.Stride(arguments.Neurons))
		}
	}
	parallel(len(e.workers), len(e.plan.weights), func(_, i int) {
		w := e.plan.weights[i]
		if e.transposed[i] != nil {
			cpuref.Transpose(e.transposed[i], e.weights[i], w.rows/w.blocks, w.Rows, w.blocks)
		}
	})
}

// Weights implements [Engine].
func (e *CPU[T]) Weights() ([][]T, error) { return e.unpackAll(e.weights), nil }

// Gradients implements [Engine].
func (e *CPU[T]) Gradients() ([][]T, error) {
	if e.samples == 0 {
		return nil, errNoGradient
	}
	inverse := T(1 / float64(e.samples))
	gradients := e.unpackAll(e.partial)
	for _, gradient := range gradients {
		for j := range gradient {
			gradient[j] *= inverse
		}
	}
	return gradients, nil
}

func (e *CPU[T]) unpackAll(packed [][]T) [][]T {
	var arrays [][]T
	for i, w := range e.plan.weights {
		array := make([]T, w.Rows*w.Columns)
		unpack(w, array, packed[i])
		arrays = append(arrays, array)
	}
	return arrays
}

// SetOptimizer implements [Engine].
func (e *CPU[T]) SetOptimizer(given [][][]T) error {
	initial := states(e.plan.options.Optimizer)
	if err := checkStates(e.plan.weights, len(initial), given); err != nil {
		return err
	}
	e.states = nil
	for i, w := range e.plan.weights {
		var arrays [][]T
		for s, start := range initial {
			state := make([]T, w.size)
			for j := range state {
				state[j] = T(start)
			}
			if given != nil {
				pack(w, state, given[i][s])
			}
			arrays = append(arrays, state)
		}
		e.states = append(e.states, arrays)
	}
	return nil
}

// Optimizer implements [Engine].
func (e *CPU[T]) Optimizer() ([][][]T, error) {
	var all [][][]T
	for i, w := range e.plan.weights {
		var arrays [][]T
		for _, state := range e.states[i] {
			array := make([]T, w.Rows*w.Columns)
			unpack(w, array, state)
			arrays = append(arrays, array)
		}
		all = append(all, arrays)
	}
	return all, nil
}

// Prepare implements [Engine]: it does nothing, as a batch is read in place.
func (e *CPU[T]) Prepare(*Batch) {}

// Evaluate implements [Engine].
func (e *CPU[T]) Evaluate(batch *Batch, stream cpuref.Stream, record *RecordOf[T]) (OutcomeOf[T], error) {
	return e.run(batch, stream, record, false, nil)
}

// Gradient implements [Engine].
func (e *CPU[T]) Gradient(batch *Batch, stream cpuref.Stream, record *RecordOf[T]) (OutcomeOf[T], error) {
	e.samples = 0
	outcome, err := e.run(batch, stream, record, true, nil)
	if err != nil {
		return outcome, err
	}
	chunks := cpuref.Chunks(batch.Samples())
	e.forRanges(e.plan.weights, func(i, first, last int) {
		cpuref.SumChunks(e.partial[i], chunks, e.plan.weights[i].size, first, last)
	})
	e.samples = batch.Samples()
	return outcome, nil
}

// Update implements [Engine].
func (e *CPU[T]) Update(update Update) error {
	if e.samples == 0 {
		return errNoGradient
	}
	parameters, err := e.plan.updates(update, e.samples, e.normParts)
	if err != nil {
		return err
	}
	e.forRanges(e.plan.weights, func(i, first, last int) {
		if e.plan.weights[i].frozen {
			return
		}
		arguments := cpuref.OptimizerArguments[T]{
			Weights: e.weights[i], Gradient: e.partial[i],
			Kind: e.plan.options.Optimizer, Parameters: parameters[i],
		}
		copy(arguments.State[:], e.states[i])
		cpuref.OptimizerUpdate(&arguments, first, last)
	})
	e.derive()
	return nil
}

// normParts returns the partial sums of the squared norm of every weight array's gradient times a
// scale; none for frozen arrays.
func (e *CPU[T]) normParts(scale T) ([][]T, error) {
	parts := make([][]T, len(e.plan.weights))
	parallel(len(e.workers), len(parts), func(_, i int) {
		size := e.plan.weights[i].size
		if e.plan.weights[i].frozen {
			return
		}
		parts[i] = make([]T, normBlocks(size))
		cpuref.SquaredNorm(parts[i], e.partial[i][:size], scale, 0, len(parts[i]))
	})
	return parts, nil
}

// forRanges calls do on ranges that together cover all weight arrays.
func (e *CPU[T]) forRanges(arrays []weightPlan, do func(i, first, last int)) {
	const length = 1 << 14
	type span struct{ i, first, last int }
	var spans []span
	for i, w := range arrays {
		for first := 0; first < w.size; first += length {
			spans = append(spans, span{i, first, min(first+length, w.size)})
		}
	}
	parallel(len(e.workers), len(spans), func(_, task int) {
		do(spans[task].i, spans[task].first, spans[task].last)
	})
}

// run takes a batch through the network, chunk by chunk. Sums may be nil.
func (e *CPU[T]) run(batch *Batch, stream cpuref.Stream, record *RecordOf[T], backward bool, sums *nodeSums[T]) (OutcomeOf[T], error) {
	if err := batch.Check(e.plan.network); err != nil {
		return OutcomeOf[T]{}, err
	}
	samples := batch.Samples()
	e.loss = resize(e.loss, samples)
	e.regularizer = resize(e.regularizer, samples)
	e.predicted = resize(e.predicted, samples)
	for l := range e.totals {
		e.totals[l] = resize(e.totals[l], samples)
	}
	chunks := cpuref.Chunks(samples)
	if backward {
		if err := e.checkGradients(chunks); err != nil {
			return OutcomeOf[T]{}, err
		}
		for i, w := range e.plan.weights {
			e.partial[i] = resize(e.partial[i], chunks*w.size)
		}
	}
	parallel(len(e.workers), chunks, func(worker, chunk int) {
		e.workers[worker].run(batch, chunk, stream, record, backward, sums)
	})
	if err := checkFinite(e.loss, e.plan.weights, func(i int) ([]T, error) { return e.weights[i], nil }); err != nil {
		return OutcomeOf[T]{}, err
	}
	return summarise(batch, e.loss, e.regularizer, e.predicted, e.totals), nil
}

// Close implements [Engine]; there is nothing to release.
func (e *CPU[T]) Close() error { return nil }

// resize returns a slice of the given length, reusing the old one if it is long enough.
func resize[E any](slice []E, length int) []E {
	if cap(slice) < length {
		return make([]E, length)
	}
	return slice[:length]
}
