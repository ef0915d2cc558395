package audit

// groups holds independent estimates of one gradient: mean gradients of passes, merged
// in pairs when there are too many, so that memory stays bounded.
type groups struct {
	limit  int // even
	size   int // passes per complete group
	means  [][]float64
	partly int // passes in the last group, if it is not complete
}

// newGroups keeps at most limit groups, and at least half as many after reaching the
// limit.
func newGroups(limit int) *groups { return &groups{limit: limit, size: 1} }

// add adds the gradient of a pass, which it keeps.
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

// merge turns every two groups into one.
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

// complete returns the groups with the full number of passes.
func (g *groups) complete() [][]float64 {
	if g.partly > 0 {
		return g.means[:len(g.means)-1]
	}
	return g.means
}

// span is a part of a gradient.
type span struct{ first, last int }

// of returns the parts of gradients.
func (s span) of(list [][]float64) [][]float64 {
	parts := make([][]float64, len(list))
	for i, gradient := range list {
		parts[i] = gradient[s.first:s.last]
	}
	return parts
}

// mean returns the mean of gradients of the same length.
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

// dot returns an inner product, summed in ascending order.
func dot(a, b []float64) float64 {
	total := 0.0
	for i, x := range a {
		total += float64(x * b[i])
	}
	return total
}
