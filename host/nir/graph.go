package nir

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Graph is the graph of a file. Nested graphs are flattened: their nodes are named by their path,
// such as "layer/cells".
type Graph struct {
	Config     string  // the configuration as TOML; empty in files of other programs
	StepLength float64 // seconds; 0 in files of other programs

	nodes  map[string]group
	next   map[string][]string // edges, forwards
	prior  map[string][]string // and backwards
	faults faults              // of the graph itself
}

// typePassed is the type given to the Input or Output of a nested graph: it passes on what
// it receives.
const typePassed = "passed on"

// faults are reasons why a graph cannot be imported, each once.
type faults []string

func (f *faults) add(format string, values ...any) {
	if fault := fmt.Sprintf(format, values...); !slices.Contains(*f, fault) {
		*f = append(*f, fault)
	}
}

// err combines all of them into one error.
func (f faults) err() error {
	switch len(f) {
	case 0:
		return nil
	case 1:
		return errors.New(f[0])
	}
	return fmt.Errorf("%d reasons: %s", len(f), strings.Join(f, "; "))
}

// Read reads a file. [Graph.Network] reports what is wrong with its graph.
func Read(path string) (*Graph, error) {
	root, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return newGraph(root, path)
}

func newGraph(root group, path string) (*Graph, error) {
	node, ok := root.inner("node")
	if err := node.unreadable("type", "nodes", "edges"); err != nil {
		return nil, err
	}
	if !ok || node.text("type") != typeGraph {
		return nil, fmt.Errorf("%s is not a NIR file: it has no node of type %s", path, typeGraph)
	}
	g := &Graph{nodes: map[string]group{}, next: map[string][]string{}, prior: map[string][]string{}}
	// Other programs may use these names for anything.
	if metadata, ok := node.inner("metadata"); ok && metadata.text("program") == program {
		if err := metadata.unreadable("config", "step_length"); err != nil {
			return nil, err
		}
		g.Config = metadata.text("config")
		if length, err := metadata.number("step_length"); err == nil {
			g.StepLength = length
		}
	}
	g.take("", node)
	return g, nil
}

// ends are the nodes that edges to and from a node of a graph refer to; empty if there are
// none.
type ends struct{ entry, exit string }

// take adds the nodes and edges of a graph under its path, which is empty for the outermost
// graph. For a nested graph it returns the nodes that stand for its Input and Output.
func (g *Graph) take(path string, node group) ends {
	called := "the graph"
	if path != "" {
		called = fmt.Sprintf("the graph in node %q", path)
	}
	nodes, ok := node.inner("nodes")
	if !ok {
		g.faults.add("%s has no nodes", called)
		return ends{}
	}
	known := map[string]ends{}
	var entries, exits []string
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		full := name
		if path != "" {
			full = path + "/" + name
		}
		inner, ok := nodes.inner(name)
		if err := inner.unreadable("type"); !ok || err != nil {
			g.faults.add("node %q cannot be read", full)
			known[name] = ends{}
			continue
		}
		kind := inner.text("type")
		if kind == typeGraph {
			known[name] = g.take(full, inner)
			continue
		}
		known[name] = ends{full, full}
		if path != "" && (kind == typeInput || kind == typeOutput) {
			if kind == typeInput {
				entries = append(entries, full)
			} else {
				exits = append(exits, full)
			}
			inner = group{"type": array{Text: []string{typePassed}}}
		}
		g.nodes[full] = inner
	}
	g.connect(called, node, known)
	if path == "" {
		return ends{}
	}
	if len(entries) != 1 || len(exits) != 1 {
		g.faults.add("%s has %d nodes of type %s and %d of type %s: one of each is needed", called, len(entries), typeInput, len(exits), typeOutput)
		return ends{}
	}
	g.straighten(entries[0], path)
	return ends{entries[0], exits[0]}
}

// connect adds the edges of a graph, given the nodes that its names stand for.
func (g *Graph) connect(called string, node group, known map[string]ends) {
	edges, ok := node["edges"].(array)
	if !ok || len(edges.Text)%2 != 0 || len(edges.Text) == 0 && len(edges.Float64) > 0 {
		g.faults.add("%s has no list of edges", called)
		return
	}
	seen := map[[2]string]bool{}
	for pair := range slices.Chunk(edges.Text, 2) {
		from, isFrom := known[pair[0]]
		to, isTo := known[pair[1]]
		for i, there := range []bool{isFrom, isTo} {
			if !there {
				g.faults.add("an edge leads from %q to %q, and %s has no node %q", pair[0], pair[1], called, pair[i])
			}
		}
		edge := [2]string{from.exit, to.entry}
		if from.exit == "" || to.entry == "" || seen[edge] {
			continue // unreadable nodes are already faults; some programs write edges twice
		}
		seen[edge] = true
		g.next[from.exit] = append(g.next[from.exit], to.entry)
		g.prior[to.entry] = append(g.prior[to.entry], from.exit)
	}
}

// straighten corrects how spyx writes a recurrent layer: its input leads to the recurrent
// weights, together with the layer's spikes, whereas spyx itself, both in training and when
// reading the file, adds the input to the output of those weights.
func (g *Graph) straighten(entry, path string) {
	if entry != path+"/"+path[strings.LastIndex(path, "/")+1:]+".input" || len(g.next[entry]) != 1 {
		return
	}
	weights := g.next[entry][0]
	if kind := g.kind(weights); kind != typeLinear && kind != typeAffine || len(g.prior[weights]) != 2 || len(g.next[weights]) != 1 {
		return
	}
	cells := g.next[weights][0]
	if !slices.Contains(g.prior[weights], cells) || !slices.Equal(g.prior[cells], []string{weights}) {
		return
	}
	g.next[entry], g.prior[weights] = []string{cells}, []string{cells}
	g.prior[cells] = append(g.prior[cells], entry)
}

func (g *Graph) kind(node string) string { return g.nodes[node].text("type") }

// only returns the single node of a kind.
func (g *Graph) only(kind string) (string, error) {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(g.nodes)) {
		if g.kind(name) == kind {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("the graph has %d nodes of type %s: one is needed", len(found), kind)
	}
	return found[0], nil
}
