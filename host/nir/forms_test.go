package nir

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/hdf5"
	"spikegrad/host/network"
)

// Parts of graphs as other programs write them.

func one(values ...float64) array { return array{Shape: []int{len(values)}, Float64: values} }

func scalar(value float64) array { return array{Shape: []int{}, Float64: []float64{value}} }

func linear(rows, columns int, weight func(r, c int) float64) *group {
	a := array{Shape: []int{rows, columns}}
	for r := range rows {
		for c := range columns {
			a.Float64 = append(a.Float64, weight(r, c))
		}
	}
	return &group{"type": typeLinear, "weight": a}
}

func ending(kind string, size int) *group { return &group{"type": kind, "shape": sizes([]int{size})} }

// lif is snnTorch's Leaky neuron with β = 0.9 at its Δt of 0.1 ms.
func lif() *group {
	return &group{"type": typeLIF, "tau": scalar(0.001), "r": scalar(10), "v_leak": scalar(0), "v_threshold": scalar(1)}
}

func cubaLIF() *group {
	return &group{"type": typeCubaLIF, "tau_mem": scalar(0.001), "tau_syn": scalar(0.0005), "r": scalar(10), "v_leak": scalar(0), "v_threshold": scalar(1), "w_in": scalar(5)}
}

func up(r, c int) float64   { return float64((5*r+3*c)%7)/8 - 0.25 }
func loop(r, c int) float64 { return float64((3*r+5*c)%5)/16 - 0.1 }

// graphOf is a graph with edges written as "a b c, c d": from a to b to c, and from c to d.
func graphOf(nodes group, edges string) *group {
	var pairs []string
	for chain := range strings.SplitSeq(edges, ",") {
		names := strings.Fields(chain)
		for i := range len(names) - 1 {
			pairs = append(pairs, names[i], names[i+1])
		}
	}
	return &group{"type": typeGraph, "nodes": &nodes, "edges": array{Shape: []int{len(pairs) / 2, 2}, Text: pairs}}
}

// readGraph writes a graph to a file and reads it.
func readGraph(t testing.TB, graph *group) *Graph {
	t.Helper()
	content, err := hdf5.Encode(group{"version": formatVersion, "node": graph}.folder())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "graph.nir")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	g, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

const formStep = 0.0001

// flat is a recurrent layer of LIF neurons with a readout, in its simplest form.
func flat(t *testing.T) (*network.Network, [][]float32) {
	t.Helper()
	g := readGraph(t, graphOf(group{
		"in": ending(typeInput, 6), "up": linear(4, 6, up), "cells": lif(), "loop": linear(4, 4, loop), "out": ending(typeOutput, 4),
	}, "in up cells out, cells loop cells"))
	n, weights, err := g.Network(nil, formStep, 60)
	if err != nil {
		t.Fatal(err)
	}
	return n, weights
}

// recurrentForms are the same network as written by various programs.
var recurrentForms = map[string]func() *group{
	"snnTorch: the neuron and its loop in a graph": func() *group {
		cells := graphOf(group{"input": ending(typeInput, 4), "lif": lif(), "w_rec": linear(4, 4, loop), "output": ending(typeOutput, 4)},
			"lif output, w_rec lif w_rec, input lif")
		return graphOf(group{"input": ending(typeInput, 6), "0": linear(4, 6, up), "1": cells, "output": ending(typeOutput, 4)},
			"1 output, input 0 1")
	},
	"Norse: its weights too": func() *group {
		cells := graphOf(group{
			"input": ending(typeInput, 6), "w_in": linear(4, 6, up), "lif": lif(), "w_rec": linear(4, 4, loop), "output": ending(typeOutput, 4),
		}, "input w_in lif w_rec lif output")
		return graphOf(group{"input": ending(typeInput, 6), "LIFRecurrentCell_0": cells, "output": ending(typeOutput, 4)}, "input LIFRecurrentCell_0 output")
	},
	"spyx: the input leads to the loop": func() *group {
		cells := graphOf(group{
			"rnn.input": ending(typeInput, 4), "rnn.lif": lif(), "rnn.w": linear(4, 4, loop), "rnn.output": ending(typeOutput, 4),
		}, "rnn.lif rnn.w rnn.lif rnn.output, rnn.input rnn.w")
		return graphOf(group{"input": ending(typeInput, 6), "fc": linear(4, 6, up), "rnn": cells, "output": ending(typeOutput, 4)}, "input fc rnn output")
	},
	"graphs three deep, with edges twice": func() *group {
		inner := graphOf(group{"i": ending(typeInput, 4), "x": lif(), "y": linear(4, 4, loop), "o": ending(typeOutput, 4)}, "i x y x o, i x")
		middle := graphOf(group{"i": ending(typeInput, 6), "u": linear(4, 6, up), "inner": inner, "o": ending(typeOutput, 4)}, "i u inner o, inner o")
		return graphOf(group{"a": ending(typeInput, 6), "ü m": middle, "z": ending(typeOutput, 4)}, "a ü, ü m")
	},
	"Scale, Flatten and sums of weights": func() *group {
		return graphOf(group{
			"in": ending(typeInput, 6), "f": &group{"type": typeFlatten, "start_dim": int64(0), "end_dim": int64(-1)},
			"double": &group{"type": typeScale, "scale": one(2, 2, 2, 2, 2, 2)},
			"a":      linear(4, 6, func(r, c int) float64 { return up(r, c) / 4 }), "b": linear(4, 6, func(r, c int) float64 { return up(r, c) / 2 }),
			"cells": lif(), "loop": linear(4, 4, func(r, c int) float64 { return loop(r, c) / 4 }), "four": &group{"type": typeScale, "scale": scalar(4)},
			"out": ending(typeOutput, 4),
		}, "in f double a cells out, f b cells loop four cells")
	},
	"thresholds, resistances and leaks of each neuron": func() *group {
		cells := &group{"type": typeLIF, "tau": one(0.001, 0.001, 0.001, 0.001), "r": one(10, 20, 10, 20), "v_leak": one(0, 0, 1, 1), "v_reset": one(0, 0, 1, 1), "v_threshold": one(1, 2, 2, 3)}
		return graphOf(group{
			"in": ending(typeInput, 6), "up": linear(4, 6, up), "cells": cells, "loop": linear(4, 4, loop), "out": ending(typeOutput, 4),
		}, "in up cells out, cells loop cells")
	},
	"products of weights": func() *group {
		half := func(r, c int) float64 { return map[bool]float64{true: 0.5}[r == c] }
		return graphOf(group{
			"in": ending(typeInput, 6), "up": linear(4, 6, func(r, c int) float64 { return 2 * up(r, c) }), "half": linear(4, 4, half), "cells": lif(),
			"loop": linear(4, 4, loop), "out": ending(typeOutput, 4),
		}, "in up half cells out, cells loop cells")
	},
	"Affine with a bias of zeros, and nodes that lead nowhere": func() *group {
		affine := linear(4, 6, up)
		(*affine)["type"], (*affine)["bias"] = typeAffine, one(0, 0, 0, 0)
		return graphOf(group{
			"in": ending(typeInput, 6), "up": affine, "cells": lif(), "loop": linear(4, 4, loop), "out": ending(typeOutput, 4),
			"dead": linear(9, 4, up), "probe": &group{"type": "Conv2d"},
		}, "in up cells out, cells loop cells dead, cells probe")
	},
}

// TestRecurrentForms: a recurrent layer gives the same network whichever program wrote it.
func TestRecurrentForms(t *testing.T) {
	want, weights := flat(t)
	for name, form := range recurrentForms {
		t.Run(name, func(t *testing.T) {
			graph := form()
			if strings.HasPrefix(name, "graphs three") { // a name with a space cannot be in the list
				(*graph)["edges"] = array{Shape: []int{3, 2}, Text: []string{"ü m", "z", "a", "ü m", "ü m", "z"}}
			}
			n, got, err := readGraph(t, graph).Network(nil, formStep, 60)
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprintf("%+v", n) != fmt.Sprintf("%+v", want) {
				t.Errorf("network %+v, want %+v", n, want)
			}
			if !slices.Equal(bitsOf(got), bitsOf(weights)) {
				t.Errorf("weights %v, want %v", got, weights)
			}
		})
	}
}

// TestNeuronForms runs networks of each kind of neuron and compares them with the equations
// of NIR in Euler steps: a spike takes two steps to reach a membrane, or one without a
// current.
func TestNeuronForms(t *testing.T) {
	const inputs, neurons, classes, steps = 6, 4, 3, 80
	li := &group{"type": typeLI, "tau": scalar(0.002), "r": scalar(1), "v_leak": scalar(0)}
	varied, cubaVaried := lif(), cubaLIF()
	(*varied)["tau"], (*varied)["r"] = one(0.001, 0.0005, 0.002, 0.001), one(10, 5, 20, 10)
	(*cubaVaried)["tau_mem"], (*cubaVaried)["r"] = one(0.001, 0.0005, 0.002, 0.001), one(10, 5, 20, 10)
	(*cubaVaried)["tau_syn"], (*cubaVaried)["w_in"] = one(0.0005, 0.0002, 0.0004, 0.0001), one(5, 2, 4, 1)
	each := func(factor float64) []float64 { return slices.Repeat([]float64{factor}, neurons) }
	for _, form := range []struct {
		name       string
		cells      *group
		decay, syn []float64 // factors per step for each neuron
		lag        int
		weigh      bool // only weights lead to the output
	}{
		{"LIF and LI", lif(), each(0.9), each(0), 1, false},
		{"CubaLIF and LI", cubaLIF(), each(0.9), each(0.8), 2, false},
		{"IF and LI", &group{"type": typeIF, "r": scalar(1 / formStep), "v_threshold": scalar(1)}, each(1), each(0), 1, false},
		{"IF of twice the scale", &group{"type": typeIF, "r": scalar(2 / formStep), "v_threshold": scalar(2), "v_reset": scalar(0)}, each(1), each(0), 1, false},
		{"LIF of one step and weights alone", &group{"type": typeLIF, "tau": scalar(float64(float32(formStep))), "r": scalar(1), "v_threshold": scalar(1)}, each(0), each(0), 1, true},
		{"LIF of four time constants", varied, []float64{0.9, 0.8, 0.95, 0.9}, each(0), 1, false},
		{"CubaLIF of four time constants of each kind", cubaVaried, []float64{0.9, 0.8, 0.95, 0.9}, []float64{0.8, 0.5, 0.75, 0}, 2, false},
	} {
		t.Run(form.name, func(t *testing.T) {
			nodes := group{
				"in": ending(typeInput, inputs), "up": linear(neurons, inputs, up), "cells": form.cells, "loop": linear(neurons, neurons, loop),
				"weigh": linear(classes, neurons, up), "sum": li, "out": ending(typeOutput, classes),
			}
			edges := "in up cells weigh sum out, cells loop cells"
			if form.weigh {
				edges = "in up cells weigh out, cells loop cells"
				delete(nodes, "sum")
			}
			n, weights, err := readGraph(t, graphOf(nodes, edges)).Network(nil, formStep, steps)
			if err != nil {
				t.Fatal(err)
			}
			e, err := engine.NewCPU[float32](n, engine.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.SetWeights(weights); err != nil {
				t.Fatal(err)
			}
			batch := &engine.Batch{Labels: []uint32{0}, Numbers: []uint32{0}}
			spiked := func(step, channel int) bool { return step >= 0 && (step*step+3*channel)%5 < 2 }
			for step := range steps {
				begin := uint32(len(batch.Index))
				for channel := range inputs {
					if spiked(step, channel) {
						batch.Index = append(batch.Index, uint32(channel))
					}
				}
				batch.Rows = append(batch.Rows, [2]uint32{begin, uint32(len(batch.Index))})
			}
			record := engine.NewRecord[float32](n, 1)
			if _, err := e.Evaluate(batch, cpuref.StreamEvaluation, record); err != nil {
				t.Fatal(err)
			}
			current, membrane, total, sum := make([]float64, neurons), make([]float64, neurons), 0, 0.0
			var spikes [steps][neurons]bool
			for step := range steps {
				for i := range neurons {
					arrives := 0.0
					for c := range inputs {
						if spiked(step-form.lag, c) {
							arrives += up(i, c)
						}
					}
					for j := range neurons {
						if step >= form.lag && spikes[step-form.lag][j] {
							arrives += loop(i, j)
						}
					}
					current[i] = form.syn[i]*current[i] + arrives
					membrane[i] = form.decay[i]*membrane[i] + current[i]
					spikes[step][i] = membrane[i] > 1
					if spikes[step][i] {
						membrane[i], total = 0, total+1
					}
					if got := record.Spiked(n, 0, 0, step, i); got != spikes[step][i] {
						t.Fatalf("step %d, neuron %d: spike %t, membrane %g", step, i, got, membrane[i])
					}
				}
				arrives := 0.0
				for j := range neurons {
					if step >= 1 && spikes[step-1][j] {
						arrives += up(1, j)
					}
				}
				if form.weigh {
					sum = arrives
				} else {
					sum += (arrives - sum) / 20
				}
				if step+1 < steps && math.Abs(float64(record.Readout[step*classes+1])-sum) > 1e-5 {
					t.Fatalf("step %d: readout %g, want %g", step, record.Readout[step*classes+1], sum)
				}
			}
			if total < 15 {
				t.Errorf("%d spikes prove little", total)
			}
		})
	}
}

// TestBiases: biases on all ways to a layer are combined into one, through the weights,
// factors and neurons above them; a loop to a different number of neurons is refused.
func TestBiases(t *testing.T) {
	affine := func(rows, columns int, weight func(r, c int) float64, bias ...float64) *group {
		node := linear(rows, columns, weight)
		(*node)["type"], (*node)["bias"] = typeAffine, one(bias...)
		return node
	}
	half := func(r, c int) float64 { return map[bool]float64{true: 0.5}[r == c] }
	cells := lif()
	(*cells)["v_threshold"] = one(1, 2, 1, 1)
	nodes := group{
		"in": ending(typeInput, 6), "up": affine(4, 6, up, 2, 4, 6, 8), "half": affine(4, 4, half, 1, 0, 0, 0),
		"double": &group{"type": typeScale, "scale": one(2, 2, 2, 2)}, "cells": cells,
		"loop": affine(4, 4, loop, 0, 0, 0, 0.25), "top": affine(3, 4, up, 1, 2, 3), "out": ending(typeOutput, 3),
	}
	n, weights, err := readGraph(t, graphOf(nodes, "in up half double cells top out, cells loop cells")).Network(nil, formStep, 60)
	if err != nil {
		t.Fatal(err)
	}
	if !n.Layers[0].Bias || !n.Readout.Bias {
		t.Fatalf("biases %t, %t", n.Layers[0].Bias, n.Readout.Bias)
	}
	// (2 · (½ · 2 + 1), …), and a quarter for the last: halved for the neuron whose threshold
	// is 2, and scaled by the resistance and time constant of all.
	factor := float64(weights[0][0]) / up(0, 0)
	for i, want := range []float64{4, 2, 6, 8.25} {
		if got := float64(weights[2][i]); math.Abs(got-factor*want) > 1e-6 {
			t.Errorf("bias %d is %g, want %g", i, got, factor*want)
		}
	}
	if want := []float32{1, 2, 3}; !slices.Equal(weights[4], want) {
		t.Errorf("biases of the readout %v, want %v", weights[4], want)
	}
	nodes["loop"] = affine(3, 4, loop, 1, 1, 1)
	_, _, err = readGraph(t, graphOf(nodes, "in up cells top out, cells loop cells")).Network(nil, formStep, 60)
	if err == nil || !strings.Contains(err.Error(), "layer0.recurrent") {
		t.Errorf("a loop to fewer neurons: error %v", err)
	}
	nodes["wait"] = &group{"type": typeDelay, "delay": scalar(formStep)}
	_, _, err = readGraph(t, graphOf(nodes, "in up wait cells top out, cells loop cells")).Network(nil, formStep, 60)
	if err == nil || !strings.Contains(err.Error(), `node "wait": it delays the bias of node "up"`) {
		t.Errorf("error %v", err)
	}
}

// TestDelay: a Delay becomes the delay of the connection.
func TestDelay(t *testing.T) {
	graph := func(seconds float64) *Graph {
		return readGraph(t, graphOf(group{
			"in": ending(typeInput, 6), "wait": &group{"type": typeDelay, "delay": one(seconds, seconds)}, "up": linear(4, 6, up), "cells": lif(),
			"later": &group{"type": typeDelay, "delay": scalar(2 * formStep)}, "loop": linear(4, 4, loop), "out": ending(typeOutput, 4),
		}, "in wait up cells out, cells later loop cells"))
	}
	n, _, err := graph(3*formStep).Network(nil, formStep, 60)
	if err != nil || n.Layers[0].Delay != 3 || n.Layers[0].RecurrentDelay != 2 {
		t.Errorf("%+v, error %v", n, err)
	}
	if _, _, err := graph(2.5*formStep).Network(nil, formStep, 60); err == nil || !strings.Contains(err.Error(), `node "in": it leads through delays of 0.00025 s`) {
		t.Errorf("error %v", err)
	}
}

// TestAllReasons: all reasons against an import are reported at once, by node.
func TestAllReasons(t *testing.T) {
	affine := linear(4, 6, up)
	(*affine)["type"], (*affine)["bias"] = typeAffine, one(0, 1, 0)
	late := lif()
	(*late)["tau"] = one(0.001, 0)
	nested := graphOf(group{"x": lif()}, "x y")
	g := readGraph(t, graphOf(group{
		"in": ending(typeInput, 6), "up": affine, "pool": &group{"type": "Threshold"}, "cells": late, "if": &group{"type": "I"}, "inner": nested,
		"free": linear(3, 3, up), "out": ending(typeOutput, 4),
	}, "in up pool cells if out, nobody if, inner out, free if"))
	_, _, err := g.Network(nil, formStep, 60)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"8 reasons: ",
		`an edge leads from "nobody" to "if", and the graph has no node "nobody"`,
		`an edge leads from "x" to "y", and the graph in node "inner" has no node "y"`,
		`the graph in node "inner" has 0 nodes of type Input and 0 of type Output`,
		`node "up": it has 3 biases for 4 rows of weights`,
		`node "pool" is of type Threshold: a threshold without`,
		`node "if" is of type I: integrators without a leak`,
		`node "cells": tau = 0 s: it must be at least a time step`,
		`nothing leads to node "free"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwithout %s", err, want)
		}
	}
}

// planeForm is a network over rows and columns as other programs write it: the shape of the
// input in its own node or in the convolution's, single numbers that stand for both
// directions, and averages.
func planeForm(shape array, convolution group) *group {
	values := array{Shape: []int{2, 2, 3, 1}}
	for i := range 12 {
		values.Float64 = append(values.Float64, float64(i))
	}
	kernel := group{"type": typeConv2d, "weight": values, "stride": scalar(1), "padding": array{Text: []string{"valid"}}, "dilation": scalar(1), "groups": scalar(1)}
	for name, member := range convolution {
		kernel[name] = member
	}
	cells := &group{"type": typeLIF, "tau": scalar(0.002), "r": scalar(2), "v_leak": scalar(0), "v_threshold": scalar(1)}
	return graphOf(group{
		"in": &group{"type": typeInput, "shape": shape}, "kernel": &kernel, "cells": cells,
		"pool": &group{"type": typeAvgPool, "kernel_size": one(2, 2), "stride": one(2, 2), "padding": one(0, 0)},
		"flat": &group{"type": typeFlatten, "start_dim": int64(0), "end_dim": int64(-1)},
		"up":   linear(3, 8, up), "sum": &group{"type": typeLI, "tau": scalar(0.002), "r": scalar(1), "v_leak": scalar(0)}, "out": ending(typeOutput, 3),
	}, "in kernel cells pool flat up sum out")
}

// TestPlanes: networks over rows and columns are read in all their forms.
func TestPlanes(t *testing.T) {
	for name, form := range map[string]*group{
		"shape of the input":  planeForm(one(2, 6, 4), nil),
		"shape of the kernel": planeForm(one(48), group{"input_shape": one(6, 4)}),
		"padding of zero":     planeForm(one(2, 6, 4), group{"padding": one(0, 0), "stride": one(1, 1)}),
	} {
		n, weights, err := readGraph(t, form).Network(nil, formStep, 60)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		layer := &n.Layers[0]
		if !slices.Equal(n.InputShape, []int{2, 6, 4}) || layer.Kind != "conv2d" || layer.Filters != 2 || layer.Window().Kernel != (cpuref.Extent{Height: 3, Width: 1}) ||
			layer.Cell() != (cpuref.Extent{Height: 2, Width: 2}) || layer.PoolKind != "sum" || n.Handed(0).Neurons() != 8 {
			t.Errorf("%s: read as %+v over %v", name, layer, n.InputShape)
		}
		if got, want := weights[1][1], float32(up(0, 1)/4); got != want {
			t.Errorf("%s: a weight after the average is %g, want %g", name, got, want)
		}
	}
	for want, form := range map[string]*group{
		"is not given: give the input":     planeForm(one(48), nil),
		"input_shape":                      planeForm(one(48), group{"input_shape": one(5, 4)}),
		"dilation = 2":                     planeForm(one(2, 6, 4), group{"dilation": one(2, 2)}),
		"stride has 3 numbers":             planeForm(one(2, 6, 4), group{"stride": one(1, 1, 1)}),
		"a kernel of 3, stride 0":          planeForm(one(2, 6, 4), group{"stride": scalar(0)}),
		"which do not divide its 45":       planeForm(one(45), nil),
		"kernel of 2 × 2: its input has 1": planeForm(one(2, 3, 4), nil),
	} {
		if _, _, err := readGraph(t, form).Network(nil, formStep, 60); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
