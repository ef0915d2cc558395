package engine

import "spikegrad/cpuref"

const (
	// largestSquare is the end of the domain of [cpuref.Sqrt].
	largestSquare = 0x1p125
	// shrink scales gradients whose squares overflow. No finite number overflows when scaled by it,
	// and what then counts as zero is at most 2⁻³³ of such a norm.
	shrink = 0x1p-80
	// leastScale is the smallest normal number.
	leastScale = 0x1p-126
)

// normBlocks is the number of partial sums of the squared norm of the given number of values.
func normBlocks(size int) int { return (size + cpuref.NormBlock - 1) / cpuref.NormBlock }

// updates returns the parameters of an update for each weight array, whose gradient is a sum over
// the given number of samples; parts is as in [plan.clip].
func (p *plan[T]) updates(u Update, samples int, parts func(scale T) ([][]T, error)) ([]cpuref.UpdateParameters[T], error) {
	scale := T(1 / float64(samples))
	if u.ClipNorm > 0 {
		var err error
		if scale, err = p.clip(scale, T(u.ClipNorm), parts); err != nil {
			return nil, err
		}
	}
	all := make([]cpuref.UpdateParameters[T], len(p.weights))
	for i := range all {
		all[i] = convert[T](u.parameters(p.weights[i].rate))
		all[i].InverseBatch = scale
	}
	return all, nil
}

// clip returns the factor for a gradient: scale, or a smaller one that brings its norm down to
// limit. Parts returns the partial sums of the squared norm of the gradient times a scale, for each
// weight array.
func (p *plan[T]) clip(scale, limit T, parts func(scale T) ([][]T, error)) (T, error) {
	sums, err := parts(scale)
	if err != nil {
		return 0, err
	}
	total, _ := sumParts(sums)
	if total <= largestSquare { // false for NaN
		if norm := cpuref.Sqrt(total); norm > limit {
			return T(scale * T(limit*cpuref.Reciprocal(norm))), nil
		}
		return scale, nil
	}
	small := T(scale * shrink)
	if sums, err = parts(small); err != nil {
		return 0, err
	}
	total, largest := sumParts(sums)
	if finite(total) {
		if clipped := T(small * T(limit*cpuref.Reciprocal(cpuref.Sqrt(total)))); clipped >= leastScale {
			return clipped, nil
		}
	}
	return 0, &NotFiniteError{Array: p.weights[largest].Name, Gradient: true}
}

// sumParts adds up partial sums in ascending order, and returns the array with the largest sum or
// the first that is not finite.
func sumParts[T cpuref.Float](parts [][]T) (total T, largest int) {
	var most T
	for i, part := range parts {
		var own T
		for _, sum := range part {
			total += sum
			own += sum
		}
		if finite(most) && !(own <= most) {
			most, largest = own, i
		}
	}
	return total, largest
}
