package network

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// fromPrefix is how the names of weights from a source are continued, except those from the
// highest one, which are called input.
const fromPrefix = "from_"

// SourceName is the name of what a layer takes input of: input, which is layer −1, layer0, ….
func SourceName(source int) string {
	if source < 0 {
		return "input"
	}
	return fmt.Sprintf("layer%d", source)
}

// sourceOf is the number of the layer of such a name.
func sourceOf(name string) (source int, known bool) {
	if name == SourceName(-1) {
		return -1, true
	}
	digits, ok := strings.CutPrefix(name, "layer")
	source, err := strconv.Atoi(digits)
	return source, ok && err == nil && source >= 0 && SourceName(source) == name
}

// from is what a layer says that it takes input of; one beyond the last is the readout.
func (n *Network) from(layer int) []string {
	if layer == len(n.Layers) {
		return n.Readout.From
	}
	return n.Layers[layer].From
}

// Sources are the layers of which a layer takes input, ascending, −1 being the input of the
// network; the highest is the layer just below, unless From says otherwise. One beyond
// the last layer is the readout.
func (n *Network) Sources(layer int) []int {
	from := n.from(layer)
	if len(from) == 0 {
		return []int{layer - 1}
	}
	var sources []int
	for _, name := range from {
		if source, known := sourceOf(name); known {
			sources = append(sources, source)
		}
	}
	if len(sources) == 0 { // nothing but names that Validate refuses
		return []int{layer - 1}
	}
	slices.Sort(sources)
	return sources
}

// InputArray is the name of the weights through which a layer, or one beyond the last the
// readout, takes input of one of its sources: layer1.input or readout for the highest one,
// layer1.from_layer0 or readout.from_layer0 for another.
func (n *Network) InputArray(layer, source int) string {
	name := fmt.Sprintf("layer%d", layer)
	main := name + ".input"
	if layer == len(n.Layers) {
		name, main = "readout", "readout"
	}
	if source == n.main(layer) {
		return main
	}
	return name + "." + fromPrefix + SourceName(source)
}

// main is the highest source of a layer.
func (n *Network) main(layer int) int {
	if len(n.from(layer)) == 0 {
		return layer - 1
	}
	return slices.Max(n.Sources(layer))
}

// Skips reports whether anything takes input of another layer than the one just below.
func (n *Network) Skips() bool {
	for layer := range len(n.Layers) + 1 {
		if !slices.Equal(n.Sources(layer), []int{layer - 1}) {
			return true
		}
	}
	return false
}

// checkSources checks of which layers each layer and the readout take input.
func (n *Network) checkSources() error {
	used := make([]bool, len(n.Layers))
	for layer := range len(n.Layers) + 1 {
		where := fmt.Sprintf("network.layer %d", layer)
		if layer == len(n.Layers) {
			where = "network.readout"
			if n.Spiking() && len(n.Readout.From) > 0 {
				return fmt.Errorf("%s: from = %q, and kind = \"spikes\" reads the spikes of the last layer: leave it out, or use kind = \"leaky\"", where, n.Readout.From)
			}
		}
		from := n.from(layer)
		for i, name := range from {
			source, known := sourceOf(name)
			if !known || source >= layer {
				possible := "input"
				if layer > 0 {
					possible += ", " + SourceName(0)
				}
				if layer > 1 {
					possible += ", …, " + SourceName(layer-1)
				}
				return fmt.Errorf("%s: from has %q: input can come only from below: %s", where, name, possible)
			}
			if slices.Contains(from[:i], name) {
				return fmt.Errorf("%s: from has %q twice", where, name)
			}
		}
		for _, source := range n.Sources(layer) {
			if source >= 0 {
				used[source] = true
			}
		}
	}
	if unused := slices.Index(used, false); unused >= 0 {
		return fmt.Errorf("network.layer %d: neither a layer nor the readout takes input from it: add %q to the from of one of them, or leave out the layer", unused, SourceName(unused))
	}
	return nil
}
