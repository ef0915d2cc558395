package nir

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"spikegrad/host/network"
)

// networkOf returns a valid network after changing it.
func networkOf(t *testing.T, change func(n *network.Network)) *network.Network {
	t.Helper()
	n := &network.Network{Inputs: 24, Classes: 3, Steps: 50, StepLength: 0.002, Readout: network.DefaultReadout()}
	for range 2 {
		layer := network.DefaultLayer()
		layer.Neurons = 5
		n.Layers = append(n.Layers, layer)
	}
	change(n)
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	return n
}

// forms are networks of every kind that a file can hold.
var forms = map[string]func(n *network.Network){
	"recurrent": func(n *network.Network) { n.Layers[1].TauMembrane, n.Layers[1].TauSynapse = 0.0137, 0.0051 },
	"feed-forward": func(n *network.Network) {
		n.Layers[0].Recurrent, n.Layers[1].Recurrent = false, false
		n.Readout.Tau, n.Readout.Delay = 0.03, 2
	},
	"no synaptic current": func(n *network.Network) {
		n.Layers[0].Neuron, n.Layers[1].Neuron, n.Layers[0].TauMembrane = "lif_delta", "lif_delta", 0.0137
	},
	"no leak": func(n *network.Network) { n.Layers[0].Neuron, n.Layers[1].Neuron = "if", "if" },
	"biases": func(n *network.Network) {
		n.Layers[0].Bias, n.Layers[1].Bias, n.Readout.Bias = true, true, true
		n.Layers[0].Neuron, n.Layers[1].Recurrent = "lif_delta", false
	},
	"biases of a convolution": func(n *network.Network) {
		c := &n.Layers[0]
		c.Kind, c.Filters, c.Kernel, c.Stride, c.RecurrentKernel, c.Bias = "conv1d", 3, 7, 3, 5, true
	},
	"spikes": func(n *network.Network) {
		n.Layers[1].Neurons, n.Readout.Kind, n.Readout.Loss = 3, "spikes", "counts"
	},
	"convolution": func(n *network.Network) {
		for l, stride := range []int{2, 1} {
			c := &n.Layers[l]
			c.Kind, c.Filters, c.Kernel, c.Stride, c.Padding, c.RecurrentKernel = "conv1d", 3+l, 5, stride, l, 3
		}
		n.Layers[1].Recurrent = false
	},
	"planes": func(n *network.Network) {
		n.InputShape = []int{2, 3, 4}
		for l := range n.Layers {
			c := &n.Layers[l]
			c.Kind, c.Filters, c.Kernel, c.Padding, c.RecurrentKernel = "conv2d", 3+l, 3, 1, 3
		}
		n.Layers[0].KernelHeight, n.Layers[0].PaddingHeight, n.Layers[1].StrideHeight = 2, 1, 2
	},
	"loops that see more than there is": func(n *network.Network) {
		n.InputShape = []int{2, 2, 6}
		for l := range n.Layers {
			c := &n.Layers[l]
			c.Kind, c.Filters, c.Kernel, c.RecurrentKernel = "conv2d", 2, 2-l, 5
		}
	},
	"channels of positions": func(n *network.Network) {
		n.InputShape = []int{2, 1, 12}
		c := &n.Layers[0]
		c.Kind, c.Filters, c.Kernel, c.Recurrent = "conv1d", 3, 5, false
	},
	"pooled below a plane": func(n *network.Network) {
		n.InputShape = []int{1, 4, 6}
		for l := range n.Layers {
			c := &n.Layers[l]
			c.Kind, c.Filters, c.Kernel, c.RecurrentKernel, c.PoolKind = "conv2d", 3+l, 2, 3, "sum"
		}
		n.Layers[0].Pool, n.Layers[1].Pool, n.Layers[1].PoolHeight, n.Layers[1].Padding = 2, 2, 1, 1
	},
	"pooled below a dense layer": func(n *network.Network) {
		n.InputShape = []int{1, 4, 6}
		c := &n.Layers[0]
		c.Kind, c.Filters, c.Kernel, c.Recurrent, c.Pool, c.PoolHeight, c.PoolKind = "conv2d", 3, 1, false, 3, 2, "sum"
	},
	"convolution and dense": func(n *network.Network) {
		c := &n.Layers[0]
		c.Kind, c.Filters, c.Kernel, c.Stride, c.RecurrentKernel = "conv1d", 3, 7, 3, 5
	},
}

// awkward returns weights whose bits are easily lost.
func awkward(n *network.Network) [][]float32 {
	weights := n.Initialise(7)
	for i := range weights {
		weights[i][0], weights[i][1] = float32(math.Copysign(0, -1)), math.MaxFloat32
	}
	return weights
}

func encoded(t *testing.T, n *network.Network, weights [][]float32) string {
	t.Helper()
	content, err := Encode(n, weights, "seed = 3\n")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "network.nir")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// readBack writes a network and reads it back with itself as the configuration.
func readBack(t testing.TB, n *network.Network, weights [][]float32) (*network.Network, [][]float32, error) {
	t.Helper()
	content, err := Encode(n, weights, "")
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(t.TempDir(), "again.nir")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	graph, err := Read(path)
	if err != nil {
		return nil, nil, err
	}
	return graph.Network(n, n.StepLength, n.Steps)
}

func bitsOf(weights [][]float32) (all []uint32) {
	for _, array := range weights {
		for _, w := range array {
			all = append(all, math.Float32bits(w))
		}
	}
	return all
}

// TestRoundTrip writes networks and reads them back: with the configuration, the network is
// the same in every field, and every weight in every bit.
func TestRoundTrip(t *testing.T) {
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			n := networkOf(t, form)
			weights := awkward(n)
			graph, err := Read(encoded(t, n, weights))
			if err != nil {
				t.Fatal(err)
			}
			if graph.Config != "seed = 3\n" || graph.StepLength != n.StepLength {
				t.Errorf("configuration %q, step %g", graph.Config, graph.StepLength)
			}
			got, read, err := graph.Network(n, n.StepLength, n.Steps)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, n) {
				t.Errorf("read %+v, want %+v", got, n)
			}
			if !slices.Equal(bitsOf(read), bitsOf(weights)) {
				t.Error("weights have other bits")
			}
		})
	}
}

// TestLearnedConstants: a file has the constants of each neuron, and gives the same bits when
// read with its configuration.
func TestLearnedConstants(t *testing.T) {
	for name, change := range map[string]func(n *network.Network){
		"per neuron": func(n *network.Network) {
			n.Layers[0].Learn, n.Layers[1].Learn = []string{"threshold", "tau_membrane", "tau_synapse"}, []string{"tau_synapse"}
		},
		"per layer, other models": func(n *network.Network) {
			n.Layers[0].Learn, n.Layers[0].LearnPer, n.Layers[0].Neuron = []string{"tau_membrane", "threshold"}, "layer", "lif_delta"
			n.Layers[1].Learn, n.Layers[1].Neuron, n.Layers[1].Bias = []string{"threshold"}, "if", true
		},
		"per filter": func(n *network.Network) {
			c := &n.Layers[0]
			c.Kind, c.Filters, c.Kernel, c.Stride, c.RecurrentKernel, c.Learn = "conv1d", 3, 7, 3, 5, []string{"tau_membrane", "threshold"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := networkOf(t, change)
			weights := n.Initialise(5)
			for i, w := range n.Weights() {
				for j := range weights[i] {
					if w.Constant != "" {
						weights[i][j] = float32(j%7-3) / 3.1
					}
				}
			}
			graph, err := Read(encoded(t, n, weights))
			if err != nil {
				t.Fatal(err)
			}
			got, read, err := graph.Network(n, n.StepLength, n.Steps)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, n) {
				t.Errorf("read %+v, want %+v", got, n)
			}
			if !slices.Equal(bitsOf(read), bitsOf(weights)) {
				t.Error("weights have other bits")
			}
			for i, w := range n.Weights() {
				if w.Name != "layer0.log_threshold" {
					continue
				}
				found := graph.nodes["layer0"]
				thresholds, err := found.numbers("v_threshold")
				if err != nil {
					t.Fatal(err)
				}
				for k, threshold := range thresholds.Float64 {
					rho := weights[i][k*len(weights[i])/len(thresholds.Float64)]
					if !near(threshold, math.Exp(float64(rho))) {
						t.Errorf("threshold %d is %g, ρ is %g", k, threshold, rho)
					}
				}
			}
		})
	}
}

// TestWithoutConfiguration uses only the information in the nodes.
func TestWithoutConfiguration(t *testing.T) {
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			n := networkOf(t, form)
			weights := awkward(n)
			graph, err := Read(encoded(t, n, weights))
			if err != nil {
				t.Fatal(err)
			}
			got, read, err := graph.Network(nil, n.StepLength, n.Steps)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Weights(), n.Weights()) || !slices.Equal(bitsOf(read), bitsOf(weights)) {
				t.Errorf("weights %v, want %v with the same bits", got.Weights(), n.Weights())
			}
			for l := range n.Layers {
				if g, w := got.Layers[l], n.Layers[l]; !near(g.TauMembrane, w.TauMembrane) || !near(g.TauSynapse, w.TauSynapse) ||
					g.Stride != w.Stride || g.Padding != w.Padding || g.Noise.Kind != "threshold" || g.Delay != 0 || g.Reset != "membrane_only" {
					t.Errorf("layer %d is %+v", l, g)
				}
			}
			if got.Readout.Kind != n.Readout.Kind || got.Readout.Tau != 0 && !near(got.Readout.Tau, n.Readout.Tau) {
				t.Errorf("readout is %+v, want %+v", got.Readout, n.Readout)
			}
		})
	}
}

// near allows for the rounding of a time constant converted there and back.
func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*want }

// TestForeign reads a file written by the Python package: packed arrays, its kind of texts,
// and neurons in different units.
func TestForeign(t *testing.T) {
	graph, err := Read("testdata/foreign.nir")
	if err != nil {
		t.Fatal(err)
	}
	if graph.Config != "" || graph.StepLength != 0 {
		t.Errorf("configuration %q, step %g", graph.Config, graph.StepLength)
	}
	const dt = 0.001
	n, weights, err := graph.Network(nil, dt, 100)
	if err != nil {
		t.Fatal(err)
	}
	if n.Inputs != 3 || n.Classes != 2 || len(n.Layers) != 1 || n.Layers[0].Neurons != 4 || !n.Layers[0].Recurrent {
		t.Fatalf("network %+v", n)
	}
	// 1 − dt/tau is the factor per step.
	if l := n.Layers[0]; !near(math.Exp(-dt/l.TauMembrane), 1-dt/0.02) || !near(math.Exp(-dt/l.TauSynapse), 1-dt/0.01) {
		t.Errorf("time constants %g and %g", l.TauMembrane, l.TauSynapse)
	}
	// A weight adds half its value to the current, and half of that at twice the threshold.
	for i, w := range weights[0] {
		if want := float32(float64(float32(i)/7) * (5 * dt / 0.01 / 2)); w != want {
			t.Errorf("weight %d is %g, want %g", i, w, want)
		}
	}
	for i, w := range weights[1] {
		if want := float32(0.125 * float64(1-min(1, i%5))); w != want {
			t.Errorf("recurrent weight %d is %g, want %g", i, w, want)
		}
	}
	for i, w := range weights[2] {
		if want := float32(i) / 8; w != want {
			t.Errorf("readout weight %d is %g, want %g", i, w, want)
		}
	}
}

// TestRefuses checks that the errors name what spikegrad cannot run.
func TestRefuses(t *testing.T) {
	n := networkOf(t, forms["recurrent"])
	path := encoded(t, n, awkward(n))
	conv := networkOf(t, forms["convolution"])
	convPath := encoded(t, conv, awkward(conv))
	for want, change := range map[string]func(g *Graph){
		`node "layer0" has 2 values of tau_membrane for 5 rows of weights`: func(g *Graph) {
			g.nodes["layer0"]["tau_mem"] = array{Shape: []int{2}, Float64: []float64{1, 2}}
		},
		`node "layer0": tau_membrane = 0.00391`: func(g *Graph) {
			g.nodes["layer0"]["tau_mem"] = array{Shape: []int{5}, Float64: []float64{0.005, 1, 2, 3, 400}}
		},
		`node "readout": tau_mem differs between neurons (1 and 2)`: func(g *Graph) {
			g.nodes["readout"]["tau_mem"] = array{Shape: []int{2}, Float64: []float64{1, 2}}
		},
		`weights of node "layer0_input": the neurons that they lead to: it has 2 values for 5 neurons`: func(g *Graph) {
			g.nodes["layer0"]["v_threshold"] = array{Shape: []int{2}, Float64: []float64{1, 2}}
		},
		`node "layer0" has parameters of 3 and of 2 neurons`: func(g *Graph) {
			g.nodes["layer0"]["v_threshold"] = array{Shape: []int{2}, Float64: []float64{1, 2}}
			g.nodes["layer0"]["r"] = array{Shape: []int{3}, Float64: []float64{1, 2, 3}}
		},
		`node "layer0": it has no numbers "tau_mem"`:                    func(g *Graph) { delete(g.nodes["layer0"], "tau_mem") },
		`v_leak = 0.5 and v_reset = 0: only equal values are supported`: func(g *Graph) { g.nodes["layer0"]["v_leak"] = array{Float64: []float64{0.5}} },
		`v_threshold = -1: it must be above v_leak = 0`:                 func(g *Graph) { g.nodes["layer0"]["v_threshold"] = array{Float64: []float64{-1}} },
		`tau_mem = 0.001 s: it must be at least a time step, 0.002 s`:   func(g *Graph) { g.nodes["layer0"]["tau_mem"] = array{Float64: []float64{0.001}} },
		`node "layer0_input": it has 1 biases for 5 rows of weights`:    func(g *Graph) { g.nodes["layer0_input"]["bias"] = array{Float64: []float64{0.5}} },
		`node "layer0_input": bias 1 is NaN`: func(g *Graph) {
			g.nodes["layer0_input"]["bias"] = array{Float64: []float64{1, math.NaN(), 1, 1, 1}}
		},
		`node "layer1" is of type I: integrators without a leak`:            func(g *Graph) { g.nodes["layer1"]["type"] = array{Text: []string{"I"}} },
		`node "layer0_input" is of the unknown type "Mystery"`:              func(g *Graph) { g.nodes["layer0_input"]["type"] = array{Text: []string{"Mystery"}} },
		`the graph has 0 nodes of type Input`:                               func(g *Graph) { g.nodes["input"]["type"] = array{Text: []string{"Output"}} },
		`node "input" leads to ["layer0" "layer1"]`:                         func(g *Graph) { g.prior["layer1_input"] = append(g.prior["layer1_input"], "input") },
		`node "layer0" takes input from "input" and "layer1"`:               func(g *Graph) { g.prior["layer0"] = append(g.prior["layer0"], "layer1_recurrent") },
		`the graph has a cycle without neurons through node "layer0_input"`: func(g *Graph) { g.prior["layer0_input"] = append(g.prior["layer0_input"], "layer0_input") },
		`node "layer1_input": it has weights of 5 × 5, but 6 inputs`: func(g *Graph) {
			g.nodes["layer0_input"]["weight"] = array{Shape: []int{6, 24}, Float64: make([]float64, 144)}
			g.nodes["layer0_recurrent"]["weight"] = array{Shape: []int{6, 6}, Float64: make([]float64, 36)}
		},
		`weight 0 is NaN`: func(g *Graph) {
			weight := g.nodes["layer0_input"]["weight"].(array)
			weight.Float64[0] = math.NaN()
		},
	} {
		graph, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		change(graph)
		if _, _, err := graph.Network(n, n.StepLength, n.Steps); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for want, change := range map[string]func(g *Graph){
		`dilation = 2: only 1`:         func(g *Graph) { g.nodes["layer0_input"]["dilation"] = array{Float64: []float64{2}} },
		`padding = "same"`:             func(g *Graph) { g.nodes["layer0_input"]["padding"] = array{Text: []string{"same"}} }, // with stride 2
		`stride = 1.5: a whole number`: func(g *Graph) { g.nodes["layer0_input"]["stride"] = array{Float64: []float64{1.5}} },
		`a kernel of 5, stride 2 and padding 99 does not fit its 24 inputs`: func(g *Graph) { g.nodes["layer0_input"]["padding"] = array{Float64: []float64{99}} },
		`node "layer0_recurrent" has stride 1 and padding 2`:                func(g *Graph) { g.nodes["layer0_recurrent"]["padding"] = array{Float64: []float64{2}} },
	} {
		graph, err := Read(convPath)
		if err != nil {
			t.Fatal(err)
		}
		change(graph)
		if _, _, err := graph.Network(conv, conv.StepLength, conv.Steps); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := Encode(n, nil, ""); err == nil {
		t.Error("a file without weights")
	}
	n.Layers[1].RefractorySteps = 2
	if _, err := Encode(n, make([][]float32, len(n.Weights())), ""); err == nil || !strings.Contains(err.Error(), "layer 1 has refractory_steps = 2") {
		t.Errorf("refractory steps: error %v", err)
	}
	n.Layers[1].Neuron = "adaptive"
	if _, err := Encode(n, make([][]float32, len(n.Weights())), ""); err == nil || !strings.Contains(err.Error(), "layer 1 has neurons of kind adaptive") {
		t.Errorf("adaptive neurons: error %v", err)
	}
}

// TestDamaged flips bytes of a file and truncates it: it may be read or refused, but
// nothing else may happen.
func TestDamaged(t *testing.T) {
	n := networkOf(t, forms["recurrent"])
	whole, err := os.ReadFile(encoded(t, n, awkward(n)))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "damaged.nir")
	refused := 0
	try := func(content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		graph, err := Read(path)
		if err == nil {
			_, _, err = graph.Network(n, n.StepLength, n.Steps)
		}
		if err != nil {
			refused++
		}
	}
	for at := 0; at < len(whole); at += 61 {
		damaged := slices.Clone(whole)
		damaged[at] ^= 0x41
		try(damaged)
	}
	for _, size := range []int{0, 7, 48, len(whole) / 2, len(whole) - 9} {
		try(whole[:size])
	}
	if refused < 10 {
		t.Errorf("%d damaged files were refused, which is too few to be true", refused)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "reading a NIR file") {
		t.Errorf("error %v", err)
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}

// TestForeignMetadata reads a file with metadata that only its own program understands: an
// HDF5 bool, an empty array and an empty dataspace, a text "config", and unreadable
// members; and with a node whose name is not ASCII.
func TestForeignMetadata(t *testing.T) {
	graph, err := Read("testdata/metadata.nir")
	if err != nil {
		t.Fatal(err)
	}
	if graph.Config != "" || graph.StepLength != 0 {
		t.Errorf("configuration %q, step %g", graph.Config, graph.StepLength)
	}
	n, weights, err := graph.Network(nil, 0.001, 100)
	if err != nil {
		t.Fatal(err)
	}
	if n.Inputs != 3 || len(n.Layers) != 1 || n.Layers[0].Neurons != 2 || n.Classes != 2 {
		t.Fatalf("network %+v", n)
	}
	// The weights are packed with lzf.
	for i, w := range weights[0] {
		if want := float32(i) / 8; w != want {
			t.Errorf("weight %d is %g, want %g", i, w, want)
		}
	}
}

// TestUnreadable checks that the error for a required but unreadable member has the reason.
func TestUnreadable(t *testing.T) {
	n := networkOf(t, forms["convolution"])
	path := encoded(t, n, awkward(n))
	for _, name := range []string{"dilation", "groups", "padding", "stride", "weight"} {
		graph, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		graph.nodes["layer0_input"][name] = errors.New("packed by the filter szip")
		if _, _, err := graph.Network(n, n.StepLength, n.Steps); err == nil || !strings.Contains(err.Error(), "packed by the filter szip") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
