package train

import (
	"fmt"
	"slices"

	"spikegrad/host/data"
	"spikegrad/host/network"
)

// takeShape gives a network that uses rows and columns the shape of the data, unless its
// configuration gives one. A given shape must be that of the data, if they have one.
func takeShape(n *network.Network, shape data.Shape, dataset string) error {
	if shape == (data.Shape{}) {
		return nil
	}
	sizes := []int{shape.Channels, shape.Height, shape.Width}
	switch {
	case len(n.InputShape) > 0 && !slices.Equal(n.InputShape, sizes):
		return fmt.Errorf("network.input_shape = %v: the samples of %s have the shape %v; leave out the key, or choose other data", n.InputShape, dataset, sizes)
	case n.LooksAtPlane():
		n.InputShape = sizes
	}
	return nil
}

// input is what a network may be given.
type input struct {
	channels int
	shape    data.Shape // zero if the data have none
}

// possibleInputs returns inputs of which at least one must fit the network. What fits
// convolutions depends on data that are not open yet.
func (c *Config) possibleInputs() []input {
	known, given := c.Data.Known(), c.Network.InputShape
	switch {
	case known.Channels > 0:
		return []input{{known.Channels, known.Shape}}
	case len(given) == 3:
		return []input{{channels: max(1, given[0]*given[1]*given[2])}}
	case c.Network.LooksAtPlane() && c.Data.Shaped():
		// No length occurs twice, so that an error occurs twice only if it holds for any
		// length.
		var inputs []input
		for _, size := range [][2]int{{255, 255}, {128, 128}, {64, 64}, {32, 32}, {15, 4096}, {4096, 15}, {8, 8}, {4, 4}, {2, 2}, {1, 65535}, {65534, 1}} {
			shape := data.Shape{Channels: 1, Height: size[0], Width: size[1]}
			inputs = append(inputs, input{shape.Inputs(), shape})
		}
		return inputs
	case slices.ContainsFunc(c.Network.Layers, func(l network.Layer) bool { return l.Convolutional() }):
		var inputs []input
		for _, channels := range []int{1<<16 - 1, 1 << 14, 1 << 12, 1 << 10, 1 << 8, 1 << 6, 1 << 4, 1 << 2, 1} {
			inputs = append(inputs, input{channels: channels})
		}
		return inputs
	}
	return []input{{channels: 1}}
}
