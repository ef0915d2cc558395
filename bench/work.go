package bench

import (
	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// Work is the amount of work in a training step, however it is done.
type Work struct {
	// Events are the additions caused by spikes: spikes times the mean number of synapses
	// from a spiking channel or neuron.
	Events float64
	// Bytes is what kernels have to read and write if nothing stays cached between kernels:
	// every array once for each kernel that reads or writes it.
	Bytes float64
	// Operations are additions, multiplications, comparisons and integer operations.
	Operations float64
}

// Operations per neuron per step, counted in package cpuref.
const (
	noiseOperations     = 25 + 4 + 34 // Philox (a quarter of a call), uniform number, sigmoid
	integrateOperations = 11
	surrogateOperations = 46 // derivative of the sigmoid: exponential and reciprocal
	adjointOperations   = 12
	updateOperations    = 25 // Adam: with a reciprocal and a square root
	optimizerStates     = 2
)

// synapses is the number of synapses of a layer's input connection or, with recurrent, of
// its recurrent connection.
func synapses(n *network.Network, layer int, recurrent bool) float64 {
	l := &n.Layers[layer]
	window, below := n.InputWindow(layer, layer-1), n.Handed(layer-1)
	if recurrent {
		window, below = n.RecurrentWindow(layer), n.Geometry(layer)
	}
	if !l.Convolutional() {
		return float64(l.Neurons) * float64(below.Neurons())
	}
	taps := 0
	for q := range window.Below.Area() {
		first, last := window.Fed(window.Below.Place(q))
		taps += (last.Height - first.Height) * (last.Width - first.Width)
	}
	return float64(taps) * float64(below.Filters) * float64(l.Filters)
}

// CountWork counts the work of a training step, given the numbers of samples, input spikes
// and spikes of each layer.
func CountWork(n *network.Network, samples int, inputSpikes float64, spikes []uint64) Work {
	c := counter{rows: float64(samples) * float64(n.Steps), samples: float64(samples), steps: float64(n.Steps)}
	weights := n.Weights()
	at := 0
	next := func() float64 { w := weights[at]; at++; return float64(w.Rows) * float64(w.Columns) }
	below, belowNeurons := inputSpikes, float64(n.Inputs)
	for l := range n.Layers {
		neurons, own := float64(n.Layers[l].Neurons), float64(spikes[l])
		c.neurons(neurons, own)
		c.connection(synapses(n, l, false), below, belowNeurons, neurons, next(), l > 0)
		if n.Layers[l].Recurrent {
			c.recurrence(synapses(n, l, true), own, neurons, next())
		}
		below, belowNeurons = own, neurons
	}
	classes := float64(n.Classes)
	if n.Spiking() {
		return c.Work
	}
	c.connection(belowNeurons*classes, below, belowNeurons, classes, next(), true)
	c.Operations += c.rows * classes * (integrateOperations + adjointOperations)
	c.Bytes += 4 * c.rows * classes * (1 + 2 + 2) // readout written; read by the loss, which writes its error; that is read, and its result written
	return c.Work
}

// counter adds up the work of a step.
type counter struct {
	Work
	rows, samples, steps float64
}

// neurons adds the kernels of a layer itself: forward, its events, backward.
func (c *counter) neurons(count, spikes float64) {
	states := c.rows * count
	c.Operations += states * (noiseOperations + integrateOperations + surrogateOperations + adjointOperations)
	c.Bytes += states * (4 + 1.0/8)             // membranes and spikes written
	c.Bytes += states/8*2 + 4*spikes + 8*c.rows // spikes read, events and trains written
	c.Bytes += states * (4 + 4 + 4 + 1.0/8)     // error read and written, membranes, spikes read
}

// connection adds the sums over the synapses of an input connection: forward, gradient and,
// if there are neurons below, the propagated error.
func (c *counter) connection(synapses, spikes, below, neurons, weights float64, down bool) {
	c.sums(synapses, spikes, below, neurons, weights)
	c.Bytes += 4*spikes + 8*c.rows // events read
	if down {
		c.Operations += 2 * synapses * c.rows
		c.Bytes += 4*c.rows*(below+neurons) + 4*weights
	}
}

// recurrence adds the same for a layer's own spikes, where states stay in the kernel.
func (c *counter) recurrence(synapses, spikes, neurons, weights float64) {
	c.sums(synapses, spikes, neurons, neurons, weights)
	c.Operations += 2 * synapses * c.rows
	c.Bytes += 4 * weights
}

// sums adds what both have in common: a row of weights for every spike; backward a row of
// errors, partial gradients, and the update.
func (c *counter) sums(synapses, spikes, below, neurons, weights float64) {
	events := spikes * synapses / below
	c.Events += events
	c.Operations += 2*events + updateOperations*weights
	chunks := float64(cpuref.Chunks(int(c.samples)))
	c.Bytes += 4 * weights                           // read forward
	c.Bytes += c.rows * (below/8 + 4*neurons)        // trains and errors read
	c.Bytes += 4 * weights * (2 * chunks)            // partial gradients written and summed
	c.Bytes += 4 * weights * (3 + 2*optimizerStates) // update: gradient read, weights and states read and written
}

// AloneWork counts the work of the neurons alone, forward and backward.
func AloneWork(n *network.Network, samples int, inputSpikes float64) Work {
	states := float64(samples) * float64(n.Steps) * float64(n.Layers[0].Neurons)
	rows := float64(samples) * float64(n.Steps)
	return Work{
		Events:     inputSpikes * float64(n.Layers[0].Neurons),
		Bytes:      states*(4+1.0/8) + states*(3*4+1.0/8) + 4*inputSpikes + 8*rows,
		Operations: states*(noiseOperations+integrateOperations+surrogateOperations+adjointOperations) + inputSpikes*float64(n.Layers[0].Neurons),
	}
}
