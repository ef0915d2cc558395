package nir

import (
	"fmt"
	"math"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// take gives a connection its first weights but keeps its source.
func (c *connection) take(weight connection) {
	weight.below, weight.cell = c.below, c.cell
	*c = weight
}

// describe sets a layer's parameters to the kernel of its input connection.
func (c *connection) describe(layer *network.Layer) {
	w := &c.window
	layer.Kind, layer.Filters, layer.Kernel, layer.Stride, layer.Padding = "conv1d", c.rows, w.Kernel.Width, w.Stride.Width, w.Padding.Width
	if !c.plane {
		return
	}
	layer.Kind = "conv2d"
	if same := layer.Window(); same.Kernel == w.Kernel && same.Stride == w.Stride && same.Padding == w.Padding {
		return // as in the configuration
	}
	layer.KernelHeight, layer.StrideHeight, layer.PaddingHeight = w.Kernel.Height, w.Stride.Height, w.Padding.Height
}

// convolve turns a connection without weights into a convolution.
func (b *builder) convolve(c *connection, node string, weight connection, scale []float64) error {
	if len(scale) != 1 {
		return fmt.Errorf("its inputs are scaled individually: before a convolution, only one factor for all is supported")
	}
	w := &weight.window
	if err := b.window(node, w); err != nil {
		return err
	}
	channels, size := weight.columns/w.Kernel.Area(), c.rows
	if err := b.arrange(c, node, channels, weight.plane); err != nil {
		return err
	}
	w.Below = c.below.Plane
	for _, direction := range [][4]int{
		{w.Below.Height, w.Kernel.Height, w.Stride.Height, w.Padding.Height}, {w.Below.Width, w.Kernel.Width, w.Stride.Width, w.Padding.Width},
	} {
		below, kernel, stride, padding := direction[0], direction[1], direction[2], direction[3]
		// A loop reaches half its kernel to every side, which may be more than there is.
		if stride < 1 || padding < 0 || padding > max(below, kernel/2) || kernel > below+2*padding {
			return fmt.Errorf("with %d channels, a kernel of %d, stride %d and padding %d does not fit its %d inputs", channels, kernel, stride, padding, size)
		}
	}
	w.Positions = w.Above(w.Below)
	c.take(weight)
	scaleColumns(c, scale)
	return nil
}

// arrange finds the rows and columns of the input of a convolution with the given number of channels.
func (b *builder) arrange(c *connection, node string, channels int, plane bool) error {
	size := c.rows
	if size%channels != 0 {
		return fmt.Errorf("it has %d channels, which do not divide its %d inputs", channels, size)
	}
	switch shape, err := b.nodes[node].pair("input_shape"); {
	case !plane:
		if c.below.Plane.Height > 1 {
			return fmt.Errorf("it takes positions in a single row, but its input has %d rows of %d", c.below.Plane.Height, c.below.Plane.Width)
		}
		c.below.Plane = cpuref.Extent{Height: 1, Width: size / channels}
	case c.below.Filters == channels && c.below.Plane.Area() > 1:
	case err == nil && shape.Height > 0 && shape.Width > 0 && shape.Height <= size && shape.Width <= size && shape.Area()*channels == size:
		c.below.Plane = shape
	default:
		return fmt.Errorf("it takes %d channels of rows and columns, but the arrangement of its %d inputs is not given: give the input a shape of three numbers, or this node an input_shape", channels, size)
	}
	c.below.Filters = channels
	return nil
}

// window reads the stride and the padding of a convolution whose kernel is already known.
func (b *builder) window(node string, w *cpuref.Window) (err error) {
	members := b.nodes[node]
	if err := members.unreadable("dilation", "groups"); err != nil {
		return err
	}
	for _, name := range []string{"dilation", "groups"} {
		if value, err := members.number(name); err == nil && value != 1 {
			return fmt.Errorf("%s = %g: only 1 is supported", name, value)
		}
	}
	if w.Stride, err = members.pair("stride"); err != nil {
		return err
	}
	one := cpuref.Extent{Height: 1, Width: 1}
	switch text := members.text("padding"); {
	case text == "valid":
	case text == "same" && w.Stride == one && w.Kernel.Height%2 == 1 && w.Kernel.Width%2 == 1:
		w.Padding = cpuref.Extent{Height: w.Kernel.Height / 2, Width: w.Kernel.Width / 2}
	case text != "":
		return fmt.Errorf("padding = %q: only a number, \"valid\" or, with stride 1 and an odd kernel, \"same\" is supported", strings.TrimSpace(text))
	default:
		w.Padding, err = members.pair("padding")
	}
	if b.kind(node) == typeConv1d {
		w.Stride.Height, w.Padding.Height = 1, 0
	}
	return err
}

// pair returns a whole number for rows and one for columns; a single number stands for
// both.
func (g group) pair(name string) (cpuref.Extent, error) {
	a, err := g.numbers(name)
	if err != nil {
		return cpuref.Extent{}, err
	}
	if len(a.Float64) != 1 && len(a.Float64) != 2 {
		return cpuref.Extent{}, fmt.Errorf("%s has %d numbers: one or two are needed", name, len(a.Float64))
	}
	for _, value := range a.Float64 {
		if value != math.Trunc(value) || math.Abs(value) > math.MaxInt32 {
			return cpuref.Extent{}, fmt.Errorf("%s = %g: a whole number is needed", name, value)
		}
	}
	return cpuref.Extent{Height: int(a.Float64[0]), Width: int(a.Float64[len(a.Float64)-1])}, nil
}

// centred checks that the kernel of a loop reaches equally far to all sides.
func (b *builder) centred(loop *connection) {
	w := &loop.window
	half := cpuref.Extent{Height: w.Kernel.Height / 2, Width: w.Kernel.Width / 2}
	one := cpuref.Extent{Height: 1, Width: 1}
	if w.Stride != one || w.Padding != half {
		b.faults.add("node %q has stride %d and padding %d: in a loop, only 1 and %d are supported", loop.node, w.Stride.Width, w.Padding.Width, half.Width)
	} else if loop.plane && w.Kernel.Height != w.Kernel.Width {
		b.faults.add("node %q has a kernel of %d × %d: in a loop, only kernels with as many rows as columns are supported", loop.node, w.Kernel.Height, w.Kernel.Width)
	}
}

// pool makes a connection sum its inputs over cells of positions. The factor of an average
// goes into the weights.
func (b *builder) pool(c *connection, node, source string, scale *[]float64) error {
	members := b.nodes[node]
	cell, err := members.pair("kernel_size")
	if err != nil {
		return err
	}
	stride, err := members.pair("stride")
	if err != nil {
		return err
	}
	padding, err := members.pair("padding")
	if err != nil {
		return err
	}
	plane := c.below.Plane
	switch {
	case b.kind(source) == typeInput:
		return fmt.Errorf("it pools the input: only pooling after neurons is supported")
	case c.values != nil:
		return fmt.Errorf("it pools the weighted output of %q: only pooling right after neurons is supported", c.node)
	case c.cell != cpuref.Extent{}:
		return fmt.Errorf("it pools what is already pooled: only one pooling is supported")
	case stride != cell || padding != cpuref.Extent{}:
		return fmt.Errorf("it has a kernel of %d × %d, stride %d × %d and padding %d × %d: the stride must equal the kernel, without padding",
			cell.Height, cell.Width, stride.Height, stride.Width, padding.Height, padding.Width)
	case cell.Height < 1 || cell.Width < 1 || cell.Height > plane.Height || cell.Width > plane.Width:
		return fmt.Errorf("it has a kernel of %d × %d: its input has %d rows of %d", cell.Height, cell.Width, plane.Height, plane.Width)
	case len(*scale) != 1:
		return fmt.Errorf("its inputs are scaled individually: before pooling, only one factor for all is supported")
	}
	if b.kind(node) == typeAvgPool {
		*scale = []float64{(*scale)[0] / float64(cell.Area())}
	}
	if cell.Area() > 1 {
		c.cell = cell
	}
	c.below.Plane = cpuref.Extent{Height: plane.Height / cell.Height, Width: plane.Width / cell.Width}
	c.rows = c.below.Neurons()
	return nil
}

// handUp makes the last layer pass on its spikes summed over cells; an empty cell means no
// pooling.
func (b *builder) handUp(cell cpuref.Extent) {
	if len(b.network.Layers) == 0 {
		return
	}
	last := &b.network.Layers[len(b.network.Layers)-1]
	if cell == (cpuref.Extent{}) {
		cell = cpuref.Extent{Height: 1, Width: 1}
	}
	if last.Cell() == cell && (cell.Area() == 1 || last.PoolKind == "sum") {
		return // as in the configuration
	}
	last.Pool, last.PoolHeight, last.PoolKind = cell.Width, cell.Height, "sum"
	if cell.Height == cell.Width {
		last.PoolHeight = 0
	}
}
