package network

import (
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
)

// convNetwork is a network over 8 input channels, with two convolutions, of 3 filters
// at 4 positions and 17 at 2, under a dense layer.
func convNetwork() *Network {
	n := validNetwork()
	first, second := DefaultLayer(), DefaultLayer()
	first.Kind, first.Filters, first.Kernel, first.Stride, first.Padding, first.RecurrentKernel = "conv1d", 3, 4, 2, 1, 3
	second.Kind, second.Filters, second.Kernel, second.Stride, second.Recurrent = "conv1d", 17, 3, 1, false
	n.Layers = []Layer{first, second, DefaultLayer()}
	return n
}

func TestGeometry(t *testing.T) {
	n := convNetwork()
	n.Layers[0].Neurons, n.Layers[0].Bias = 99, true // overridden by the geometry
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	for layer, want := range map[int]Geometry{
		-1: {Plane: row(8), Filters: 1, Unit: 1},
		0:  {Plane: row(4), Filters: 3, Unit: 16},
		1:  {Plane: row(2), Filters: 17, Unit: 32},
		2:  {Plane: row(1), Filters: 128, Unit: 128},
	} {
		if got := n.Geometry(layer); got != want {
			t.Errorf("layer %d is %+v, want %+v", layer, got, want)
		}
	}
	if n.Layers[0].Neurons != 12 || n.Layers[1].Neurons != 34 {
		t.Errorf("the convolutions have %d and %d neurons, want 12 and 34", n.Layers[0].Neurons, n.Layers[1].Neurons)
	}
	want := []Weight{
		{"layer0.input", 3, 4, 4, 0, false, "", 0}, {"layer0.recurrent", 3, 9, 3, 0, false, "", 0}, {"layer0.bias", 3, 1, 0, 0, true, "", 0}, {"layer1.input", 17, 9, 3, 0, false, "", 0},
		{"layer2.input", 128, 34, 0, 0, false, "", 0}, {"layer2.recurrent", 128, 128, 0, 0, false, "", 0}, {"readout", 3, 128, 0, 0, false, "", 0},
	}
	if got := n.Weights(); !slices.Equal(got, want) {
		t.Errorf("weights are %v, want %v", got, want)
	}
	for _, c := range []struct {
		what      string
		got, want cpuref.Window
	}{
		{"input of layer 0", n.InputWindow(0, -1), cpuref.Window{Positions: row(4), Below: row(8), Planes: 1, Unit: 1, Kernel: row(4), Stride: row(2), Padding: cpuref.Extent{Width: 1}}},
		{"recurrence of layer 0", n.RecurrentWindow(0), cpuref.Window{Positions: row(4), Below: row(4), Planes: 1, Unit: 16, Kernel: row(3), Stride: row(1), Padding: cpuref.Extent{Width: 1}}},
		{"input of layer 1", n.InputWindow(1, 0), cpuref.Window{Positions: row(2), Below: row(4), Planes: 1, Unit: 16, Kernel: row(3), Stride: row(1)}},
		{"input of layer 2", n.InputWindow(2, 1), cpuref.Window{}},
		{"recurrence of layer 2", n.RecurrentWindow(2), cpuref.Window{}},
	} {
		if c.got != c.want {
			t.Errorf("window of %s is %+v, want %+v", c.what, c.got, c.want)
		}
	}
}

// row returns a plane of height 1.
func row(positions int) cpuref.Extent { return cpuref.Extent{Height: 1, Width: positions} }

// TestSlots: neurons have distinct numbers, with the filters of a position adjacent,
// and a single position of a convolution takes as many numbers as any.
func TestSlots(t *testing.T) {
	for _, g := range []Geometry{DenseGeometry(5), {row(4), 3, 16}, {cpuref.Extent{Height: 3, Width: 5}, 3, 16}, {row(1), 17, 32}, {row(9), 1, 1}, {cpuref.Extent{Height: 3, Width: 5}, 2, 1}} {
		taken := map[int]bool{}
		for filter := range g.Filters {
			for position := range g.Positions() {
				neuron := filter*g.Positions() + position
				want := position*g.Unit + filter
				if g.Unit == 1 {
					want = neuron // channels of an input
				}
				slot := g.Slot(neuron)
				if slot != want || slot >= g.Slots() || taken[slot] {
					t.Errorf("%+v: filter %d of position %d has number %d of %d", g, filter, position, slot, g.Slots())
				}
				taken[slot] = true
			}
		}
	}
}

func TestValidateAcceptsConvolutions(t *testing.T) {
	for name, change := range map[string]func(n *Network){
		"as it is":                          func(*Network) {},
		"one filter":                        func(n *Network) { n.Layers[0].Filters = 1 },
		"one position":                      func(n *Network) { n.Layers[1].Kernel = 4 },
		"kernel wider than the layer below": func(n *Network) { n.Layers[0].Kernel, n.Layers[0].Padding = 18, 8 },
		"pooled positions, one left out":    func(n *Network) { n.Layers[0].Pool, n.Layers[1].Kernel = 3, 1 },
		"windows in the padding alone":      func(n *Network) { n.Layers[0].Kernel, n.Layers[0].Padding = 1, 3 },
		"recurrence wider than the layer":   func(n *Network) { n.Layers[0].RecurrentKernel = 99 },
		"recurrent kernel that is not used": func(n *Network) { n.Layers[1].RecurrentKernel = 2 },
		"convolution on top":                func(n *Network) { n.Layers = n.Layers[:2] },
		// If each layer queried what lies below it twice, this would take forever.
		"many convolutions": func(n *Network) {
			one := n.Layers[0]
			one.Kernel, one.Stride, one.Padding = 3, 1, 1
			n.Layers = slices.Repeat([]Layer{one}, 60)
		},
		"spikes of a dense layer counted": func(n *Network) {
			n.Readout.Kind, n.Readout.Loss, n.Layers[2].Neurons = "spikes", "counts", 3
		},
		"spikes of one position counted": func(n *Network) {
			n.Readout.Kind, n.Readout.Loss, n.Layers = "spikes", "counts", n.Layers[:2]
			n.Layers[1].Kernel, n.Layers[1].Filters = 4, 3
		},
	} {
		n := convNetwork()
		change(n)
		if err := n.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidateRefusesConvolutions(t *testing.T) {
	layer := func(change func(l *Layer)) func(n *Network) { return func(n *Network) { change(&n.Layers[1]) } }
	for _, c := range []struct {
		change func(n *Network)
		words  []string // that the message must contain
	}{
		{layer(func(l *Layer) { l.Kind = "conv3d" }), []string{"network.layer 1", `kind = "conv3d"`, "dense, conv1d or conv2d"}},
		{layer(func(l *Layer) { l.Kind = "conv2d" }), []string{"network.layer 1", `kind = "conv2d"`, "needs network.input_shape", "8 input channels"}},
		{layer(func(l *Layer) { l.Kind = "" }), []string{"network.layer 1", `kind = ""`, "dense, conv1d"}},
		{layer(func(l *Layer) { l.Filters = 0 }), []string{"network.layer 1: filters = 0", "from 1"}},
		{layer(func(l *Layer) { l.Filters = -3 }), []string{"filters = -3"}},
		{layer(func(l *Layer) { l.Filters = 1<<16 + 1 }), []string{"filters = 65537", "65536"}},
		{layer(func(l *Layer) { l.Pool, l.PoolKind = 3, "max" }), []string{"network.layer 1: pool = 3", "from 1", "to 2", "1 × 2 positions"}},
		{layer(func(l *Layer) { l.Pool = -1 }), []string{"network.layer 1: pool = -1"}},
		{layer(func(l *Layer) { l.Pool, l.PoolKind = 2, "mean" }), []string{"network.layer 1", `pool_kind = "mean"`, "max", "sum"}},
		{layer(func(l *Layer) { l.Stride = 0 }), []string{"network.layer 1: stride = 0", "from 1 to 4"}},
		{layer(func(l *Layer) { l.Stride = -1 }), []string{"stride = -1"}},
		{layer(func(l *Layer) { l.Stride = 5 }), []string{"stride = 5", "to 4", "4 positions"}},
		{layer(func(l *Layer) { l.Padding = -1 }), []string{"network.layer 1: padding = -1", "from 0 to 4"}},
		{layer(func(l *Layer) { l.Padding = 5 }), []string{"padding = 5", "to 4"}},
		{layer(func(l *Layer) { l.Kernel = 0 }), []string{"network.layer 1: kernel = 0", "from 1 to 4"}},
		{layer(func(l *Layer) { l.Kernel = 5 }), []string{"kernel = 5", "to 4", "4 positions", "padding 0"}},
		{layer(func(l *Layer) { l.Kernel, l.Padding = 9, 2 }), []string{"kernel = 9", "to 8", "padding 2"}},
		{layer(func(l *Layer) { l.Recurrent, l.RecurrentKernel = true, 4 }), []string{"network.layer 1: recurrent_kernel = 4", "odd"}},
		{layer(func(l *Layer) { l.Recurrent, l.RecurrentKernel = true, 0 }), []string{"recurrent_kernel = 0", "odd"}},
		{layer(func(l *Layer) { l.Recurrent, l.RecurrentKernel = true, -3 }), []string{"recurrent_kernel = -3", "odd"}},
		{layer(func(l *Layer) { l.Recurrent, l.RecurrentKernel = true, 1<<16+1 }), []string{"recurrent_kernel = 65537", "65535"}},
		{func(n *Network) { n.Layers[1], n.Layers[2] = n.Layers[2], n.Layers[1] }, []string{"network.layer 2", "layer 1 is dense", "dense layers last"}},
		{func(n *Network) { n.Inputs = 1 }, []string{"network.layer 0: stride = 2", "1 positions"}},
		{func(n *Network) { n.Inputs, n.Layers[0].Filters, n.Layers[0].Stride = 100, 1<<16, 1 }, []string{"network.layer 0", "neurons = ", "1048576"}},
		{func(n *Network) {
			n.Readout.Kind, n.Readout.Loss, n.Layers = "spikes", "counts", n.Layers[:1]
			n.Classes = 12
		}, []string{"network.readout", "4 positions", "dense layer on top"}},
	} {
		n := convNetwork()
		c.change(n)
		err := n.Validate()
		if err == nil {
			t.Errorf("a network was accepted of which the error should say %q", c.words)
			continue
		}
		for _, word := range c.words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("the error %q does not say %q", err, word)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("the error %q has more than one line", err)
		}
	}
}
