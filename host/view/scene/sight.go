package scene

import (
	"spikegrad/gpu"
	"spikegrad/host/engine"
)

// sight runs batches through the network and says where everything is on the drawing
// device.
type sight interface {
	// look runs a batch, in the mode of training or the other one. It returns the same
	// pointer as before as long as nothing has moved.
	look(batch *engine.Batch, other bool, record *engine.Record) (*arrays, engine.Outcome, error)
	// setWeights hands weights over if the engine's own cannot be used.
	setWeights(weights [][]float32) error
	close() error
}

// arrays are the arrays that a batch left on the drawing device.
type arrays struct {
	spikes    []bitTable    // [layer]
	membranes []numberTable // [layer]
	readout   numberTable   // without a buffer if there is none
	weights   []weightTable // in the order of the network
}

// bitTable holds spikes: bit sample·sampleBits + step·stepBits + slot[neuron].
type bitTable struct {
	buffer               *gpu.Buffer
	sampleBits, stepBits uint32
	slot                 []uint32
}

// numberTable holds the numbers of one sample: step·stepStride + slot[neuron].
type numberTable struct {
	buffer     *gpu.Buffer
	stepStride uint32
}

// weightTable is a weight array: order[column]·stride + row.
type weightTable struct {
	buffer *gpu.Buffer
	stride uint32
	order  []uint32
}

func identity(n int) []uint32 {
	list := make([]uint32, n)
	for i := range list {
		list[i] = uint32(i)
	}
	return list
}
