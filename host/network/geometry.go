package network

import (
	"fmt"
	"slices"

	"spikegrad/cpuref"
)

// Geometry is how the neurons of a layer are arranged: Filters neurons at each position of
// a plane. They are numbered filter·positions + position, positions row by row, as in the
// files of other programs; a dense layer has one position.
type Geometry struct {
	Plane   cpuref.Extent
	Filters int
	// Unit is how many numbers a position takes in the kernels: room for all filters, or 1
	// for the channels of an input, which are planes there, too. See [cpuref.Window].
	Unit int
}

// DenseGeometry returns that of the given number of neurons at one position, without
// padding.
func DenseGeometry(neurons int) Geometry {
	return Geometry{Plane: cpuref.Extent{Height: 1, Width: 1}, Filters: neurons, Unit: neurons}
}

// Positions returns the number of positions.
func (g Geometry) Positions() int { return g.Plane.Area() }

// Neurons returns the number of neurons.
func (g Geometry) Neurons() int { return g.Positions() * g.Filters }

// Planes returns the number of planes that the neurons form in the kernels.
func (g Geometry) Planes() int { return (g.Filters + g.Unit - 1) / g.Unit }

// Slots returns how many numbers the neurons take in the kernels.
func (g Geometry) Slots() int { return g.Planes() * g.Positions() * g.Unit }

// Slot returns the number of a neuron in the kernels.
func (g Geometry) Slot(neuron int) int {
	positions := g.Positions()
	filter, position := neuron/positions, neuron%positions
	return (filter/g.Unit*positions+position)*g.Unit + filter%g.Unit
}

// Convolutional reports whether the layer is a convolution over positions.
func (l *Layer) Convolutional() bool { return l.Kind == "conv1d" || l.Kind == "conv2d" }

// Window returns the kernel, stride and padding of a convolution; the positions it leads
// to, and what lies below, are not set.
func (l *Layer) Window() cpuref.Window {
	extent := func(height, width int) cpuref.Extent { return cpuref.Extent{Height: height, Width: width} }
	if l.Kind == "conv1d" {
		return cpuref.Window{Kernel: extent(1, l.Kernel), Stride: extent(1, l.Stride), Padding: extent(0, l.Padding)}
	}
	w := cpuref.Window{Kernel: extent(l.KernelHeight, l.Kernel), Stride: extent(l.StrideHeight, l.Stride), Padding: extent(l.PaddingHeight, l.Padding)}
	if l.KernelHeight == 0 {
		w.Kernel.Height = l.Kernel
	}
	if l.StrideHeight == 0 {
		w.Stride.Height = l.Stride
	}
	if l.PaddingHeight == AsWidth {
		w.Padding.Height = l.Padding
	}
	return w
}

// Cell returns how many rows and columns of positions the layer hands up as one.
func (l *Layer) Cell() cpuref.Extent {
	switch {
	case !l.Convolutional() || l.Pool == 0 && l.PoolHeight == 0:
		return cpuref.Extent{Height: 1, Width: 1}
	case l.Kind == "conv1d":
		return cpuref.Extent{Height: 1, Width: l.Pool}
	case l.PoolHeight == 0:
		return cpuref.Extent{Height: l.Pool, Width: l.Pool}
	}
	return cpuref.Extent{Height: l.PoolHeight, Width: l.Pool}
}

// RecurrentKernelExtent returns the size of a convolution's recurrent kernel.
func (l *Layer) RecurrentKernelExtent() cpuref.Extent {
	if l.Kind == "conv1d" {
		return cpuref.Extent{Height: 1, Width: l.RecurrentKernel}
	}
	return cpuref.Extent{Height: l.RecurrentKernel, Width: l.RecurrentKernel}
}

// AsWidth, as PaddingHeight, pads by as many rows as columns.
const AsWidth = -1

// Geometry returns the arrangement of a layer; layer −1 is the input, whose channels are
// positions in a row unless they have a shape.
func (n *Network) Geometry(layer int) Geometry {
	if layer < 0 {
		if len(n.InputShape) == 3 {
			return Geometry{Plane: cpuref.Extent{Height: n.InputShape[1], Width: n.InputShape[2]}, Filters: n.InputShape[0], Unit: 1}
		}
		return Geometry{Plane: cpuref.Extent{Height: 1, Width: n.Inputs}, Filters: 1, Unit: 1}
	}
	l := &n.Layers[layer]
	if !l.Convolutional() {
		return DenseGeometry(l.Neurons)
	}
	w := l.Window()
	return Geometry{Plane: w.Above(n.Handed(n.main(layer)).Plane), Filters: l.Filters, Unit: cpuref.Stride(l.Filters)}
}

// Pooling returns how a layer hands up its spikes.
func (n *Network) Pooling(layer int) cpuref.Pooling {
	return n.Layers[layer].pooling(n.Geometry(layer))
}

// pooling is Pooling for a known arrangement of the layer.
func (l *Layer) pooling(g Geometry) cpuref.Pooling {
	if cell := l.Cell(); cell.Area() != 1 {
		return cpuref.Pooling{Kind: Pools.Number(l.PoolKind), Plane: g.Plane, Cell: cell, Unit: g.Unit}
	}
	return cpuref.Pooling{}
}

// Handed returns the arrangement of what a layer hands up to the next; layer −1 is the
// input.
func (n *Network) Handed(layer int) Geometry {
	g := n.Geometry(layer)
	if layer >= 0 {
		// Geometry is called only once: it recurses all the way down.
		if p := n.Layers[layer].pooling(g); !p.None() {
			g.Plane = p.Cells()
		}
	}
	return g
}

// InputWindow returns the geometry, for the kernels, of a layer's connection from a
// source.
func (n *Network) InputWindow(layer, source int) cpuref.Window {
	l := &n.Layers[layer]
	if !l.Convolutional() {
		return cpuref.Window{}
	}
	w, below := l.Window(), n.Handed(source)
	w.Positions, w.Below, w.Planes, w.Unit = n.Geometry(layer).Plane, below.Plane, below.Planes(), below.Unit
	return w
}

// RecurrentWindow is InputWindow for a layer's recurrent connection.
func (n *Network) RecurrentWindow(layer int) cpuref.Window {
	l := &n.Layers[layer]
	if !l.Convolutional() {
		return cpuref.Window{}
	}
	own, kernel := n.Geometry(layer), l.RecurrentKernelExtent()
	return cpuref.Window{
		Positions: own.Plane, Below: own.Plane, Planes: 1, Unit: own.Unit,
		Kernel: kernel, Stride: cpuref.Extent{Height: 1, Width: 1}, Padding: cpuref.Extent{Height: kernel.Height / 2, Width: kernel.Width / 2},
	}
}

// BiasWindow is InputWindow for a layer's biases: an input at every position that feeds
// the neurons there.
func (n *Network) BiasWindow(layer int) cpuref.Window {
	if !n.Layers[layer].Convolutional() {
		return cpuref.Window{}
	}
	plane, one := n.Geometry(layer).Plane, cpuref.Extent{Height: 1, Width: 1}
	return cpuref.Window{Positions: plane, Below: plane, Planes: 1, Unit: 1, Kernel: one, Stride: one}
}

// resolve checks the geometry of the layers and sets the sizes that follow from it.
func (n *Network) resolve() error {
	if err := n.checkShape(); err != nil {
		return err
	}
	if err := n.checkSources(); err != nil {
		return err
	}
	for i := range n.Layers {
		l := &n.Layers[i]
		if l.Kind != "dense" && !l.Convolutional() {
			return fmt.Errorf("network.layer %d: kind = %q is unknown; want dense, conv1d or conv2d", i, l.Kind)
		}
		if !l.Convolutional() {
			continue
		}
		for _, source := range n.Sources(i) {
			if source >= 0 && !n.Layers[source].Convolutional() {
				return fmt.Errorf("network.layer %d: kind = %q needs a source with positions, but layer %d is dense: put the dense layers last", i, l.Kind, source)
			}
		}
		main := n.main(i)
		below := n.Handed(main).Plane
		for _, source := range n.Sources(i) {
			if other := n.Handed(source).Plane; other != below {
				return fmt.Errorf("network.layer %d: a convolution needs sources with the same positions, but %s has %d × %d and %s %d × %d: bring them to the same size with stride, padding or pool",
					i, SourceName(source), other.Height, other.Width, SourceName(main), below.Height, below.Width)
			}
		}
		if err := l.checkWindow(below); err != nil {
			return fmt.Errorf("network.layer %d: %w", i, err)
		}
		l.Neurons = n.Geometry(i).Neurons()
		if err := l.checkPool(n.Geometry(i).Plane); err != nil {
			return fmt.Errorf("network.layer %d: %w", i, err)
		}
	}
	return nil
}

// checkShape checks the shape of the input, and that there is one if needed.
func (n *Network) checkShape() error {
	product := 1
	for _, size := range n.InputShape {
		if size < 1 || size > n.Inputs {
			return fmt.Errorf("network.input_shape = %v: the channels, height and width of %d input channels must be from 1 to %d", n.InputShape, n.Inputs, n.Inputs)
		}
		product = min(product*size, n.Inputs+1)
	}
	switch two := slices.IndexFunc(n.Layers, func(l Layer) bool { return l.Kind == "conv2d" }); {
	case len(n.InputShape) == 0 && two >= 0:
		return fmt.Errorf("network.layer %d: kind = \"conv2d\" needs network.input_shape = [channels, height, width], which make up the %d input channels", two, n.Inputs)
	case len(n.InputShape) == 0:
		return nil
	case len(n.InputShape) != 3:
		return fmt.Errorf("network.input_shape = %v has %d numbers: give channels, height and width", n.InputShape, len(n.InputShape))
	case product != n.Inputs:
		return fmt.Errorf("network.input_shape = %v: channels·height·width must be %d, the number of input channels", n.InputShape, n.Inputs)
	}
	return nil
}

// checkWindow checks the sizes of a convolution over a plane below.
func (l *Layer) checkWindow(below cpuref.Extent) error {
	if l.Kind == "conv1d" && below.Height != 1 {
		return fmt.Errorf("kind = \"conv1d\" needs positions in a single row, but there are %d rows of %d below: use conv2d", below.Height, below.Width)
	}
	if l.Filters < 1 || l.Filters > 1<<16 {
		return fmt.Errorf("filters = %d: must be from 1 to %d", l.Filters, 1<<16)
	}
	w := l.Window()
	for _, direction := range []struct {
		suffix, positions              string
		below, stride, padding, kernel int
	}{
		{"", "positions", below.Width, w.Stride.Width, w.Padding.Width, w.Kernel.Width},
		{"_height", "rows", below.Height, w.Stride.Height, w.Padding.Height, w.Kernel.Height},
	} {
		if direction.suffix != "" && l.Kind == "conv1d" {
			break
		}
		for _, size := range []struct {
			key            string
			value, low, up int
		}{
			{"stride", direction.stride, 1, direction.below},
			{"padding", direction.padding, 0, direction.below},
			{"kernel", direction.kernel, 1, direction.below + 2*max(0, direction.padding)},
		} {
			if size.value < size.low || size.value > size.up {
				return fmt.Errorf("%s%s = %d: must be from %d to %d over %d %s with padding %d",
					size.key, direction.suffix, size.value, size.low, size.up, direction.below, direction.positions, direction.padding)
			}
		}
	}
	most := 1<<16 - 1
	if l.Kind == "conv2d" {
		most = 1<<8 - 1
	}
	if k := l.RecurrentKernel; l.Recurrent && (k < 1 || k%2 == 0 || k > most) {
		return fmt.Errorf("recurrent_kernel = %d: must be odd and from 1 to %d, so that the kernel is symmetric around each position", k, most)
	}
	return nil
}

// checkPool checks the pooling of a convolution over a plane.
func (l *Layer) checkPool(plane cpuref.Extent) error {
	cell := l.Cell()
	if cell.Area() == 1 {
		return nil
	}
	if err := Pools.known("pool_kind", l.PoolKind); err != nil {
		return err
	}
	if cell.Width < 1 || cell.Width > plane.Width {
		return fmt.Errorf("pool = %d: must be from 1 (no pooling) to %d; the layer has %d × %d positions", cell.Width, plane.Width, plane.Height, plane.Width)
	}
	if cell.Height < 1 || cell.Height > plane.Height {
		return fmt.Errorf("pool_height = %d: must be from 1 to %d; the layer has %d × %d positions", cell.Height, plane.Height, plane.Height, plane.Width)
	}
	return nil
}
