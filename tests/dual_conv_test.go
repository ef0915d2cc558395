package tests

import (
	"fmt"
	"testing"
)

// plane is a number of rows and columns.
type plane struct{ rows, columns int }

// convolution connects filters at positions of a plane: neuron filter·positions + position,
// positions row by row. An element of the kernel reads one position below; those outside
// the layer are silent. In one dimension there is one row.
type convolution struct {
	filters, filtersBelow   int
	own, below              plane
	kernel, stride, padding plane
}

// inputConvolution is a layer's input connection from the highest of its sources.
func (s *dualSimulator) inputConvolution(l int) convolution {
	sources := s.sources(l)
	return s.sourceConvolution(l, sources[len(sources)-1])
}

// sourceConvolution is a layer's connection from a source, −1 being the input. Input channels
// are positions with one filter, unless they have a shape.
func (s *dualSimulator) sourceConvolution(l, source int) convolution {
	layer := &s.network.Layers[l]
	c := convolution{
		filters: layer.Filters, filtersBelow: 1, below: plane{1, s.network.Inputs},
		kernel: plane{1, layer.Kernel}, stride: plane{1, layer.Stride}, padding: plane{0, layer.Padding},
	}
	if layer.Kind == "conv2d" {
		c.kernel.rows, c.stride.rows, c.padding.rows = layer.KernelHeight, layer.StrideHeight, layer.PaddingHeight
		if layer.KernelHeight == 0 {
			c.kernel.rows = layer.Kernel
		}
		if layer.StrideHeight == 0 {
			c.stride.rows = layer.Stride
		}
		if layer.PaddingHeight < 0 {
			c.padding.rows = layer.Padding
		}
	}
	if shape := s.network.InputShape; source < 0 && len(shape) == 3 {
		c.filtersBelow, c.below = shape[0], plane{shape[1], shape[2]}
	}
	if source >= 0 {
		below := s.inputConvolution(source)
		cell := s.cell(source)
		c.filtersBelow, c.below = below.filters, plane{below.own.rows / cell.rows, below.own.columns / cell.columns}
	}
	for begin := -c.padding.rows; begin+c.kernel.rows <= c.below.rows+c.padding.rows; begin += c.stride.rows {
		c.own.rows++
	}
	for begin := -c.padding.columns; begin+c.kernel.columns <= c.below.columns+c.padding.columns; begin += c.stride.columns {
		c.own.columns++
	}
	return c
}

// cell is the number of rows and columns of positions that a layer passes on as one.
func (s *dualSimulator) cell(l int) plane {
	layer := &s.network.Layers[l]
	switch {
	case layer.Kind == "dense":
		return plane{1, 1}
	case layer.Kind == "conv1d":
		return plane{1, layer.Pool}
	case layer.PoolHeight == 0:
		return plane{layer.Pool, layer.Pool}
	}
	return plane{layer.PoolHeight, layer.Pool}
}

// handed is what a layer passes on of its spikes, [step][neuron].
func (s *dualSimulator) handed(l int, spikes [][]dual) [][]dual {
	cell := s.cell(l)
	if cell == (plane{1, 1}) {
		return spikes
	}
	own := s.inputConvolution(l).own
	across, down := own.columns/cell.columns, own.rows/cell.rows
	var pooled [][]dual
	for _, now := range spikes {
		var row []dual
		for filter := range s.network.Layers[l].Filters {
			for place := range across * down {
				var members []dual
				for inside := range cell.rows * cell.columns {
					y, x := place/across*cell.rows+inside/cell.columns, place%across*cell.columns+inside%cell.columns
					members = append(members, now[(filter*own.rows+y)*own.columns+x])
				}
				row = append(row, pooledDual(s.network.Layers[l].PoolKind, members))
			}
		}
		pooled = append(pooled, row)
	}
	return pooled
}

// pooledDual is the sum of numbers, or the first of the largest.
func pooledDual(kind string, members []dual) dual {
	pooled := members[0]
	for _, m := range members[1:] {
		if kind == "sum" {
			pooled = pooled.plus(m)
		} else if m.value > pooled.value {
			pooled = m
		}
	}
	return pooled
}

// recurrentConvolution is the recurrent connection: a window centred on every position.
func (s *dualSimulator) recurrentConvolution(l int) convolution {
	own, size := s.inputConvolution(l), s.network.Layers[l].RecurrentKernel
	c := convolution{
		filters: own.filters, own: own.own, filtersBelow: own.filters, below: own.own,
		kernel: plane{1, size}, stride: plane{1, 1}, padding: plane{0, (size - 1) / 2},
	}
	if s.network.Layers[l].Kind == "conv2d" {
		c.kernel.rows, c.padding.rows = size, (size-1)/2
	}
	return c
}

// add adds the weighted spikes of a step to h, if the step exists. Weights are
// [filter][filter below][row][column].
func (c convolution) add(h []dual, spikes [][]dual, weights []dual, step int) {
	if step < 0 {
		return
	}
	for neuron := range h {
		position := neuron % (c.own.rows * c.own.columns)
		filter := neuron / (c.own.rows * c.own.columns)
		top := position/c.own.columns*c.stride.rows - c.padding.rows
		left := position%c.own.columns*c.stride.columns - c.padding.columns
		for filterBelow := range c.filtersBelow {
			for row := range c.kernel.rows {
				for column := range c.kernel.columns {
					y, x := top+row, left+column
					if y < 0 || y >= c.below.rows || x < 0 || x >= c.below.columns {
						continue
					}
					weight := weights[((filter*c.filtersBelow+filterBelow)*c.kernel.rows+row)*c.kernel.columns+column]
					h[neuron] = h[neuron].plus(weight.times(spikes[step][(filterBelow*c.below.rows+y)*c.below.columns+x]))
				}
			}
		}
	}
}

// number is a neuron's number for its noise: the filters of a position are consecutive, and
// a position takes a multiple of 16 numbers.
func (c convolution) number(neuron int) int {
	positions := c.own.rows * c.own.columns
	return neuron%positions*((c.filters+15)/16*16) + neuron/positions
}

// dualConvCases are stacks of convolutions: among them one filter, one position, windows
// wider than the layer below and windows entirely in the padding, with and without
// recurrence and a dense layer above them, cycling through everything else.
func dualConvCases(t *testing.T) []dualCase {
	t.Helper()
	type layer struct{ filters, kernel, stride, padding, recurrentKernel int } // no filters: dense
	var cases []dualCase
	for k, c := range []struct {
		name   string
		inputs int
		layers []layer
	}{
		{"plain", 9, []layer{{4, 3, 1, 0, 0}, {5, 3, 2, 0, 0}}},
		{"recurrent", 9, []layer{{3, 4, 2, 1, 3}, {2, 2, 1, 1, 5}}},
		{"one filter", 12, []layer{{1, 5, 3, 2, 3}, {1, 3, 1, 1, 1}, {0, 0, 0, 0, 0}}},
		{"one position", 6, []layer{{3, 6, 1, 0, 1}, {17, 1, 1, 0, 3}}},
		{"wide kernel", 3, []layer{{4, 7, 1, 3, 7}, {3, 5, 2, 2, 0}}},
		{"windows in the padding", 7, []layer{{3, 2, 1, 3, 0}, {5, 2, 3, 3, 3}}},
		{"below a dense layer", 11, []layer{{5, 4, 3, 1, 3}, {0, 0, 0, 0, 0}}},
		{"counts", 11, []layer{{16, 4, 3, 1, 3}, {0, 0, 0, 0, 0}}},
		{"three layers", 20, []layer{{3, 5, 2, 1, 3}, {4, 3, 2, 1, 0}, {5, 3, 1, 1, 3}}},
	} {
		for i, differentiateReset := range []bool{false, true} {
			surrogate := []string{"matched", "superspike", "gaussian"}[(k+i)%3]
			n := dualNetwork(k+i, surrogate, dualResets[(k+i)%3], differentiateReset, dualLosses[(k+2*i)%3])
			kinds := n.Layers
			n.Inputs, n.Layers = c.inputs, nil
			for l, described := range c.layers {
				next := kinds[l%2]
				next.Bias = (k+l+i)%3 == 0
				if described.filters > 0 {
					next.Kind, next.Filters, next.Kernel, next.Stride, next.Padding = "conv1d", described.filters, described.kernel, described.stride, described.padding
					next.Recurrent, next.RecurrentKernel = described.recurrentKernel > 0, described.recurrentKernel
				}
				n.Layers = append(n.Layers, next)
			}
			if c.name == "counts" {
				n.Readout.Kind, n.Readout.Loss = "spikes", "counts"
				n.Layers[len(n.Layers)-1].Neurons = n.Classes
			}
			if err := n.Validate(); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			cases = append(cases, dualCase{
				name: fmt.Sprintf("%s_%s_%t_%s", c.name, surrogate, differentiateReset, n.Readout.Loss), network: n, samples: 4, scale: 4, perArray: 24,
			})
		}
	}
	return cases
}

// dualPlaneCases are stacks of convolutions over planes whose rows and columns differ in
// everything.
func dualPlaneCases(t *testing.T) []dualCase {
	t.Helper()
	type layer struct {
		filters                 int // 0: dense
		kernel, stride, padding plane
		recurrentKernel         int
	}
	var cases []dualCase
	for k, c := range []struct {
		name   string
		shape  []int
		layers []layer
	}{
		{"plane", []int{2, 4, 5}, []layer{{12, plane{2, 3}, plane{1, 2}, plane{1, 0}, 0}}},
		{"recurrent plane", []int{1, 5, 3}, []layer{{2, plane{3, 1}, plane{2, 1}, plane{0, 1}, 3}, {3, plane{2, 2}, plane{1, 1}, plane{1, 1}, 1}}},
		{"many channels", []int{17, 2, 2}, []layer{{3, plane{2, 1}, plane{1, 1}, plane{1, 0}, 0}, {0, plane{}, plane{}, plane{}, 0}}},
		{"kernels wider than the plane", []int{2, 2, 3}, []layer{{17, plane{4, 5}, plane{2, 1}, plane{2, 1}, 3}, {0, plane{}, plane{}, plane{}, 0}}},
		{"windows in the padding of a plane", []int{1, 3, 4}, []layer{{5, plane{1, 2}, plane{2, 3}, plane{2, 3}, 0}, {4, plane{2, 1}, plane{2, 2}, plane{0, 1}, 0}}},
	} {
		n := dualNetwork(k, []string{"matched", "superspike"}[k%2], dualResets[k%3], k%2 == 0, dualLosses[k%3])
		kinds := n.Layers
		n.InputShape, n.Inputs, n.Layers = c.shape, c.shape[0]*c.shape[1]*c.shape[2], nil
		for l, described := range c.layers {
			next := kinds[l%2]
			next.Bias = (k+l)%2 == 0
			if described.filters > 0 {
				next.Kind, next.Filters = "conv2d", described.filters
				next.Kernel, next.Stride, next.Padding = described.kernel.columns, described.stride.columns, described.padding.columns
				next.KernelHeight, next.StrideHeight, next.PaddingHeight = described.kernel.rows, described.stride.rows, described.padding.rows
				next.Recurrent, next.RecurrentKernel = described.recurrentKernel > 0, described.recurrentKernel
			}
			n.Layers = append(n.Layers, next)
		}
		if err := n.Validate(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		cases = append(cases, dualCase{name: c.name, network: n, samples: 4, scale: 4, perArray: 24})
	}
	// Heights that default to the widths.
	n := dualNetwork(7, "matched", "subtractive", true, "max_over_time")
	n.InputShape, n.Inputs, n.Layers = []int{1, 5, 4}, 20, n.Layers[:1]
	n.Layers[0].Kind, n.Layers[0].Filters, n.Layers[0].Kernel, n.Layers[0].Stride, n.Layers[0].Padding = "conv2d", 4, 3, 2, 1
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	cases = append(cases, dualPooledCases(t)...)
	return append(cases, dualCase{name: "square", network: n, samples: 4, scale: 4, perArray: 24})
}

// dualPooledCases pass on pooled positions: to a dense layer, a convolution and the readout,
// with cells that do not fill the plane, some of them wider than high.
func dualPooledCases(t *testing.T) []dualCase {
	t.Helper()
	var cases []dualCase
	for k, c := range []struct {
		shape        []int
		kinds        []string
		pool, height int
		poolKind     string
	}{
		{[]int{2, 5, 6}, []string{"conv2d", "conv2d"}, 2, 0, "max"},
		{[]int{2, 5, 6}, []string{"conv2d", "conv2d"}, 2, 0, "sum"},
		{[]int{1, 3, 9}, []string{"conv2d", "dense"}, 3, 1, "max"},
		{[]int{1, 6, 4}, []string{"conv2d", "dense"}, 1, 3, "sum"},
		{[]int{1, 1, 11}, []string{"conv1d", "conv1d"}, 2, 0, "sum"},
		{[]int{1, 1, 11}, []string{"conv1d", "conv1d"}, 3, 0, "max"},
		{[]int{1, 4, 4}, []string{"conv2d"}, 2, 0, "sum"},
		{[]int{1, 4, 4}, []string{"conv2d"}, 4, 0, "max"},
	} {
		n := dualNetwork(k, []string{"matched", "superspike"}[k%2], dualResets[k%3], k%2 == 0, dualLosses[k%3])
		kinds := n.Layers
		n.InputShape, n.Inputs, n.Layers = c.shape, c.shape[0]*c.shape[1]*c.shape[2], nil
		for l, kind := range c.kinds {
			next := kinds[(l+k)%2]
			next.Kind, next.Filters, next.Kernel, next.Padding, next.RecurrentKernel = kind, 3+14*(k%2), 3, 1, 3
			if l == 0 {
				next.Pool, next.PoolHeight, next.PoolKind = c.pool, c.height, c.poolKind
			}
			n.Layers = append(n.Layers, next)
		}
		if err := n.Validate(); err != nil {
			t.Fatalf("pooled %d: %v", k, err)
		}
		cases = append(cases, dualCase{name: fmt.Sprintf("pooled_%d_%s", k, c.poolKind), network: n, samples: 4, scale: 4, perArray: 24})
	}
	return cases
}

// TestDualConvolutions compares back-propagation through convolutions with forward-mode
// derivatives.
func TestDualConvolutions(t *testing.T) {
	for k, c := range append(dualConvCases(t), dualPlaneCases(t)...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkDual(t, &c, 1000+uint64(k))
		})
	}
}
