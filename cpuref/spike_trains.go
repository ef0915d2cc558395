package cpuref

// SpikeTrains turns events into spike trains: trains, [neuron][sample][word], has
// for every neuron and sample a bit a step. Samples first ≤ sample < last are
// done; samples is how many trains has. Twin: shaders/spike_trains.comp.
func SpikeTrains(trains []uint32, events Events, neurons, samples, steps, first, last int) {
	words := Words(steps)
	for n := range neurons {
		clear(trains[(n*samples+first)*words : (n*samples+last)*words])
	}
	for b := first; b < last; b++ {
		for t := range steps {
			for _, n := range events.Row(b*steps + t) {
				trains[(int(n)*samples+b)*words+t/32] |= 1 << (t % 32)
			}
		}
	}
}
