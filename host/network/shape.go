package network

import "slices"

// LooksAtPlane reports whether the network treats its input as rows and columns: the first layer
// that is not dense decides. For conv1d all channels are positions in a row, unless InputShape is
// set.
func (n *Network) LooksAtPlane() bool {
	first := slices.IndexFunc(n.Layers, func(l Layer) bool { return l.Kind != "dense" })
	return first >= 0 && n.Layers[first].Kind != "conv1d"
}
