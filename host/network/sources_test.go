package network

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// skippingNetwork has a layer and a readout with several sources.
func skippingNetwork() *Network {
	n := validNetwork()
	n.Layers = append(n.Layers, DefaultLayer())
	n.Layers[0].Neurons, n.Layers[1].Neurons, n.Layers[2].Neurons = 5, 6, 7
	n.Layers[0].Recurrent, n.Layers[1].Recurrent = false, false
	n.Layers[1].From = []string{"input"}
	n.Layers[2].From = []string{"layer1", "input", "layer0"}
	n.Readout.From = []string{"layer0", "layer2"}
	return n
}

func TestSources(t *testing.T) {
	n := skippingNetwork()
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	for l, want := range [][]int{{-1}, {-1}, {-1, 0, 1}, {0, 2}} {
		if got := n.Sources(l); !slices.Equal(got, want) {
			t.Errorf("sources of layer %d: %v, want %v", l, got, want)
		}
	}
	want := []string{
		"layer0.input", "layer1.input", "layer2.from_input", "layer2.from_layer0", "layer2.input", "layer2.recurrent", "readout.from_layer0", "readout",
	}
	if got := n.WeightNames(); !slices.Equal(got, want) {
		t.Errorf("weights %q, want %q", got, want)
	}
	columns := []int{8, 8, 8, 5, 6, 7, 5, 7}
	for i, w := range n.Weights() {
		if w.Columns != columns[i] {
			t.Errorf("%s has %d columns, want %d", w.Name, w.Columns, columns[i])
		}
	}
	if !n.Skips() || validNetwork().Skips() {
		t.Error("Skips is true of networks without skips, or false of those with them")
	}
	n = validNetwork()
	n.Layers[0].From, n.Layers[1].From, n.Readout.From = []string{"input"}, []string{"layer0"}, []string{"layer1"}
	if err := n.Validate(); err != nil || n.Skips() {
		t.Errorf("sources that are the layers just below: %v, skips %t", err, n.Skips())
	}
}

// A configuration that was never validated may have any names.
func TestSourcesOfUnknown(t *testing.T) {
	n := &Network{Layers: make([]Layer, 2)}
	n.Layers[1].From = []string{"Layer0"}
	if got := n.Sources(1); !slices.Equal(got, []int{0}) {
		t.Errorf("sources %v", got)
	}
}

// TestInitialiseSkips: weights from all sources of a layer together have the scale of those
// from one source with as many neurons.
func TestInitialiseSkips(t *testing.T) {
	n := skippingNetwork()
	n.Layers[2].Initial.Kind, n.Layers[2].Initial.Scale, n.Layers[2].Recurrent = "normal", 2, false
	n.Layers[0].Neurons, n.Layers[1].Neurons, n.Layers[2].Neurons = 300, 400, 50
	weights := n.Initialise(3)
	for i, w := range n.Weights() {
		sum, want := 0.0, 2/math.Sqrt(8+300+400)
		for _, x := range weights[i] {
			sum += float64(x) * float64(x)
		}
		if strings.HasPrefix(w.Name, "readout") {
			want = 1 / math.Sqrt(300+50)
		}
		if got := math.Sqrt(sum / float64(len(weights[i]))); (strings.HasPrefix(w.Name, "layer2.") || strings.HasPrefix(w.Name, "readout")) && math.Abs(got/want-1) > 0.15 {
			t.Errorf("%s: standard deviation %g, want about %g", w.Name, got, want)
		}
	}
}

func TestValidateRefusesSources(t *testing.T) {
	for _, c := range []struct {
		change func(n *Network)
		words  []string // that the message must contain
	}{
		{func(n *Network) { n.Layers[1].From = []string{"layer1"} }, []string{"network.layer 1", `"layer1"`, "lower layers: input, layer0"}},
		{func(n *Network) { n.Layers[2].From = []string{"layer7"} }, []string{"network.layer 2", `"layer7"`, "input, layer0, …, layer1"}},
		{func(n *Network) { n.Layers[0].From = []string{"layer0"} }, []string{"network.layer 0", `"layer0"`, "lower layers: input"}},
		{func(n *Network) { n.Layers[2].From = []string{"layer-1"} }, []string{`"layer-1"`}},
		{func(n *Network) { n.Layers[2].From = []string{"layer01"} }, []string{`"layer01"`}},
		{func(n *Network) { n.Layers[2].From = []string{"Input"} }, []string{`"Input"`}},
		{func(n *Network) { n.Layers[2].From = []string{""} }, []string{`""`}},
		{func(n *Network) { n.Layers[2].From = []string{"input", "layer1", "input"} }, []string{"network.layer 2", `"input" twice`}},
		{func(n *Network) { n.Layers[2].From, n.Readout.From = []string{"layer0"}, nil }, []string{"network.layer 1", "no layer and no readout", `add "layer1"`}},
		{func(n *Network) { n.Readout.From = []string{"input", "layer1"} }, []string{"network.layer 2", "no layer and no readout"}},
		{func(n *Network) { n.Readout.From = []string{"layer3"} }, []string{"network.readout", `"layer3"`, "layer2"}},
		{func(n *Network) { n.Readout.Kind, n.Readout.Loss, n.Layers[2].Neurons = "spikes", "counts", n.Classes }, []string{"network.readout: from", `kind = "leaky"`}},
	} {
		n := skippingNetwork()
		c.change(n)
		refusedWith(t, n, c.words)
	}
	plane := func(change func(n *Network)) *Network {
		n := skippingNetwork()
		n.Inputs, n.InputShape = 24, []int{2, 3, 4}
		for l := range n.Layers[:3] {
			layer := &n.Layers[l]
			layer.Kind, layer.Filters, layer.Kernel, layer.Padding = "conv2d", 2+l, 3, 1
		}
		change(n)
		return n
	}
	if err := plane(func(*Network) {}).Validate(); err != nil {
		t.Error(err)
	}
	refusedWith(t, plane(func(n *Network) { n.Layers[0].Pool = 2 }), []string{"network.layer 2", "layer0 has 1 × 2", "layer1 3 × 4", "same size"})
	refusedWith(t, plane(func(n *Network) { n.Layers[1].Stride = 2 }), []string{"network.layer 2", "input has 3 × 4", "layer1 2 × 2"})
	refusedWith(t, plane(func(n *Network) { n.Layers[0].Kind, n.Layers[0].Neurons = "dense", 9 }), []string{"network.layer 2", "layer 0 is dense"})
}

func refusedWith(t *testing.T, n *Network, words []string) {
	t.Helper()
	err := n.Validate()
	if err == nil {
		t.Errorf("a network was accepted of which the error should say %q", words)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error %q does not say %q", err, word)
		}
	}
}
