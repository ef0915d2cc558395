package nir

import (
	"fmt"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/hdf5"
	"spikegrad/host/network"
)

// The types of nodes that can be written and read.
const (
	typeGraph   = "NIRGraph"
	typeInput   = "Input"
	typeOutput  = "Output"
	typeLinear  = "Linear"
	typeAffine  = "Affine"
	typeConv1d  = "Conv1d"
	typeConv2d  = "Conv2d"
	typeSumPool = "SumPool2d"
	typeFlatten = "Flatten"
	typeCubaLIF = "CubaLIF"
	typeCubaLI  = "CubaLI"
	typeLIF     = "LIF"
	typeIF      = "IF"
	typeLI      = "LI" // this and those below are only read
	typeAvgPool = "AvgPool2d"
	typeScale   = "Scale"
	typeDelay   = "Delay"
)

// program is the program name in metadata written here.
const program = "spikegrad"

// formatVersion is the version of the Python package that defines the layout of the file.
const formatVersion = "1.0.8"

// eulerTau is the time constant for which a step of Euler's method multiplies by
// exp(−dt/tau).
func eulerTau(stepLength, tau float64) float64 {
	return stepLength / (1 - cpuref.Exp64(-stepLength/tau))
}

// graphWriter builds a graph.
type graphWriter struct {
	nodes group
	edges []string // from, to, from, to, …
	last  string   // the node that the next one follows
}

// add adds a node after the last one.
func (w *graphWriter) add(name, kind string, members group) {
	members["type"] = kind
	w.nodes[name] = &members
	if w.last != "" {
		w.edges = append(w.edges, w.last, name)
	}
	w.last = name
}

// Encode returns the NIR file of a network that fits its data, with its weights in the
// order of [network.Network.Weights] and its whole configuration as TOML.
func Encode(n *network.Network, weights [][]float32, config string) ([]byte, error) {
	described := n.Weights()
	if len(weights) != len(described) {
		return nil, fmt.Errorf("%d weight arrays: the network has %d", len(weights), len(described))
	}
	if n.Skips() {
		return nil, fmt.Errorf("the network has skip connections (from), which are not written to NIR: export without --nir")
	}
	if err := n.RefuseDelays("those are not written to NIR: export without --nir"); err != nil {
		return nil, err
	}
	if err := n.RefusePotentials("such layers are not written to NIR: export without --nir"); err != nil {
		return nil, err
	}
	for l := range n.Layers {
		switch layer := &n.Layers[l]; {
		case network.Neurons.Number(layer.Neuron).Adapts():
			return nil, fmt.Errorf("layer %d has neurons of kind %s, but NIR has no neuron with an adaptive threshold: export without --nir", l, layer.Neuron)
		case slices.Contains(layer.Learn, "noise_beta"):
			return nil, fmt.Errorf("layer %d learns noise_beta, and NIR has no escape noise: export without --nir", l)
		case layer.RefractorySteps > 0:
			return nil, fmt.Errorf("layer %d has refractory_steps = %d, and NIR has no neuron that rests after a spike: export without --nir", l, layer.RefractorySteps)
		case layer.Cell().Area() > 1 && (layer.Kind != "conv2d" || network.Pools.Number(layer.PoolKind) != cpuref.PoolSum):
			return nil, fmt.Errorf("layer %d is a %s with pool_kind = %q, but NIR has only sums and averages over rows and columns: export without --nir", l, layer.Kind, layer.PoolKind)
		}
	}
	arrays := map[string]array{}
	for i, d := range described {
		arrays[d.Name] = array{Shape: d.Shape(), Float32: weights[i]}
	}
	w := &graphWriter{nodes: group{}}
	input := n.Geometry(-1)
	w.add("input", typeInput, group{"shape": sizes(shapeOf(input, n.Layers[0].Kind))})
	for l := range n.Layers {
		w.layer(n, l, arrays)
	}
	if !n.Spiking() {
		w.flatten(n, len(n.Layers))
		outputs := n.Classes
		w.addDense("readout_weights", arrays["readout"], arrays["readout.bias"])
		tau := n.Readout.Tau
		if tau == 0 {
			tau = float64(n.Steps) * n.StepLength
		}
		w.add("readout", typeCubaLI, neuronMembers(n.StepLength, []float64{tau}, []float64{n.Readout.TauSynapse}, []int{outputs}))
		w.add("output", typeOutput, group{"shape": sizes([]int{outputs})})
	} else {
		last := len(n.Layers) - 1
		w.add("output", typeOutput, group{"shape": sizes(shapeOf(n.Geometry(last), n.Layers[last].Kind))})
	}
	file := group{
		"version": formatVersion,
		"node": &group{
			"type":     typeGraph,
			"nodes":    &w.nodes,
			"edges":    array{Shape: []int{len(w.edges) / 2, 2}, Text: w.edges},
			"metadata": &group{"program": program, "config": config, "step_length": n.StepLength},
		},
	}
	return hdf5.Encode(file.folder())
}

// layer adds the connections and neurons of a layer.
func (w *graphWriter) layer(n *network.Network, l int, arrays map[string]array) {
	layer := &n.Layers[l]
	name := fmt.Sprintf("layer%d", l)
	shape := shapeOf(n.Geometry(l), layer.Kind)
	if layer.Convolutional() {
		w.addConvolution(name+"_input", arrays[name+".input"], arrays[name+".bias"], n.InputWindow(l, l-1))
	} else {
		w.flatten(n, l)
		w.addDense(name+"_input", arrays[name+".input"], arrays[name+".bias"])
	}
	// One number for all neurons or, for a learned constant, one for each filter.
	constant := func(what string, configured float64) []float64 {
		if learned, there := arrays[n.LearnedArray(l, what)]; there {
			return layer.ConstantValues(what, learned.Float32)
		}
		return []float64{configured}
	}
	membrane, synapse := constant("tau_membrane", layer.TauMembrane), constant("tau_synapse", layer.TauSynapse)
	kind, members := typeCubaLIF, neuronMembers(n.StepLength, membrane, synapse, shape)
	switch layer.Neuron {
	case "lif_delta":
		tau := mapped(membrane, func(tau float64) float64 { return eulerTau(n.StepLength, tau) })
		r := mapped(tau, func(tau float64) float64 { return tau / n.StepLength })
		kind, members = typeLIF, group{"tau": spread(shape, tau), "r": spread(shape, r), "v_leak": filled(shape, 0)}
	case "if":
		kind, members = typeIF, group{"r": filled(shape, 1/n.StepLength)}
	}
	members["v_threshold"] = spread(shape, constant("threshold", network.Threshold))
	members["v_reset"] = filled(shape, 0)
	w.add(name, kind, members)
	if layer.Recurrent {
		if layer.Convolutional() {
			w.addConvolution(name+"_recurrent", arrays[name+".recurrent"], array{}, n.RecurrentWindow(l))
		} else {
			w.addDense(name+"_recurrent", arrays[name+".recurrent"], array{})
		}
		w.edges = append(w.edges, w.last, name)
		w.last = name
	}
	if cell := layer.Cell(); cell.Area() > 1 {
		w.add(name+"_pool", typeSumPool, group{"kernel_size": both(cell), "stride": both(cell), "padding": both(cpuref.Extent{})})
	}
}

// flatten adds a Flatten if the layer below is a convolution.
func (w *graphWriter) flatten(n *network.Network, l int) {
	if l == 0 || !n.Layers[l-1].Convolutional() {
		return
	}
	w.add(fmt.Sprintf("layer%d_flat", l-1), typeFlatten, group{
		"input_type": sizes(shapeOf(n.Handed(l-1), n.Layers[l-1].Kind)), "start_dim": int64(0), "end_dim": int64(-1),
	})
}

// addDense adds weights and their biases, if any.
func (w *graphWriter) addDense(name string, weight, bias array) {
	if bias.Shape == nil {
		w.add(name, typeLinear, group{"weight": weight})
		return
	}
	w.add(name, typeAffine, group{"weight": weight, "bias": bias})
}

// addConvolution adds the weights of a kernel, which has three dimensions over positions in
// a row and four over rows and columns.
func (w *graphWriter) addConvolution(name string, weight, bias array, window cpuref.Window) {
	if bias.Shape == nil {
		bias = array{Shape: weight.Shape[:1], Float32: make([]float32, weight.Shape[0])}
	}
	if len(weight.Shape) == 3 {
		w.add(name, typeConv1d, group{
			"weight": weight, "bias": bias, "input_shape": int64(window.Below.Width),
			"stride": int64(window.Stride.Width), "padding": int64(window.Padding.Width), "dilation": int64(1), "groups": int64(1),
		})
		return
	}
	w.add(name, typeConv2d, group{
		"weight": weight, "bias": bias, "input_shape": both(window.Below),
		"stride": both(window.Stride), "padding": both(window.Padding), "dilation": both(cpuref.Extent{Height: 1, Width: 1}), "groups": int64(1),
	})
}

// both encodes a number for rows and one for columns.
func both(e cpuref.Extent) array { return sizes([]int{e.Height, e.Width}) }

// neuronMembers are the members that all neurons with a synaptic current have. A time
// constant is one number, or one for each filter.
func neuronMembers(stepLength float64, tauMembrane, tauSynapse []float64, shape []int) group {
	euler := func(tau float64) float64 { return eulerTau(stepLength, tau) }
	synapse := mapped(tauSynapse, euler)
	return group{
		"tau_mem": spread(shape, mapped(tauMembrane, euler)), "tau_syn": spread(shape, synapse),
		"r": filled(shape, 1), "v_leak": filled(shape, 0), "w_in": spread(shape, mapped(synapse, func(tau float64) float64 { return tau / stepLength })),
	}
}

func mapped(values []float64, f func(float64) float64) []float64 {
	result := make([]float64, len(values))
	for i, value := range values {
		result[i] = f(value)
	}
	return result
}

// spread gives each neuron the value of its filter, or all neurons the only value.
func spread(shape []int, values []float64) array {
	a := filled(shape, 0)
	for i := range a.Float64 {
		a.Float64[i] = values[i*len(values)/len(a.Float64)]
	}
	return a
}

// shapeOf is the shape of neurons, or of the channels below a layer of the given kind: for
// convolutions filters and positions, or filters, rows and columns.
func shapeOf(g network.Geometry, kind string) []int {
	switch kind {
	case "conv1d":
		return []int{g.Filters, g.Positions()}
	case "conv2d":
		return []int{g.Filters, g.Plane.Height, g.Plane.Width}
	}
	return []int{g.Neurons()}
}

func sizes(shape []int) array {
	a := array{Shape: []int{len(shape)}}
	for _, length := range shape {
		a.Int64 = append(a.Int64, int64(length))
	}
	return a
}

func filled(shape []int, value float64) array {
	a := array{Shape: shape}
	size := 1
	for _, length := range shape {
		size *= length
	}
	for range size {
		a.Float64 = append(a.Float64, value)
	}
	return a
}
