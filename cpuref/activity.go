package cpuref

// ActivityArguments are the arrays and sizes of [Activity].
type ActivityArguments[T Float] struct {
	SpikeError []T // [sample][stride]; added to: ∂L/∂S, the same at every step
	Loss       []T // [sample]; added to

	Counts []uint32 // [sample][stride]: spikes of a neuron in a sample

	Neurons int // numbers of neurons: positions times the unit, or the neurons of a dense layer
	Filters int // neurons per position; 0 in a dense layer
	Group   int // numbers whose neurons' counts are averaged first: 1, or Neurons

	Lower       bool // penalize counts below the threshold, not above
	Squared     bool // the square of the excess, not the excess
	Threshold   T    // spikes
	InverseSize T    // 1/neurons of a group
	LossFactor  T    // strength/groups
	ErrorFactor T    // strength/all neurons, twice that if Squared; negative if Lower
}

// Activity adds a regularizer on the activity of a layer: with n the spike count,
// averaged over each group, and e = relu(n − threshold), or relu(threshold − n) if
// Lower,
//
//	L = strength·mean over groups of e or e²
//
// Not divided by the batch. Samples first ≤ sample < last are processed. Twin:
// shaders/activity.comp.
func Activity[T Float](a *ActivityArguments[T], first, last int) {
	filters := filtersOf(a.Filters, a.Neurons)
	stride, unit := Stride(a.Neurons), Stride(filters)
	for b := first; b < last; b++ {
		var loss T
		for g := 0; g < a.Neurons; g += a.Group {
			if a.Group == 1 && g%unit >= filters {
				continue // no neuron
			}
			var total uint32
			for _, count := range a.Counts[b*stride+g:][:a.Group] {
				total += count
			}
			excess := T(T(total)*a.InverseSize) - a.Threshold
			if a.Lower {
				excess = -excess
			}
			if excess <= 0 {
				continue
			}
			slope := a.ErrorFactor
			punished := excess
			if a.Squared {
				slope = T(slope * excess)
				punished = T(excess * excess)
			}
			loss += T(a.LossFactor * punished)
			for n := g; n < g+a.Group; n++ {
				if n%unit >= filters {
					continue
				}
				a.SpikeError[b*stride+n] = FlushState(a.SpikeError[b*stride+n] + slope)
			}
		}
		a.Loss[b] = FlushState(a.Loss[b] + loss)
	}
}
