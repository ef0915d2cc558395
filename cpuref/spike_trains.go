package cpuref

// SpikeTrains turns events into spike trains: trains, [neuron][sample][word], has one bit per step
// for every neuron and sample. Samples first ≤ sample < last are processed; samples is the number
// of samples in trains. Twin: shaders/spike_trains.comp.
func SpikeTrains(trains []uint32, events Events, neurons, samples, steps, first, last int) {
	SpikeTrainsSegment(trains, events, neurons, 1, samples, steps, Segment{}, first, last)
}

// SpikeTrainsSegment is [SpikeTrains] for the steps of a segment, and for neurons that spike up to
// copies times per step: each has copies trains, [neuron][copy][sample][word], and n spikes set a
// bit in each of the first n.
func SpikeTrainsSegment(trains []uint32, events Events, neurons, copies, samples, steps int, segment Segment, first, last int) {
	segment = segment.Of(steps)
	words := Words(steps)
	for n := range neurons * copies {
		for b := first; b < last; b++ {
			train := trains[(n*samples+b)*words:][:words]
			clear(train[segment.First/32 : Words(segment.Last)])
		}
	}
	for b := first; b < last; b++ {
		for t := segment.First; t < segment.Last; t++ {
			before, turn := -1, 0
			for _, n := range events.Row(b*steps + t) {
				if int(n) != before {
					before, turn = int(n), 0
				}
				trains[((int(n)*copies+turn)*samples+b)*words+t/32] |= 1 << (t % 32)
				turn++
			}
		}
	}
}
