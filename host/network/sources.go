package network

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// fromPrefix is put before the source in the names of weights, except for those from the
// highest source, which are called input.
const fromPrefix = "from_"

// SourceName returns the name of a source: input, which is layer −1, layer0, ….
func SourceName(source int) string {
	if source < 0 {
		return "input"
	}
	return fmt.Sprintf("layer%d", source)
}

// sourceOf returns the layer number for such a name.
func sourceOf(name string) (source int, known bool) {
	if name == SourceName(-1) {
		return -1, true
	}
	digits, ok := strings.CutPrefix(name, "layer")
	source, err := strconv.Atoi(digits)
	return source, ok && err == nil && source >= 0 && SourceName(source) == name
}

// from returns the configured sources of a layer; one beyond the last is the readout.
func (n *Network) from(layer int) []string {
	if layer == len(n.Layers) {
		return n.Readout.From
	}
	return n.Layers[layer].From
}

// Sources returns the layers from which a layer takes input, ascending, where −1 is the
// network's input: just the layer below, unless From is set. One beyond the last layer is the
// readout.
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
	if len(sources) == 0 { // only names that Validate rejects
		return []int{layer - 1}
	}
	slices.Sort(sources)
	return sources
}

// InputArray returns the name of the weights from a source to a layer, or for one beyond the
// last to the readout: layer1.input or readout for the highest source, layer1.from_layer0 or
// readout.from_layer0 for another.
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

// main returns the highest source of a layer.
func (n *Network) main(layer int) int {
	if len(n.from(layer)) == 0 {
		return layer - 1
	}
	return slices.Max(n.Sources(layer))
}

// Skips reports whether anything takes input from a layer other than the one just below.
func (n *Network) Skips() bool {
	for layer := range len(n.Layers) + 1 {
		if !slices.Equal(n.Sources(layer), []int{layer - 1}) {
			return true
		}
	}
	return false
}

// checkSources checks the sources of each layer and of the readout.
func (n *Network) checkSources() error {
	used := make([]bool, len(n.Layers))
	for layer := range len(n.Layers) + 1 {
		where := fmt.Sprintf("network.layer %d", layer)
		if layer == len(n.Layers) {
			where = "network.readout"
			if n.Spiking() && len(n.Readout.From) > 0 {
				return fmt.Errorf("%s: from = %q, but kind = \"spikes\" always reads the spikes of the last layer: leave it out, or use kind = \"leaky\"", where, n.Readout.From)
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
				return fmt.Errorf("%s: from has %q: input can come only from lower layers: %s", where, name, possible)
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
		return fmt.Errorf("network.layer %d: no layer and no readout takes input from it: add %q to from in one of them, or remove the layer", unused, SourceName(unused))
	}
	return nil
}
