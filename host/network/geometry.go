package network

import (
	"fmt"

	"spikegrad/cpuref"
)

// Geometry is how the neurons of a layer are arranged: Filters neurons at each of
// Positions. Neuron filter·Positions + position, as in the files of other programs;
// a dense layer has one position.
type Geometry struct {
	Positions, Filters int
	Unit               int // numbers a position takes in the kernels: see [cpuref.Window]
}

// DenseGeometry is that of so many neurons at one position, as they are.
func DenseGeometry(neurons int) Geometry {
	return Geometry{Positions: 1, Filters: neurons, Unit: neurons}
}

// Slots is how many numbers the neurons of such a layer take in the kernels.
func (g Geometry) Slots() int { return g.Positions * g.Unit }

// Slot is the number of a neuron in the kernels.
func (g Geometry) Slot(neuron int) int {
	return neuron%g.Positions*g.Unit + neuron/g.Positions
}

// Convolutional says whether the layer is a convolution over positions.
func (l *Layer) Convolutional() bool { return l.Kind == "conv1d" }

// Geometry is the arrangement of a layer; layer −1 is the input, whose channels are
// positions with one filter each.
func (n *Network) Geometry(layer int) Geometry {
	if layer < 0 {
		return Geometry{Positions: n.Inputs, Filters: 1, Unit: 1}
	}
	l := &n.Layers[layer]
	if !l.Convolutional() {
		return DenseGeometry(l.Neurons)
	}
	below := n.Geometry(layer - 1)
	return Geometry{
		Positions: (below.Positions+2*l.Padding-l.Kernel)/l.Stride + 1,
		Filters:   l.Filters, Unit: cpuref.Stride(l.Filters),
	}
}

// InputWindow is the geometry of a layer's input connection for the kernels.
func (n *Network) InputWindow(layer int) cpuref.Window {
	l := &n.Layers[layer]
	if !l.Convolutional() {
		return cpuref.Window{}
	}
	below := n.Geometry(layer - 1)
	return cpuref.Window{
		Positions: n.Geometry(layer).Positions, Below: below.Positions, Unit: below.Unit,
		Kernel: l.Kernel, Stride: l.Stride, Padding: l.Padding,
	}
}

// RecurrentWindow is the same for a layer's recurrent connection.
func (n *Network) RecurrentWindow(layer int) cpuref.Window {
	l := &n.Layers[layer]
	if !l.Convolutional() {
		return cpuref.Window{}
	}
	own := n.Geometry(layer)
	return cpuref.Window{
		Positions: own.Positions, Below: own.Positions, Unit: own.Unit,
		Kernel: l.RecurrentKernel, Stride: 1, Padding: l.RecurrentKernel / 2,
	}
}

// BiasWindow is the geometry of what brings a layer its biases: an input at every position
// that feeds the neurons there.
func (n *Network) BiasWindow(layer int) cpuref.Window {
	if !n.Layers[layer].Convolutional() {
		return cpuref.Window{}
	}
	positions := n.Geometry(layer).Positions
	return cpuref.Window{Positions: positions, Below: positions, Unit: 1, Kernel: 1, Stride: 1}
}

// resolve checks the geometry of the layers and sets the sizes that follow from it.
func (n *Network) resolve() error {
	for i := range n.Layers {
		l := &n.Layers[i]
		if l.Kind != "dense" && l.Kind != "conv1d" {
			return fmt.Errorf("network.layer %d: kind = %q is unknown: there are dense, conv1d", i, l.Kind)
		}
		if !l.Convolutional() {
			continue
		}
		below := n.Geometry(i - 1)
		if i > 0 && !n.Layers[i-1].Convolutional() {
			return fmt.Errorf("network.layer %d: kind = \"conv1d\" needs positions below, and layer %d is dense: put the dense layers last", i, i-1)
		}
		for _, size := range []struct {
			key            string
			value, low, up int
		}{
			{"filters", l.Filters, 1, 1 << 16},
			{"stride", l.Stride, 1, below.Positions},
			{"padding", l.Padding, 0, below.Positions},
			{"kernel", l.Kernel, 1, below.Positions + 2*max(0, l.Padding)},
		} {
			if size.value < size.low || size.value > size.up {
				return fmt.Errorf("network.layer %d: %s = %d: from %d to %d is possible over %d positions with padding %d", i, size.key, size.value, size.low, size.up, below.Positions, l.Padding)
			}
		}
		if k := l.RecurrentKernel; l.Recurrent && (k < 1 || k%2 == 0 || k > 1<<16) {
			return fmt.Errorf("network.layer %d: recurrent_kernel = %d: an odd number from 1 to %d is needed, so that every position sees as far to both sides", i, k, 1<<16-1)
		}
		geometry := n.Geometry(i)
		l.Neurons = geometry.Positions * geometry.Filters
	}
	return nil
}
