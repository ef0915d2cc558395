package unbiased

import (
	"math/bits"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// array is a weight array of a layer.
type array struct {
	weight network.Weight
	first  int // its first weight among the layer's
}

// size returns the number of weights.
func (a *array) size() int { return a.weight.Rows * a.weight.Columns }

// connection is one weight array into a layer. Neurons are numbered as in records,
// filter·positions + position.
type connection struct {
	array
	source           int  // layer of its spikes; −1 is the input; or always
	pooled           bool // it takes the layer's pooled spikes
	delay            int
	below, positions int // positions of the source and of the layer
	window           cpuref.Window
	values           []float64 // [column][row]: the weights, if constants are learned
}

// always is the source of biases: one neuron that spikes in every step and reaches every
// position.
const always = -2

// position returns that of a neuron; a dense layer has only one.
func (c *connection) position(neuron int) int { return neuron % c.positions }

// row returns where the weights into a neuron begin among those of the layer.
func (c *connection) row(neuron int) int {
	return c.first + neuron/c.positions*c.weight.Columns
}

// column returns the weight in a row through which a neuron below reaches a position, if it
// does.
func (c *connection) column(position, neuron int) (column int, reaches bool) {
	if c.window.Dense() {
		return neuron, true
	}
	from, to := c.window.Below.Place(neuron%c.below), c.window.Positions.Place(position)
	first, last := c.window.Fed(from)
	reaches = to.Height >= first.Height && to.Height < last.Height && to.Width >= first.Width && to.Width < last.Width
	return neuron/c.below*c.window.Kernel.Area() + c.window.Element(from, to), reaches
}

// count adds to counts, [position], the number of a step's spikes that reach each position.
func (c *connection) count(counts []float64, h *history, step int) {
	if c.window.Dense() {
		spikes := float64(c.spikesIn(h, step))
		for p := range counts {
			counts[p] += spikes
		}
		return
	}
	c.each(h, step, func(neuron int) {
		first, last := c.window.Fed(c.window.Below.Place(neuron % c.below))
		for y := first.Height; y < last.Height; y++ {
			for x := first.Width; x < last.Width; x++ {
				counts[y*c.window.Positions.Width+x]++
			}
		}
	})
}

// layer is a layer of spiking neurons with the weights into it.
type layer struct {
	number, neurons int
	positions       int
	neuron          cpuref.Neuron[float64] // its surrogate is p′
	connections     []connection           // from each source, then recurrent and biases if there are any
	learned         []learned              // constants, whose arrays follow
	weights         int                    // of all arrays

	// If constants are learned, [layer.setWeights] gives neurons their own:
	rows []float64                // as [cpuref.LearnedConstants] writes them, [LearnedRows][stride of a position]
	own  []cpuref.Neuron[float64] // [neuron of a position]
}

// arrays lists the weight arrays in the order of the network.
func (l *layer) arrays() []array {
	var list []array
	for i := range l.connections {
		list = append(list, l.connections[i].array)
	}
	for i := range l.learned {
		list = append(list, l.learned[i].array)
	}
	return list
}

// newLayer makes a layer of a valid network with escape noise; arrays are its weight arrays
// and all later ones.
func newLayer(n *network.Network, number int, arrays []network.Weight) layer {
	described := n.Layers[number]
	described.Surrogate = network.Surrogate{Kind: "matched"}
	geometry := n.Geometry(number)
	l := layer{
		number: number, neurons: described.Neurons, positions: geometry.Positions(),
		neuron: network.NeuronParameters[float64](&described, n.StepLength),
	}
	var list []connection
	for _, source := range n.Sources(number) {
		input := connection{source: source, delay: described.Delay, below: n.Handed(source).Positions(), window: n.InputWindow(number, source)}
		if source >= 0 {
			pooling := n.Pooling(source)
			input.pooled = !pooling.None()
		}
		list = append(list, input)
	}
	if described.Recurrent {
		list = append(list, connection{source: number, delay: described.RecurrentDelay, below: geometry.Positions(), window: n.RecurrentWindow(number)})
	}
	if described.Bias {
		list = append(list, connection{source: always, below: 1})
	}
	for i, c := range list {
		c.weight, c.first, c.positions = arrays[i], l.weights, geometry.Positions()
		l.weights += c.size()
		l.connections = append(l.connections, c)
	}
	l.learned = newLearned(&described, n.StepLength, arrays[len(list):], l.weights)
	for i := range l.learned {
		l.weights += l.learned[i].size()
	}
	return l
}

// newLayers makes all layers of a network.
func newLayers(n *network.Network) []layer {
	var layers []layer
	arrays := n.Weights()
	for number := range n.Layers {
		l := newLayer(n, number, arrays)
		layers, arrays = append(layers, l), arrays[len(l.arrays()):]
	}
	return layers
}

// history is what happened in one presentation of a sample.
type history struct {
	rows     [][2]uint32 // [step]: see [engine.Batch]
	index    []uint32
	spikes   [][]uint32  // [layer][step·word]
	pooled   [][][]int   // [layer][step]: pooled neurons with spikes; nil if the layer is not pooled
	membrane [][]float32 // [layer][step·neuron]: [cpuref.Neuron.Potential] at t+1
	words    []int       // [layer]: per step
	neurons  []int       // [layer]
}

// historyOf returns the part of a record that belongs to a presentation of its batch.
func historyOf(n *network.Network, batch *engine.Batch, record *engine.Record, presentation int) history {
	h := history{rows: batch.Rows[presentation*n.Steps:][:n.Steps], index: batch.Index}
	for l := range n.Layers {
		neurons := n.Layers[l].Neurons
		words := cpuref.Words(neurons)
		h.neurons, h.words = append(h.neurons, neurons), append(h.words, words)
		h.spikes = append(h.spikes, record.Spikes[l][presentation*n.Steps*words:][:n.Steps*words])
		h.pooled = append(h.pooled, pool(n, l, h.spikes[l], words))
		h.membrane = append(h.membrane, record.Membrane[l][presentation*n.Steps*neurons:][:n.Steps*neurons])
	}
	return h
}

// pool lists the pooled spikes that a layer hands up, [step], given its spikes,
// [step·word]; nil if it is not pooled.
func pool(n *network.Network, layer int, spikes []uint32, words int) [][]int {
	pooling := n.Pooling(layer)
	if pooling.None() {
		return nil
	}
	rows := make([][]int, n.Steps)
	below, above := n.Geometry(layer), n.Handed(layer)
	for step := range rows {
		seen := map[int]bool{}
		eachBit(spikes[step*words:][:words], func(neuron int) {
			place := below.Plane.Place(neuron % below.Positions())
			cell := cpuref.Extent{Height: place.Height / pooling.Cell.Height, Width: place.Width / pooling.Cell.Width}
			if cell.Height >= above.Plane.Height || cell.Width >= above.Plane.Width {
				return
			}
			number := neuron/below.Positions()*above.Positions() + cell.Height*above.Plane.Width + cell.Width
			if !seen[number] || pooling.Kind == cpuref.PoolSum {
				rows[step] = append(rows[step], number)
			}
			seen[number] = true
		})
	}
	return rows
}

// eachBit calls do with every neuron that has a spike, in ascending order.
func eachBit(words []uint32, do func(neuron int)) {
	for i, word := range words {
		for ; word != 0; word &= word - 1 {
			do(32*i + bits.TrailingZeros32(word))
		}
	}
}

// row returns the spike bits of a layer at a step.
func (h *history) row(layer, step int) []uint32 {
	return h.spikes[layer][step*h.words[layer]:][:h.words[layer]]
}

// spiked reports whether a neuron spiked at a step.
func (h *history) spiked(layer, step, neuron int) bool {
	return h.spikes[layer][step*h.words[layer]+neuron/32]>>(neuron%32)&1 != 0
}

// gate returns 1 − S[t] of a neuron.
func (h *history) gate(layer, step, neuron int) float64 {
	if h.spiked(layer, step, neuron) {
		return 0
	}
	return 1
}

// potential returns the potential of a neuron minus its threshold, by which S[t] was
// decided.
func (l *layer) potential(h *history, step, neuron int) float64 {
	if step == 0 {
		return l.of(neuron).Potential(&cpuref.NeuronState[float64]{}) - network.Threshold
	}
	return float64(h.membrane[l.number][(step-1)*l.neurons+neuron]) - network.Threshold
}

// spikesIn returns the number of spikes that a connection takes at a step.
func (c *connection) spikesIn(h *history, step int) int {
	total := 0
	c.each(h, step, func(int) { total++ })
	return total
}

// each calls do with every neuron of the source, or channel of the input, that spiked at a
// step: for pooled positions in the order of the neurons pooled, otherwise in ascending
// order.
func (c *connection) each(h *history, step int, do func(neuron int)) {
	switch {
	case c.source == always:
		do(0)
	case c.source == -1:
		for _, channel := range h.index[h.rows[step][0]:h.rows[step][1]] {
			do(int(channel))
		}
	case c.pooled:
		for _, neuron := range h.pooled[c.source][step] {
			do(neuron)
		}
	default:
		eachBit(h.row(c.source, step), do)
	}
}
