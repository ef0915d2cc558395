package cpuref

// DelayEventsArguments are the arrays and sizes of [DelayEvents].
type DelayEventsArguments[T Float] struct {
	Spikes  []uint32 // written; [sample][step][word]: the spikes of the inputs when they arrive
	Events  Events   // rows [sample][step]: before the delays
	Numbers []uint32 // [sample]: number of the sample in the run

	Steps, Inputs int
	Delays        Delays[T]
}

// DelayEvents moves every spike by the delay of its input; spikes that would arrive after the last
// step are dropped. Samples first ≤ sample < last are processed. Twin: shaders/delay_events.comp.
func DelayEvents[T Float](a *DelayEventsArguments[T], work *Workspace[T], first, last int) {
	words, delays := Words(a.Inputs), make([]int, a.Inputs)
	for b := first; b < last; b++ {
		a.Delays.of(delays, work, a.Numbers[b])
		spikes := a.Spikes[b*a.Steps*words:][:a.Steps*words]
		clear(spikes)
		for t := range a.Steps {
			for _, n := range a.Events.Row(b*a.Steps + t) {
				if at := t + delays[n]; at < a.Steps {
					spikes[at*words+int(n/32)] |= 1 << (n % 32)
				}
			}
		}
	}
}
