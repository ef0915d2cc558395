package cpuref

// SpikeTrains turns events into spike trains: trains, [neuron][sample][word], has
// for every neuron and sample a bit a step. Samples first ≤ sample < last are
// done; samples is how many trains has. Twin: shaders/spike_trains.comp.
func SpikeTrains(trains []uint32, events Events, neurons, samples, steps, first, last int) {
	SpikeTrainsSegment(trains, events, neurons, samples, steps, Segment{}, first, last)
}

// SpikeTrainsSegment is [SpikeTrains] for the steps of a segment.
func SpikeTrainsSegment(trains []uint32, events Events, neurons, samples, steps int, segment Segment, first, last int) {
	segment = segment.Of(steps)
	words := Words(steps)
	for n := range neurons {
		for b := first; b < last; b++ {
			train := trains[(n*samples+b)*words:][:words]
			clear(train[segment.First/32 : Words(segment.Last)])
		}
	}
	for b := first; b < last; b++ {
		for t := segment.First; t < segment.Last; t++ {
			for _, n := range events.Row(b*steps + t) {
				trains[(int(n)*samples+b)*words+t/32] |= 1 << (t % 32)
			}
		}
	}
}
