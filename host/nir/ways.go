package nir

import (
	"maps"
	"slices"
)

// The types of nodes with state, and of nodes that only transform what passes through.
var (
	stateful = []string{typeInput, typeCubaLIF, typeCubaLI, typeLIF, typeIF, typeLI}
	weighing = []string{typeLinear, typeAffine, typeConv1d, typeConv2d, typeSumPool, typeAvgPool, typeScale, typeFlatten, typeDelay, typePassed}
)

// refused gives the reason why nodes of a type cannot be imported.
var refused = map[string]string{
	"I":         "integrators without a leak are not supported",
	"Threshold": "a threshold without a membrane is not supported",
}

// way is a path from a layer of neurons, or the input, to another layer.
type way struct {
	source string
	nodes  []string // in between, starting from the source
}

// needed returns the output and all nodes from which something leads to it.
func (g *Graph) needed(output string) map[string]bool {
	found := map[string]bool{output: true}
	for open := []string{output}; len(open) > 0; {
		node := open[len(open)-1]
		open = open[:len(open)-1]
		for _, prior := range g.prior[node] {
			if !found[prior] {
				found[prior] = true
				open = append(open, prior)
			}
		}
	}
	return found
}

// check looks for faults in individual nodes.
func (b *builder) check(needed map[string]bool) {
	for _, node := range slices.Sorted(maps.Keys(needed)) {
		kind := b.kind(node)
		switch {
		case slices.Contains(stateful, kind), slices.Contains(weighing, kind), kind == typeOutput:
			if kind != typeInput && len(b.prior[node]) == 0 {
				b.faults.add("nothing leads to node %q", node)
			}
			b.checkMembers(node, kind)
		case refused[kind] != "":
			b.faults.add("node %q is of type %s: %s", node, kind, refused[kind])
		default:
			b.faults.add("node %q is of the unknown type %q", node, kind)
		}
	}
}

// checkMembers looks for faults in weights and neurons, so that they are reported even if
// the graph's layers cannot be found.
func (b *builder) checkMembers(node, kind string) {
	switch kind {
	case typeLinear, typeAffine, typeConv1d, typeConv2d:
		if _, err := b.matrix(node); err != nil {
			b.faults.add("node %q: %v", node, err)
		}
	case typeCubaLIF, typeCubaLI, typeLIF, typeIF, typeLI:
		var tauMembrane, tauSynapse float64
		learned := map[string][]float64{} // of any layer: it is not known yet which one this is
		for l := 0; b.base != nil && l < len(b.base.Layers); l++ {
			for _, constant := range b.base.Layers[l].Learn {
				learned[constant] = nil
			}
		}
		b.vary(node, learned)
		b.neurons(node, &tauMembrane, &tauSynapse, learned)
	}
}

// mostWays limits how often a graph may branch and join between two layers.
const mostWays = 64

// ways returns all ways to a node from neurons and the input.
func (b *builder) ways(target string) []way {
	var found []way
	var follow func(node string, above []string)
	follow = func(node string, above []string) {
		for _, prior := range b.prior[node] {
			switch kind := b.kind(prior); {
			case len(found) > mostWays:
			case slices.Contains(stateful, kind):
				nodes := slices.Clone(above)
				slices.Reverse(nodes)
				found = append(found, way{prior, nodes})
			case slices.Contains(above, prior):
				b.faults.add("the graph has a cycle without neurons through node %q", prior)
			case slices.Contains(weighing, kind):
				follow(prior, append(slices.Clip(above), prior))
			}
		}
	}
	follow(target, nil)
	if len(found) > mostWays {
		b.faults.add("more than %d paths lead to node %q", mostWays, target)
		return nil
	}
	return found
}
