// Package engine runs networks. It has one interface and two implementations that give the same
// bits: the CPU engine, built on package cpuref, and the Vulkan engine, built on package kernels.
//
// An engine holds the weights of one network and the state of its optimizer, runs
// batches of samples through it, and changes the weights. It keeps nothing else
// from call to call: every run starts from resting neurons, and the escape noise
// of a sample is a function of the seed, the stream and the sample's number.
package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/network"
)

// Engine runs one network on one device. It is not safe for concurrent use, except for Prepare.
type Engine interface {
	// Describe says what the network runs on.
	Describe() Description

	// SetWeights replaces the weights: row-major arrays in the order of
	// [network.Network.Weights]. They must be finite.
	SetWeights(weights [][]float32) error
	// Weights copies the weights.
	Weights() ([][]float32, error)
	// SetOptimizer replaces the optimizer's state, shaped as [Engine.Optimizer]
	// returns it; nil is the state before the first update.
	SetOptimizer(states [][][]float32) error
	// Optimizer copies the optimizer's state: for every weight array, every state array of the
	// optimizer, row-major like the weights.
	Optimizer() ([][][]float32, error)

	// Prepare announces a batch, so that work can be done on it in advance while another one runs.
	// It may be called while another goroutine is in any method but Close. The batch must not
	// change until it has run. No result depends on Prepare, and an invalid batch is only reported
	// when it runs.
	Prepare(batch *Batch)
	// Evaluate runs a batch forward. Record may be nil.
	Evaluate(batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error)
	// Replicas runs replicas of samples of a batch, each from the step of its flip on, and returns
	// their losses and regularizer losses, [replica], equal to those of Evaluate with the flip.
	// What replicas of a sample share is computed once.
	Replicas(batch *Batch, stream cpuref.Stream, replicas []Replica) (loss, regularizer []float32, err error)
	// Gradient runs a batch forward and backward. The gradient of the mean loss and regularizers
	// over the batch stays in the engine.
	Gradient(batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error)
	// Gradients copies the gradient of the last call of Gradient, row-major like the weights.
	Gradients() ([][]float32, error)
	// SetGradients replaces the gradient with one of the mean loss, shaped like the weights, that
	// was computed elsewhere. It must be finite.
	SetGradients(gradients [][]float32) error
	// GradientSums runs a batch forward and backward as Gradient does, and writes, for each node of
	// the tree over chunks, the gradient summed over its samples, [node][i] with the length
	// SumLength, exactly as it is passed between the chunks: neither divided by the samples nor
	// rounded. The nodes are in ascending order and make up the batch. No gradient is left in the
	// engine.
	//
	// Final, if not nil, is called when all sums from index first on are final, while the engine
	// may still be computing those below. Each call has a smaller index than the one before, one of
	// SumStarts; the last has 0. Calls may come from any goroutine, but do not overlap, and the
	// engine waits for them; none comes after the return. If an error is returned, final may not
	// have been called, or may have been called for sums that are invalid.
	GradientSums(batch *Batch, stream cpuref.Stream, record *Record, nodes []cpuref.ChunkNode, sums [][]float32, final func(first int)) (Outcome, error)
	// SumLength is the length of a gradient in GradientSums.
	SumLength() int
	// SumStarts returns the index at which each layer's gradient begins in it, then the readout's
	// if it has weights.
	SumStarts() []int
	// SetSums replaces the gradient with a sum over the given number of samples.
	SetSums(sums []float32, samples int) error
	// Update changes the weights using the gradient of the last call of Gradient, SetGradients or
	// SetSums.
	Update(update Update) error

	Close() error
}

// Description describes what a network runs on.
type Description struct {
	Device string // name of the device
	Driver string // Vulkan driver and version, or the instructions the CPU engine uses
}

// Options choose how an engine runs a network. Only Seed, Optimizer, Frozen and Rates change
// the results.
type Options struct {
	Seed      uint32
	Optimizer cpuref.Optimizer
	// Frozen names weight arrays that updates leave as they are, without weight decay; their
	// gradient is computed, but does not count towards the norm that ClipNorm limits.
	Frozen []string
	// Rates scale the updates of weight arrays, by name; arrays not named have 1.
	Rates map[string]Rate
	// Workers is the number of goroutines of the CPU engine; 0 means one per processor.
	Workers int
	// PassSamples limits how many samples are on a device at once; 0 lets memory
	// decide. It is rounded down to a chunk times a power of two, at least a chunk.
	PassSamples int
	// SegmentSteps is the number of steps of a sample whose membranes are kept; longer samples are
	// computed twice for a gradient. 0 lets memory decide. It is rounded to a multiple of 32, and
	// is at least the longest delay.
	SegmentSteps int
	// Validation loads the Vulkan validation layer; see [Vulkan.Messages].
	Validation bool
	// Profile measures every kernel on a Vulkan device.
	Profile bool
	// Tuning is how kernels run on a Vulkan device where no result depends on it.
	Tuning gpu.Tuning
	// CacheDir is where compiled pipelines are kept between runs; empty for no cache.
	CacheDir string
}

// Rate multiplies the learning rate and the weight decay of a weight array's updates; both are at
// least 0.
type Rate struct{ LearningRate, WeightDecay float64 }

// Update is what an optimizer needs for one update; fields that the optimizer does not use are
// ignored. Betas and epsilon are those of Adam, Epsilon also that of SMORMS3, Momentum that of SGD.
type Update struct {
	Number       int // 1 for the first update: for the bias correction of Adam
	LearningRate float64
	WeightDecay  float64
	Momentum     float64 // SGD: share of the velocity kept; Adam: β1
	SecondMoment float64 // Adam: β2
	Epsilon      float64
	// ClipNorm, if positive, scales the gradient of all weights together so that its Euclidean norm
	// does not exceed it.
	ClipNorm float64
}

// Outcome summarizes a batch in the precision of the engines.
type Outcome = OutcomeOf[float32]

// OutcomeOf summarizes a batch.
type OutcomeOf[T cpuref.Float] struct {
	Samples     int
	Loss        T        // mean of the loss: cross-entropy, or distance from target spikes
	Regularizer T        // mean of all regularizers' losses
	Correct     int      // samples whose largest logit is that of the label
	Spikes      []uint64 // [layer]: spikes of all samples
}

// Record receives what a batch did in the precision of the engines.
type Record = RecordOf[float32]

// RecordOf receives what a batch did, sample by sample. Fields that are nil are not
// recorded; [NewRecord] makes all of them.
type RecordOf[T cpuref.Float] struct {
	Spikes    [][]uint32 // [layer][sample·step·word]: spike bits, [cpuref.Words] words per step
	Membrane  [][]T      // [layer][sample·step·neuron]: U[t+1]
	Readout   []T        // [sample·step·class]: U[t+1]; empty without a leaky readout
	Logits    []T        // [sample·class]; with target spikes, the distance of each neuron
	Predicted []uint32   // [sample]; NoClass with target spikes
	Loss      []T        // [sample]: without regularizers
	// Regularizer, [sample], is the loss of all regularizers.
	Regularizer []T
	// Errors, [layer][sample·step·neuron], are ∂L/∂h[t] as back-propagated, where L is the loss of
	// the sample with its regularizers and h a neuron's input in a step; recorded by Gradient only,
	// and not made by [NewRecord].
	Errors [][]T
}

// NewRecord makes a record for batches of the given number of samples.
func NewRecord[T cpuref.Float](n *network.Network, samples int) *RecordOf[T] {
	record := &RecordOf[T]{
		Logits:    make([]T, samples*n.Classes),
		Predicted: make([]uint32, samples),
		Loss:      make([]T, samples), Regularizer: make([]T, samples),
	}
	for _, layer := range n.Layers {
		record.Spikes = append(record.Spikes, make([]uint32, samples*n.Steps*cpuref.Words(layer.Neurons)))
		record.Membrane = append(record.Membrane, make([]T, samples*n.Steps*layer.Neurons))
	}
	if !n.Spiking() {
		record.Readout = make([]T, samples*n.Steps*n.Classes)
	}
	return record
}

// part is the record of samples first to last, sharing this one's arrays.
func (r *RecordOf[T]) part(n *network.Network, first, last int) *RecordOf[T] {
	layers := func(arrays [][]T) (parts [][]T) {
		for l, array := range arrays {
			parts = append(parts, ofSamples(array, first, last, n.Steps*n.Layers[l].Neurons))
		}
		return parts
	}
	part := &RecordOf[T]{
		Membrane: layers(r.Membrane), Errors: layers(r.Errors),
		Readout: ofSamples(r.Readout, first, last, n.Steps*n.Classes), Logits: ofSamples(r.Logits, first, last, n.Classes),
		Predicted: ofSamples(r.Predicted, first, last, 1),
		Loss:      ofSamples(r.Loss, first, last, 1), Regularizer: ofSamples(r.Regularizer, first, last, 1),
	}
	for l, array := range r.Spikes {
		part.Spikes = append(part.Spikes, ofSamples(array, first, last, n.Steps*cpuref.Words(n.Layers[l].Neurons)))
	}
	return part
}

// ofSamples returns the elements of samples first to last, each of the given length; nil for nil.
func ofSamples[E any](array []E, first, last, one int) []E {
	if array == nil {
		return nil
	}
	return array[first*one : last*one]
}

// Spiked reports whether a neuron of a layer spiked in a recorded step.
func (r *RecordOf[T]) Spiked(n *network.Network, layer, sample, step, neuron int) bool {
	words := cpuref.Words(n.Layers[layer].Neurons)
	return r.Spikes[layer][(sample*n.Steps+step)*words+neuron/32]>>(neuron%32)&1 != 0
}
