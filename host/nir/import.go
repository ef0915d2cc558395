package nir

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"spikegrad/host/network"
)

// Graph is the graph of a file.
type Graph struct {
	Config     string  // the configuration as TOML; empty in files of other programs
	StepLength float64 // seconds; 0 in files of other programs

	nodes map[string]group
	next  map[string][]string // edges, forwards
	prior map[string][]string // and backwards
}

// Read reads a file.
func Read(path string) (*Graph, error) {
	root, err := readFile(path)
	if err != nil {
		return nil, err
	}
	node, ok := root.inner("node")
	if err := node.unreadable("type", "metadata", "nodes", "edges"); err != nil {
		return nil, err
	}
	if !ok || node.text("type") != typeGraph {
		return nil, fmt.Errorf("%s is no NIR file: it has no node of type %s", path, typeGraph)
	}
	g := &Graph{nodes: map[string]group{}, next: map[string][]string{}, prior: map[string][]string{}}
	// Others may keep under these names what they like.
	if metadata, ok := node.inner("metadata"); ok && metadata.text("program") == program {
		if err := metadata.unreadable("config", "step_length"); err != nil {
			return nil, err
		}
		g.Config = metadata.text("config")
		if length, err := metadata.number("step_length"); err == nil {
			g.StepLength = length
		}
	}
	nodes, ok := node.inner("nodes")
	if !ok {
		return nil, fmt.Errorf("%s is no NIR file: its graph has no nodes", path)
	}
	for name := range nodes {
		if g.nodes[name], ok = nodes.inner(name); !ok {
			return nil, fmt.Errorf("%s: node %q is no group", path, name)
		}
		if err := g.nodes[name].unreadable("type"); err != nil {
			return nil, err
		}
	}
	edges, ok := node["edges"].(array)
	if !ok || len(edges.Text)%2 != 0 {
		return nil, fmt.Errorf("%s is no NIR file: its graph has no list of edges", path)
	}
	for pair := range slices.Chunk(edges.Text, 2) {
		for _, name := range pair {
			if g.nodes[name] == nil {
				return nil, fmt.Errorf("%s: an edge leads from %q to %q, and there is no node %q", path, pair[0], pair[1], name)
			}
		}
		g.next[pair[0]] = append(g.next[pair[0]], pair[1])
		g.prior[pair[1]] = append(g.prior[pair[1]], pair[0])
	}
	return g, nil
}

// Defaults is what a layer read from a file of another program has where NIR says
// nothing: no noise, the SuperSpike surrogate, the reset that NIR means, and no delay
// beyond the step in which a spike reaches a current.
func Defaults() network.Layer {
	layer := network.DefaultLayer()
	layer.Reset, layer.Delay, layer.RecurrentDelay = "membrane_only", 0, 0
	layer.Noise.Kind, layer.Surrogate.Kind = "threshold", "superspike"
	return layer
}

// Network makes a network of the graph, with the sizes of all layers. Base, which may be nil, gives what NIR does not
// know, and the time constants where the file has the very ones of base; stepLength
// is that of the network's steps in seconds, steps their number in a sample.
func (g *Graph) Network(base *network.Network, stepLength float64, steps int) (*network.Network, [][]float32, error) {
	b := &builder{Graph: g, base: base}
	n := &b.network
	n.Readout = network.DefaultReadout()
	n.Readout.Delay = 0
	if base != nil {
		n.Readout = base.Readout
	}
	n.Steps, n.StepLength = steps, stepLength
	if err := b.build(); err != nil {
		return nil, nil, err
	}
	// Validation completes a copy, so that the network stays as a configuration says it.
	complete := *n
	complete.Layers = slices.Clone(n.Layers)
	for l := range complete.Layers {
		if complete.Layers[l].Initial.Rate == 0 {
			complete.Layers[l].Initial.Rate = 1 // left to the data, which nobody needs here
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

// builder follows the graph upwards.
type builder struct {
	*Graph
	base      *network.Network
	network   network.Network
	described []network.Weight
	weights   [][]float32
}

func (b *builder) build() error {
	at, err := b.only(typeInput)
	if err != nil {
		return err
	}
	shape, err := b.nodes[at].numbers("shape")
	if err != nil {
		return fmt.Errorf("node %q: %w", at, err)
	}
	b.network.Inputs = 1
	for _, length := range shape.Float64 {
		b.network.Inputs *= int(length)
	}
	seen := map[string]bool{}
	for {
		onward, err := b.onward(at)
		if err != nil {
			return err
		}
		if b.kind(onward) == typeOutput {
			return b.spiking(at)
		}
		neurons, err := b.after(onward)
		if err != nil {
			return err
		}
		if seen[neurons] {
			return fmt.Errorf("the graph leads in a circle through node %q: only loops from a layer to itself are supported", neurons)
		}
		seen[neurons] = true
		if b.kind(neurons) == typeCubaLI {
			return b.readout(onward, neurons)
		}
		if err := b.layer(onward, neurons); err != nil {
			return err
		}
		at = neurons
	}
}

func (b *builder) kind(node string) string { return b.nodes[node].text("type") }

// only is the one node of a kind.
func (b *builder) only(kind string) (string, error) {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(b.nodes)) {
		if b.kind(name) == kind {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("the graph has %d nodes of type %s: one is needed", len(found), kind)
	}
	return found[0], nil
}

// onward is the connection that leads from a node upwards, past Flatten.
func (b *builder) onward(at string) (string, error) {
	var up []string
	for _, next := range b.next[at] {
		if !slices.Contains(b.next[next], at) || at == next {
			up = append(up, next)
		}
	}
	if len(up) != 1 {
		return "", fmt.Errorf("node %q leads to %q: one way upwards is supported, besides a loop to itself", at, up)
	}
	if b.kind(up[0]) == typeFlatten {
		return b.onward(up[0])
	}
	return up[0], nil
}

// after are the neurons behind a connection.
func (b *builder) after(connection string) (string, error) {
	switch kind := b.kind(connection); kind {
	case typeLinear, typeAffine, typeConv1d:
	default:
		return "", fmt.Errorf("node %q is of type %s: where layers are connected, %s, %s and %s are supported", connection, kind, typeLinear, typeAffine, typeConv1d)
	}
	next := b.next[connection]
	if len(next) != 1 {
		return "", fmt.Errorf("node %q leads to %q: one node of type %s or %s is needed", connection, next, typeCubaLIF, typeCubaLI)
	}
	if kind := b.kind(next[0]); kind != typeCubaLIF && kind != typeCubaLI {
		return "", fmt.Errorf("node %q is of type %s: of neurons, %s and %s are supported", next[0], kind, typeCubaLIF, typeCubaLI)
	}
	return next[0], nil
}

// layer adds a layer with its connections.
func (b *builder) layer(connection, neurons string) error {
	l := len(b.network.Layers)
	layer := Defaults()
	if b.base != nil && l < len(b.base.Layers) {
		layer = b.base.Layers[l]
	}
	layer.Kind = "dense"
	factor, err := b.neurons(neurons, &layer.TauMembrane, &layer.TauSynapse)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("layer%d", l)
	weight, err := b.connect(name+".input", connection, factor)
	if err != nil {
		return err
	}
	if weight.Kernel == 0 {
		layer.Neurons = weight.Rows
	} else {
		layer.Kind, layer.Filters, layer.Kernel = "conv1d", weight.Rows, weight.Kernel
		if layer.Stride, layer.Padding, err = b.window(connection); err != nil {
			return err
		}
	}
	layer.Recurrent = false
	for _, back := range b.prior[neurons] {
		if back == connection {
			continue
		}
		if layer.Recurrent || !slices.Equal(b.prior[back], []string{neurons}) {
			return fmt.Errorf("node %q leads to %q: besides the connection from below, one loop of a layer to itself is supported", back, neurons)
		}
		layer.Recurrent = true
		loop, err := b.connect(name+".recurrent", back, factor)
		if err != nil {
			return err
		}
		if (loop.Kernel == 0) != (weight.Kernel == 0) {
			return fmt.Errorf("node %q is of another type than %q: a layer is dense or a convolution in both of its connections", back, connection)
		}
		if loop.Kernel == 0 {
			continue
		}
		layer.RecurrentKernel = loop.Kernel
		stride, padding, err := b.window(back)
		if err != nil {
			return err
		}
		if stride != 1 || padding != loop.Kernel/2 {
			return fmt.Errorf("node %q has stride %d and padding %d: in a loop 1 and %d are supported", back, stride, padding, loop.Kernel/2)
		}
	}
	b.network.Layers = append(b.network.Layers, layer)
	return nil
}

// readout ends the network in leaky integrators.
func (b *builder) readout(connection, neurons string) error {
	r := &b.network.Readout
	if r.Kind != "leaky" {
		r.Kind, r.Loss = "leaky", network.DefaultReadout().Loss
	}
	tau := r.Tau
	if tau == 0 {
		tau = float64(b.network.Steps) * b.network.StepLength
	}
	duration := tau
	factor, err := b.neurons(neurons, &tau, &r.TauSynapse)
	if err != nil {
		return err
	}
	if tau != duration {
		r.Tau = tau
	}
	weight, err := b.connect("readout", connection, factor)
	b.network.Classes = weight.Rows
	return err
}

// spiking ends the network in the spikes of its last layer.
func (b *builder) spiking(last string) error {
	if len(b.network.Layers) == 0 {
		return fmt.Errorf("the graph has no layer of neurons: one of type %s is needed", typeCubaLIF)
	}
	b.network.Readout.Kind, b.network.Readout.Loss = "spikes", "counts"
	shape, err := b.nodes[last].numbers("v_threshold")
	b.network.Classes = len(shape.Float64)
	return err
}

// neurons reads time constants and returns what the weights into the neurons have to
// be multiplied by, 1 where w_in = τ_syn/Δt, r = 1 and the threshold is 1. Time constants
// whose Euler form the file has are left as they are.
func (b *builder) neurons(node string, tauMembrane, tauSynapse *float64) (factor float64, err error) {
	members, dt := b.nodes[node], b.network.StepLength
	number := func(name string, otherwise float64) float64 {
		if _, there := members[name]; !there && !math.IsNaN(otherwise) {
			return otherwise
		}
		value, numberErr := members.number(name)
		if numberErr != nil && err == nil {
			err = fmt.Errorf("node %q: %w", node, numberErr)
		}
		return value
	}
	needed := math.NaN()
	membrane, synapse := number("tau_mem", needed), number("tau_syn", needed)
	r, in, threshold := number("r", needed), number("w_in", 1), 1.0
	leak, reset := number("v_leak", 0), number("v_reset", 0)
	if b.kind(node) == typeCubaLIF {
		threshold = number("v_threshold", needed)
	}
	switch {
	case err != nil:
		return 0, err
	case leak != 0 || reset != 0:
		return 0, fmt.Errorf("node %q: v_leak = %g and v_reset = %g: only 0 is supported", node, leak, reset)
	case !(threshold > 0):
		return 0, fmt.Errorf("node %q: v_threshold = %g: a positive one is needed", node, threshold)
	}
	for _, t := range []struct {
		name   string
		euler  float64
		actual *float64
	}{{"tau_mem", membrane, tauMembrane}, {"tau_syn", synapse, tauSynapse}} {
		if eulerTau(dt, *t.actual) == t.euler {
			continue
		}
		if !(t.euler > dt) {
			return 0, fmt.Errorf("node %q: %s = %g s: more than a time step of %g s is needed; give a shorter step", node, t.name, t.euler, dt)
		}
		*t.actual = -dt / math.Log1p(-dt/t.euler)
	}
	if r == 1 && threshold == 1 && in == synapse/dt {
		return 1, nil
	}
	return r * in * dt / synapse / threshold, nil
}

// connect adds the weights of a connection, multiplied by a factor.
func (b *builder) connect(name, node string, factor float64) (network.Weight, error) {
	members := b.nodes[node]
	values, err := members.numbers("weight")
	if err != nil {
		return network.Weight{}, fmt.Errorf("node %q: %w", node, err)
	}
	if bias, err := members.number("bias"); err == nil && bias != 0 || err != nil && members["bias"] != nil {
		return network.Weight{}, fmt.Errorf("node %q has a bias: connections of spikegrad have none; set it to 0", node)
	}
	want := 2
	if b.kind(node) == typeConv1d {
		want = 3
	}
	if len(values.Shape) != want {
		return network.Weight{}, fmt.Errorf("node %q has weights of shape %v: %d dimensions are needed", node, values.Shape, want)
	}
	w := network.Weight{Name: name, Rows: values.Shape[0], Columns: values.Shape[1]}
	if want == 3 {
		w.Columns, w.Kernel = values.Shape[1]*values.Shape[2], values.Shape[2]
	}
	numbers := make([]float32, len(values.Float64))
	for i, v := range values.Float64 {
		if factor != 1 {
			v *= factor
		}
		numbers[i] = float32(v)
		if math.IsNaN(v) || math.IsInf(float64(numbers[i]), 0) {
			return w, fmt.Errorf("node %q: weight %d is %g: finite ones are needed", node, i, v)
		}
	}
	b.described, b.weights = append(b.described, w), append(b.weights, numbers)
	return w, nil
}

// window is the stride and the padding of a convolution.
func (b *builder) window(node string) (stride, padding int, err error) {
	members := b.nodes[node]
	if err := members.unreadable("dilation", "groups"); err != nil {
		return 0, 0, fmt.Errorf("node %q: %w", node, err)
	}
	for _, name := range []string{"dilation", "groups"} {
		if value, err := members.number(name); err == nil && value != 1 {
			return 0, 0, fmt.Errorf("node %q: %s = %g: only 1 is supported", node, name, value)
		}
	}
	if text := members.text("padding"); text == "valid" {
		padding = 0
	} else if text != "" {
		return 0, 0, fmt.Errorf("node %q: padding = %q: a number or \"valid\" is supported", node, strings.TrimSpace(text))
	} else if value, err := members.number("padding"); err != nil {
		return 0, 0, fmt.Errorf("node %q: %w", node, err)
	} else {
		padding = int(value)
	}
	value, err := members.number("stride")
	if err != nil {
		return 0, 0, fmt.Errorf("node %q: %w", node, err)
	}
	return int(value), padding, nil
}
