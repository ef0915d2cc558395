package cpuref

// SpikeDistanceArguments are the arrays and sizes of [SpikeDistance].
type SpikeDistanceArguments[T Float] struct {
	Distance []T // written; [sample][stride]: of every neuron
	Error    []T // written unless nil; [sample][step][stride]: ∂L/∂f[t]

	Spikes  []uint32 // [sample][step][word]
	Targets []uint32 // the same

	Steps, Neurons int
	Kind           Loss
	DecayMembrane  T // of the kernel ε; only for LossVanRossum, like the next two
	DriveMembrane  T // 1 − that
	DecaySynapse   T
	Scale          T // of the distance
	HalfScale      T // half of that
}

// SpikeDistance computes the distance of the spikes of every neuron from target spikes,
//
//	L = scale·½ Σ_t f[t]²
//
// with f the difference S − target or, for [LossVanRossum], the difference filtered by
// ε(k) = (1−a_m)/(a_m−a_s)·(a_mᵏ − a_sᵏ), k steps after a spike (van Rossum 2001), implemented as a
// synapse and a membrane:
//
//	I[t+1] = a_s·I[t] + S[t] − target[t]
//	U[t+1] = a_m·U[t] + (1−a_m)·I[t]
//	f[t] = U[t+1]
//
// The error written is ∂L/∂f[t]; for a filtered difference, [ReadoutBackward] turns it into
// ∂L/∂S[t]. Not divided by the batch. Samples first ≤ sample < last are processed. Twin:
// shaders/spike_distance.comp.
func SpikeDistance[T Float](a *SpikeDistanceArguments[T], work *Workspace[T], first, last int) {
	stride, words := Stride(a.Neurons), Words(a.Neurons)
	work.grow(2, stride)
	current, membrane := work.rows[0], work.rows[1]
	for b := first; b < last; b++ {
		clear(current)
		clear(membrane)
		sums := a.Distance[b*stride:][:stride]
		clear(sums)
		for t := range a.Steps {
			row := b*a.Steps + t
			spikes, targets := a.Spikes[row*words:][:words], a.Targets[row*words:][:words]
			for n := range a.Neurons {
				f := T(spikes[n/32]>>(n%32)&1) - T(targets[n/32]>>(n%32)&1)
				if a.Kind == LossVanRossum {
					membrane[n] = FlushState(T(a.DecayMembrane*membrane[n]) + T(a.DriveMembrane*current[n]))
					current[n] = FlushState(T(a.DecaySynapse*current[n]) + f)
					f = membrane[n]
				}
				sums[n] += T(f * f)
				if a.Error != nil {
					a.Error[row*stride+n] = FlushState(T(a.Scale * f))
				}
			}
			if a.Error != nil {
				clear(a.Error[row*stride+a.Neurons : (row+1)*stride])
			}
		}
		for n := range sums {
			sums[n] = FlushState(T(a.HalfScale * FlushState(sums[n])))
		}
	}
}
