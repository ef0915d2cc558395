package nir

import (
	"math"
	"slices"
	"testing"
)

// FuzzGraph makes graphs of all kinds of nodes, some nested, with edges from anywhere to
// anywhere: each is imported or refused, and an imported network can be written and read
// again with the same weights.
func FuzzGraph(f *testing.F) {
	f.Add([]byte{0, 2, 0, 1, 4, 1, 0, 5})
	f.Add([]byte("\x00\x01\x06\x02\x03\x04\x05\x06\x07\x08 a graph inside a graph \xff\xfe"))
	// A chain of Input, Linear, LIF, Linear, LI and Output, and one with a loop.
	f.Add([]byte{6, 0, 3, 2, 9, 7, 9, 2, 9, 8, 9, 1, 3, 5, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5})
	f.Add([]byte{5, 0, 3, 2, 9, 5, 9, 2, 9, 1, 3, 5, 0, 1, 1, 2, 2, 3, 3, 2, 2, 4})
	f.Fuzz(func(t *testing.T, program []byte) {
		p := program
		root := group{"node": fuzzedGraph(&p, 0)}
		g, err := newGraph(root, "fuzzed")
		if err != nil {
			return
		}
		n, weights, err := g.Network(nil, 0.001, 20)
		if err != nil {
			return
		}
		for i, described := range n.Weights() {
			if len(weights[i]) != described.Rows*described.Columns {
				t.Fatalf("weights %s have %d numbers, not %d × %d", described.Name, len(weights[i]), described.Rows, described.Columns)
			}
			for _, w := range weights[i] {
				if math.IsNaN(float64(w)) || math.IsInf(float64(w), 0) {
					t.Fatalf("weights %s hold %g", described.Name, w)
				}
			}
		}
		again, read, err := readBack(t, n, weights)
		if err != nil {
			t.Fatalf("%+v cannot be read again: %v", n, err)
		}
		if !slices.Equal(again.Weights(), n.Weights()) || !slices.Equal(bitsOf(read), bitsOf(weights)) {
			t.Fatal("other weights after writing and reading")
		}
	})
}

// next takes a byte from a program; 0 when none are left.
func next(p *[]byte) int {
	if len(*p) == 0 {
		return 0
	}
	b := (*p)[0]
	*p = (*p)[1:]
	return int(b)
}

// fuzzedGraph is the graph that a program describes.
func fuzzedGraph(p *[]byte, depth int) *group {
	nodes, names := group{}, []string{}
	for range next(p) % 12 {
		name := string(rune('a' + len(names)))
		names = append(names, name)
		nodes[name] = fuzzedNode(p, depth)
	}
	names = append(names, "nobody")
	edges := array{Text: []string{}}
	for range next(p) % 16 {
		edges.Text = append(edges.Text, names[next(p)%len(names)], names[next(p)%len(names)])
	}
	edges.Shape = []int{len(edges.Text) / 2, 2}
	return &group{"type": array{Text: []string{typeGraph}}, "nodes": &nodes, "edges": edges}
}

func fuzzedNode(p *[]byte, depth int) *group {
	kinds := []string{typeInput, typeOutput, typeLinear, typeAffine, typeConv1d, typeCubaLIF, typeCubaLI, typeLIF, typeLI, typeFlatten, typeScale, typeDelay, typeIF, typeGraph, typeConv2d, typeSumPool, typeAvgPool}
	kind := kinds[next(p)%len(kinds)]
	if kind == typeGraph && depth < 3 {
		return fuzzedGraph(p, depth+1)
	}
	shape := next(p)
	size := func(shift int) int { return shape >> shift & 3 }
	node := group{"type": array{Text: []string{kind}}, "shape": array{Shape: []int{1}, Float64: []float64{float64(3 + size(0)%2)}}}
	if kind == typeInput && shape >= 128 {
		node["shape"] = array{Shape: []int{3}, Float64: []float64{1, float64(1 + size(0)), float64(1 + size(2))}}
	}
	numbers := func(shape ...int) array {
		a, count := array{Shape: shape}, 1
		for _, length := range shape {
			count *= length
		}
		for i := range count {
			a.Float64 = append(a.Float64, float64(int8(next(p)+i))/16)
		}
		return a
	}
	switch kind {
	case typeLinear, typeAffine:
		node["weight"], node["bias"] = numbers(3+size(0)%2, 3+size(2)%2), array{Shape: []int{1}, Float64: []float64{float64(size(4) / 3)}}
	case typeConv1d:
		node["weight"], node["stride"], node["padding"] = numbers(1+size(0), 1+size(2)%2, 1+size(4)), numbers(), numbers()
	case typeConv2d:
		node["weight"], node["stride"], node["padding"] = numbers(1+size(0), 1+size(2)%2, 1+size(4), 1+size(2)), numbers(), numbers(2)
	case typeSumPool, typeAvgPool:
		node["kernel_size"], node["stride"], node["padding"] = numbers(2), numbers(2), array{Shape: []int{1}, Float64: []float64{0}}
	case typeScale:
		node["scale"] = numbers(1 + size(0))
	case typeDelay:
		node["delay"] = array{Float64: []float64{0.001 * float64(size(0))}}
	}
	if next(p)%8 == 7 {
		delete(node, "weight")
	}
	for _, name := range []string{"tau", "tau_mem", "tau_syn", "r", "v_threshold", "w_in"} {
		values := []float64{0.02, 1, 3, 0.001, 0}[next(p)%5]
		node[name] = array{Shape: []int{1}, Float64: []float64{values}}
	}
	return &node
}
