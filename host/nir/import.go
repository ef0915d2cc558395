package nir

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// Defaults are the parameters of a layer read from another program's file that NIR does not define:
// no noise, the SuperSpike surrogate, the reset that NIR implies, and no delay beyond the step in
// which a spike reaches a current.
func Defaults() network.Layer {
	layer := network.DefaultLayer()
	layer.Reset, layer.Delay, layer.RecurrentDelay = "membrane_only", 0, 0
	layer.Noise.Kind = "threshold"
	layer.Surrogate.Kind = network.DefaultSurrogate(&layer)
	return layer
}

// Network builds a network from the graph, with the sizes of all layers. Base, which may be
// nil, provides what NIR does not know, and the exact time constants if those in the file
// are the ones written for base. stepLength is the network's step in seconds, steps the
// number of steps in a sample. The error gives every reason found, by node.
func (g *Graph) Network(base *network.Network, stepLength float64, steps int) (*network.Network, [][]float32, error) {
	b := &builder{Graph: g, base: base, faults: slices.Clone(g.faults), sources: map[string][]way{}}
	n := &b.network
	n.Readout = network.DefaultReadout()
	n.Readout.Delay, n.Readout.Initial = 0, 0
	if base != nil {
		n.Readout = base.Readout
		n.Readout.From = nil
	}
	n.Steps, n.StepLength = steps, stepLength
	b.build()
	if err := b.faults.err(); err != nil {
		return nil, nil, err
	}
	// Validation completes a copy, so that the network keeps the form of a configuration.
	complete := *n
	complete.Layers = slices.Clone(n.Layers)
	for l := range complete.Layers {
		if complete.Layers[l].Initial.Rate == 0 {
			complete.Layers[l].Initial.Rate = 1 // normally set from the data; not needed here
		}
	}
	if err := complete.Validate(); err != nil {
		return nil, nil, fmt.Errorf("the network of the graph: %w", err)
	}
	for l := range complete.Layers {
		complete.Layers[l].Initial.Rate = n.Layers[l].Initial.Rate
	}
	for i, described := range complete.Weights() {
		if described != b.described[i] {
			return nil, nil, fmt.Errorf("weights %s have shape %v: the layers around them need %v", described.Name, b.described[i].Shape(), described.Shape())
		}
	}
	return &complete, b.weights, nil
}

// builder builds a network from a graph.
type builder struct {
	*Graph
	faults    faults // these and the graph's own
	base      *network.Network
	sources   map[string][]way // of every stateful node, and of the output
	network   network.Network
	described []network.Weight
	weights   [][]float32
}

// build finds the layers in order and adds them.
func (b *builder) build() {
	input, inputErr := b.only(typeInput)
	output, outputErr := b.only(typeOutput)
	for _, err := range []error{inputErr, outputErr} {
		if err != nil {
			b.faults.add("%v", err)
		}
	}
	if outputErr != nil {
		return
	}
	needed := b.needed(output)
	b.check(needed)
	if inputErr != nil {
		return
	}
	if !needed[input] {
		b.faults.add("nothing leads from node %q to node %q", input, output)
	}
	for _, node := range slices.Sorted(maps.Keys(needed)) {
		if kind := b.kind(node); kind != typeInput && (slices.Contains(stateful, kind) || kind == typeOutput) {
			b.sources[node] = b.ways(node)
		}
	}
	order := b.order(input, output)
	if below, err := b.inputs(input); err != nil {
		b.faults.add("node %q: %v", input, err)
	} else {
		b.network.Inputs = below.Neurons()
		b.layers(order, output, below)
	}
}

// inputs returns the arrangement of the input channels: three numbers mean channels, rows
// and columns; two mean channels and positions in a row.
func (b *builder) inputs(input string) (network.Geometry, error) {
	shape, err := b.nodes[input].numbers("shape")
	if err != nil {
		return network.Geometry{}, err
	}
	channels := 1.0
	for _, length := range shape.Float64 {
		channels *= length
	}
	if !(channels >= 1 && channels < 1<<31) || channels != math.Trunc(channels) {
		return network.Geometry{}, fmt.Errorf("shape %v: at least one channel is needed, and fewer than 2³¹", shape.Float64)
	}
	g := network.DenseGeometry(int(channels))
	for _, length := range shape.Float64 {
		if length != math.Trunc(length) || length < 1 {
			return g, nil // no arrangement
		}
	}
	if lengths := shape.Float64; len(lengths) == 2 || len(lengths) == 3 {
		g.Filters, g.Plane.Width = int(lengths[0]), int(lengths[len(lengths)-1])
		if len(lengths) == 3 {
			g.Plane.Height = int(lengths[1])
		}
	}
	return g, nil
}

// order lists the stateful nodes from the input upwards, without the input.
func (b *builder) order(input, output string) []string {
	upwards := map[string][]string{}
	for _, target := range slices.Sorted(maps.Keys(b.sources)) {
		for _, w := range b.sources[target] {
			if w.source != target && !slices.Contains(upwards[w.source], target) {
				upwards[w.source] = append(upwards[w.source], target)
			}
		}
	}
	var order []string
	for at := input; ; {
		up := upwards[at]
		if len(up) == 0 {
			return order // a fault in the nodes between, or in the output
		}
		if len(up) != 1 {
			b.faults.add("node %q leads to %q: only one connection upwards is supported, besides a loop to itself", at, up)
			return order
		}
		for _, w := range b.sources[up[0]] {
			if w.source != at && w.source != up[0] {
				b.faults.add("node %q takes input from %q and %q: a layer can take input only from the layer below and from itself", up[0], at, w.source)
			}
		}
		at = up[0]
		if at == output {
			return order
		}
		if slices.Contains(order, at) {
			b.faults.add("the graph has a cycle through node %q: only loops from a layer to itself are supported", at)
			return order
		}
		order = append(order, at)
	}
}

// layers adds the layers and the readout.
func (b *builder) layers(order []string, output string, shape network.Geometry) {
	below := ""
	for i, node := range order {
		kind := b.kind(node)
		if kind == typeLI || kind == typeCubaLI {
			b.readout(node, below, shape)
			if i < len(order)-1 {
				b.faults.add("node %q is of type %s and feeds node %q: neurons without spikes are supported only as the last ones", node, kind, order[i+1])
			}
			for _, w := range b.sources[output] {
				for _, between := range w.nodes {
					if kind := b.kind(between); w.source == node && kind != typePassed && kind != typeFlatten {
						b.faults.add("node %q of type %s lies between %q and the output: nothing may change the values read out", between, kind, node)
					}
				}
			}
			return
		}
		shape = b.layer(node, shape)
		below = node
	}
	if len(order) == 0 {
		if len(b.faults) == 0 {
			b.faults.add("the graph has no layer of neurons: one of type %s or %s is needed", typeCubaLIF, typeLIF)
		}
		return
	}
	b.ending(b.sources[output], shape)
}

// layer adds a layer with its connections and returns the arrangement of its neurons.
func (b *builder) layer(node string, below network.Geometry) network.Geometry {
	l := len(b.network.Layers)
	layer := Defaults()
	if b.base != nil && l < len(b.base.Layers) {
		layer = b.base.Layers[l]
		layer.From = nil
	}
	layer.Kind = "dense"
	layer.Neuron = map[string]string{typeCubaLIF: "lif", typeLIF: "lif_delta", typeIF: "if"}[b.kind(node)]
	learned := map[string][]float64{}
	for _, constant := range layer.Learn {
		learned[constant] = nil
	}
	varied := b.vary(node, learned)
	factor := b.neurons(node, &layer.TauMembrane, &layer.TauSynapse, learned)
	for _, constant := range varied {
		layer.Learn = append(slices.Clip(layer.Learn), constant)
		*map[string]*float64{"tau_membrane": &layer.TauMembrane, "tau_synapse": &layer.TauSynapse}[constant] = centre(learned[constant])
	}
	var up, back []way
	for _, w := range b.sources[node] {
		if w.source == node {
			back = append(back, w)
		} else {
			up = append(up, w)
		}
	}
	name := fmt.Sprintf("layer%d", l)
	input := b.join(node, up, below)
	b.handUp(input.cell)
	bias := b.give(name+".input", input, factor).bias
	layer.Delay += input.delay
	own := network.DenseGeometry(input.rows)
	if layer.Neurons = input.rows; input.convolution() {
		own.Plane = input.window.Positions
		input.describe(&layer)
		if l == 0 && (input.plane || input.below.Filters > 1) {
			b.network.InputShape = []int{input.below.Filters, input.below.Plane.Height, input.below.Plane.Width}
		}
	}
	layer.Recurrent = len(back) > 0
	if layer.Recurrent {
		loop := b.join(node, back, own)
		if given := b.give(name+".recurrent", loop, factor); given.rows == input.rows { // other shapes are refused
			bias = added(bias, given.bias)
		}
		layer.RecurrentDelay += loop.delay
		switch {
		case loop.cell != cpuref.Extent{}:
			b.faults.add("node %q takes its own spikes pooled: a loop must take them unpooled", node)
		case loop.convolution() != input.convolution() || loop.plane != input.plane:
			b.faults.add("node %q has different kinds of weights in its loop and from below: both must be dense, or both convolutions", node)
		case loop.convolution():
			b.centred(&loop)
			layer.RecurrentKernel = loop.window.Kernel.Width
		}
	}
	if layer.Bias = layer.Bias || bias != nil; layer.Bias {
		b.giveBias(name+".bias", input.node, input.rows, bias)
	}
	b.giveLearned(node, &layer, input.rows, learned)
	b.network.Layers = append(b.network.Layers, layer)
	return own
}

// readout ends the network with leaky integrators.
func (b *builder) readout(node, below string, shape network.Geometry) {
	r := &b.network.Readout
	if below == "" {
		b.faults.add("the graph has no layer of neurons: one of type %s or %s is needed", typeCubaLIF, typeLIF)
		return
	}
	if r.Kind != "leaky" {
		r.Kind, r.Loss = "leaky", network.DefaultReadout().Loss
	}
	tau := r.Tau
	if tau == 0 {
		tau = float64(b.network.Steps) * b.network.StepLength
	}
	duration := tau
	factor := b.neurons(node, &tau, &r.TauSynapse, nil)
	if tau != duration {
		r.Tau = tau
	}
	for _, w := range b.sources[node] {
		if w.source == node {
			b.faults.add("node %q leads to itself: neurons without spikes can have no loop", node)
			return
		}
	}
	b.readoutWeights(b.join(node, b.sources[node], shape), factor)
}

// readoutWeights adds the connection to the readout.
func (b *builder) readoutWeights(c connection, factor []float64) {
	b.handUp(c.cell)
	if c.convolution() {
		b.faults.add("node %q is a convolution: a readout has one weight per neuron and class", c.node)
		return
	}
	bias, r := b.give("readout", c, factor).bias, &b.network.Readout
	if r.Bias = r.Bias || bias != nil; r.Bias {
		b.giveBias("readout.bias", c.node, c.rows, bias)
	}
	b.network.Classes = c.rows
	r.Delay += c.delay
}

// ending ends the network with what leads from the last layer to the output: its spikes, or
// their weighted sum in every step.
func (b *builder) ending(ways []way, shape network.Geometry) {
	plain := true
	for _, w := range ways {
		for _, node := range w.nodes {
			plain = plain && (b.kind(node) == typePassed || b.kind(node) == typeFlatten)
		}
	}
	r := &b.network.Readout
	if len(ways) <= 1 && plain {
		r.Kind, r.Loss = "spikes", "counts"
		b.network.Classes = shape.Neurons()
		b.handUp(cpuref.Extent{})
		return
	}
	momentary := b.momentary()
	*r = network.DefaultReadout()
	r.Delay, r.Initial, r.Tau, r.TauSynapse = 0, 0, momentary, momentary
	b.readoutWeights(b.join("output", ways, shape), []float64{1})
}
