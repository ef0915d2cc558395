package nir

import (
	"fmt"
	"math"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// connection is the combined effect of ways from one layer to another.
type connection struct {
	node          string // that has the weights, for messages
	rows, columns int    // of a convolution: filters, and inputs that one sums
	values        []float64
	bias          []float64     // [row]: added in every step; nil: 0
	window        cpuref.Window // of a convolution: its own parameters and the resulting positions
	plane         bool          // a convolution over rows and columns
	below         network.Geometry
	cell          cpuref.Extent // positions below that are summed; empty: no pooling
	delay         int           // steps beyond the shortest
}

// convolution reports whether the weights are a kernel.
func (c *connection) convolution() bool { return c.window.Kernel.Area() > 0 }

// largestIdentity is the maximum number of neurons that may be connected one to one without
// weights in the file.
const largestIdentity = 1 << 12

// join adds up the ways from a layer of neurons to a node.
func (b *builder) join(target string, ways []way, below network.Geometry) connection {
	var sum connection
	for i, w := range ways {
		c, ok := b.follow(w, below)
		switch {
		case !ok:
			return connection{rows: 1}
		case i == 0:
			sum = c
		case c.convolution() || sum.convolution():
			b.faults.add("%d paths with convolutions lead from node %q to %q: only one is supported", len(ways), w.source, target)
			return sum
		case c.cell != sum.cell:
			b.faults.add("paths from node %q to %q pool differently: they must be alike", w.source, target)
			return sum
		case c.rows != sum.rows || c.delay != sum.delay:
			b.faults.add("paths from node %q to %q lead to %d and %d neurons with delays of %d and %d steps: they must be alike", w.source, target, sum.rows, c.rows, sum.delay, c.delay)
			return sum
		default:
			for j := range sum.values {
				sum.values[j] += c.values[j]
			}
			sum.bias = added(sum.bias, c.bias)
		}
	}
	return sum
}

// follow multiplies everything on a way from a layer of neurons.
func (b *builder) follow(w way, below network.Geometry) (connection, bool) {
	c := connection{node: w.source, rows: below.Neurons(), below: below}
	scale := []float64{1} // of the inputs of the first weights
	seconds := 0.0
	ok := true
	fail := func(node, format string, values ...any) {
		ok = false
		b.faults.add("node %q: "+format, append([]any{node}, values...)...)
	}
	for _, node := range w.nodes {
		if !ok {
			return c, false
		}
		switch kind := b.kind(node); kind {
		case typeLinear, typeAffine, typeConv1d, typeConv2d:
			weight, err := b.matrix(node)
			switch {
			case err != nil:
				fail(node, "%v", err)
			case c.convolution():
				fail(node, "it takes the output of the convolution %q, without neurons in between", c.node)
			case weight.convolution() && c.values != nil:
				fail(node, "it is a convolution of the output of %q, without neurons in between", c.node)
			case weight.convolution():
				err = b.convolve(&c, node, weight, scale)
			case weight.columns != c.rows:
				fail(node, "it has weights of %d × %d, but %d inputs", weight.rows, weight.columns, c.rows)
			case c.values == nil:
				c.take(weight)
				scaleColumns(&c, scale)
			case float64(weight.rows)*float64(c.columns) > 1<<28:
				fail(node, "together with those below, it makes %d × %d weights, which is too many", weight.rows, c.columns)
			default:
				c = product(weight, c)
			}
			if ok && err != nil {
				fail(node, "%v", err)
			}
		case typeSumPool, typeAvgPool:
			if err := b.pool(&c, node, w.source, &scale); err != nil {
				fail(node, "%v", err)
			}
		case typeScale:
			if err := b.scale(&c, node, &scale); err != nil {
				fail(node, "%v", err)
			}
		case typeDelay:
			length, err := b.nodes[node].number("delay")
			if seconds += length; err != nil {
				fail(node, "%v", err)
			} else if length != 0 && c.bias != nil {
				fail(node, "it delays the bias of node %q: biases act from the first step on", c.node)
			}
		}
	}
	if ok && c.values == nil {
		if c.rows > largestIdentity {
			fail(w.source, "it leads to %d neurons one to one, and at most %d are supported", c.rows, largestIdentity)
			return c, false
		}
		c.take(identity(w.source, c.rows, scale))
	}
	if steps := math.Round(seconds / b.network.StepLength); ok && math.Abs(steps-seconds/b.network.StepLength) > 1e-6*max(1, steps) || steps < 0 || steps > math.MaxInt32 {
		fail(w.source, "it leads through delays of %g s: a whole number of steps of %g s is needed", seconds, b.network.StepLength)
	} else if ok {
		c.delay = int(steps)
	}
	return c, ok
}

// matrix reads the weights of a node.
func (b *builder) matrix(node string) (connection, error) {
	members := b.nodes[node]
	values, err := members.numbers("weight")
	if err != nil {
		return connection{}, err
	}
	if err := members.unreadable("bias"); err != nil {
		return connection{}, err
	}
	want := map[string]int{typeLinear: 2, typeAffine: 2, typeConv1d: 3, typeConv2d: 4}[b.kind(node)]
	if len(values.Shape) != want {
		return connection{}, fmt.Errorf("it has weights of shape %v: %d dimensions are needed", values.Shape, want)
	}
	size := 1
	for _, length := range values.Shape {
		size *= length
	}
	if size == 0 || size != len(values.Float64) {
		return connection{}, fmt.Errorf("it has weights of shape %v: at least one is needed", values.Shape)
	}
	for i, v := range values.Float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return connection{}, fmt.Errorf("weight %d is %g: it must be finite", i, v)
		}
	}
	c := connection{node: node, rows: values.Shape[0], columns: values.Shape[1], values: values.Float64}
	if want > 2 {
		c.plane, c.window.Kernel = want == 4, cpuref.Extent{Height: values.Shape[want-2], Width: values.Shape[want-1]}
		if want == 3 {
			c.window.Kernel.Height = 1
		}
		c.columns *= c.window.Kernel.Area()
	}
	bias, ok := members["bias"].(array)
	if !ok || !slices.ContainsFunc(bias.Float64, func(v float64) bool { return v != 0 }) {
		return c, nil
	}
	if len(bias.Float64) != c.rows {
		return connection{}, fmt.Errorf("it has %d biases for %d rows of weights", len(bias.Float64), c.rows)
	}
	for i, v := range bias.Float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return connection{}, fmt.Errorf("bias %d is %g: it must be finite", i, v)
		}
	}
	c.bias = bias.Float64
	return c, nil
}

// scale multiplies by the factors of a node: either the output of a connection, or its
// future inputs.
func (b *builder) scale(c *connection, node string, before *[]float64) error {
	p := parameters{members: b.nodes[node], node: node, faults: &b.faults}
	factors := p.each("scale", math.NaN())
	if p.failed {
		return nil
	}
	if c.values != nil {
		return scaleRows(c, factors)
	}
	if len(factors) != 1 && len(factors) != c.rows {
		return fmt.Errorf("it has %d factors, but %d inputs", len(factors), c.rows)
	}
	longer, shorter := slices.Clone(factors), *before
	if len(shorter) > len(longer) {
		longer, shorter = slices.Clone(shorter), longer
	}
	for i := range longer {
		longer[i] *= shorter[min(i, len(shorter)-1)]
	}
	*before = longer
	return nil
}

// scaleColumns multiplies the inputs of the weights.
func scaleColumns(c *connection, factors []float64) {
	if len(factors) == 1 && factors[0] == 1 {
		return
	}
	c.values = slices.Clone(c.values)
	for i := range c.values {
		c.values[i] *= factors[min(i%c.columns, len(factors)-1)]
	}
}

// scaleRows multiplies the outputs of the weights: by one factor for all, or one for each;
// in a convolution, a filter's factors must be the same at all positions.
func scaleRows(c *connection, factors []float64) error {
	if len(factors) == 1 && factors[0] == 1 {
		return nil
	}
	positions := max(1, c.window.Positions.Area())
	if len(factors) == c.rows*positions && c.convolution() {
		filters := make([]float64, c.rows)
		for i, factor := range factors {
			if filters[i/positions] = factors[i/positions*positions]; factor != filters[i/positions] {
				return fmt.Errorf("it has values that differ between the positions of a convolution")
			}
		}
		factors = filters
	}
	if len(factors) != 1 && len(factors) != c.rows {
		return fmt.Errorf("it has %d values for %d neurons", len(factors), c.rows*positions)
	}
	c.values = slices.Clone(c.values)
	for i := range c.values {
		c.values[i] *= factors[min(i/c.columns, len(factors)-1)]
	}
	c.bias = slices.Clone(c.bias)
	for i := range c.bias {
		c.bias[i] *= factors[min(i, len(factors)-1)]
	}
	return nil
}

// added returns the sum of two biases, either of which may be nil.
func added(a, b []float64) []float64 {
	if a == nil || b == nil {
		return append(a, b...)
	}
	sum := slices.Clone(a)
	for i := range sum {
		sum[i] += b[i]
	}
	return sum
}

// product combines two consecutive dense connections into one.
func product(above, below connection) connection {
	c := connection{
		node: above.node, rows: above.rows, columns: below.columns, values: make([]float64, above.rows*below.columns),
		below: below.below, cell: below.cell,
	}
	if below.bias != nil {
		c.bias = make([]float64, above.rows)
		for i := range above.values {
			c.bias[i/above.columns] += float64(above.values[i] * below.bias[i%above.columns])
		}
	}
	c.bias = added(c.bias, above.bias)
	for r := range above.rows {
		row := c.values[r*c.columns : (r+1)*c.columns]
		for k := range above.columns {
			weight := above.values[r*above.columns+k]
			for j, v := range below.values[k*below.columns : (k+1)*below.columns] {
				row[j] += float64(weight * v)
			}
		}
	}
	return c
}

// identity connects each of size neurons to the one with the same number.
func identity(node string, size int, scale []float64) connection {
	c := connection{node: node, rows: size, columns: size, values: make([]float64, size*size)}
	for i := range size {
		c.values[i*size+i] = scale[min(i, len(scale)-1)]
	}
	return c
}

// give adds the weights of a connection to the network, multiplied by the factors of the
// target neurons, and returns the multiplied connection.
func (b *builder) give(name string, c connection, factor []float64) connection {
	if c.values == nil {
		return c // already a fault
	}
	if err := scaleRows(&c, factor); err != nil {
		b.faults.add("%s, weights of node %q: the neurons that they lead to: %v", name, c.node, err)
		return c
	}
	described := network.Weight{Name: name, Rows: c.rows, Columns: c.columns, Kernel: c.window.Kernel.Area()}
	if c.plane {
		described.Height = c.window.Kernel.Height
	}
	b.add(c.node, "weight", described, c.values)
	return c
}

// giveBias adds the biases of neurons; a nil bias stands for zeros.
func (b *builder) giveBias(name, node string, rows int, bias []float64) {
	if bias == nil {
		bias = make([]float64, rows)
	}
	b.add(node, "bias", network.Weight{Name: name, Rows: rows, Columns: 1, Bias: true}, bias)
}

// add adds an array to the network.
func (b *builder) add(node, what string, described network.Weight, values []float64) {
	numbers := make([]float32, len(values))
	for i, v := range values {
		numbers[i] = float32(v)
		if math.IsNaN(v) || math.IsInf(float64(numbers[i]), 0) {
			b.faults.add("node %q: %s %d is %g in units of the threshold: it must be finite", node, what, i, v)
			return
		}
	}
	b.described = append(b.described, described)
	b.weights = append(b.weights, numbers)
}
