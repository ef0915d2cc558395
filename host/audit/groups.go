package audit

// groups holds independent estimates of one gradient: mean gradients of passes, merged
// two by two when there are too many of them, so that memory stays bounded.
type groups struct {
	limit  int // even
	size   int // passes of a complete group
	means  [][]float64
	partly int // passes in the last group, if it is not complete
}

// newGroups keeps at most limit groups, and at least half as many once there were so
// many.
func newGroups(limit int) *groups { return &groups{limit: limit, size: 1} }

// add takes in the gradient of a pass, which it keeps.
func (g *groups) add(gradient []float64) {
	if g.partly == 0 {
		if len(g.means) == g.limit {
			g.merge()
		}
		g.means = append(g.means, gradient)
	} else {
		last := g.means[len(g.means)-1]
		for i, x := range gradient {
			last[i] += (x - last[i]) / float64(g.partly+1)
		}
	}
	g.partly = (g.partly + 1) % g.size
}

// merge makes one group of every two.
func (g *groups) merge() {
	for i := range g.limit / 2 {
		a, b := g.means[2*i], g.means[2*i+1]
		for j := range a {
			a[j] = (a[j] + b[j]) / 2
		}
		g.means[i] = a
	}
	clear(g.means[g.limit/2:])
	g.means = g.means[:g.limit/2]
	g.size *= 2
}

// complete are the groups of the same number of passes.
func (g *groups) complete() [][]float64 {
	if g.partly > 0 {
		return g.means[:len(g.means)-1]
	}
	return g.means
}

// span is a part of a gradient.
type span struct{ first, last int }

// of are the parts of gradients.
func (s span) of(list [][]float64) [][]float64 {
	parts := make([][]float64, len(list))
	for i, gradient := range list {
		parts[i] = gradient[s.first:s.last]
	}
	return parts
}

// mean is the mean of gradients of the same length.
func mean(list [][]float64) []float64 {
	sum := make([]float64, len(list[0]))
	for _, gradient := range list {
		for i, x := range gradient {
			sum[i] += x
		}
	}
	for i := range sum {
		sum[i] /= float64(len(list))
	}
	return sum
}

// dot is an inner product, added in ascending order.
func dot(a, b []float64) float64 {
	total := 0.0
	for i, x := range a {
		total += float64(x * b[i])
	}
	return total
}
