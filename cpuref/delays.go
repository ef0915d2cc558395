package cpuref

// Delays are the learned delays of the inputs of a layer: input n is late by Longest·Share[n]
// steps. Spikes lie in whole steps. Drawn, as in training, a delay of d is rounded up in as many
// samples as its fraction says, so that on average it is d; the random numbers come from Philox
// with the key (seed, [StreamDelay]) at the [NoiseCounter] of sample, [AllSteps], input and layer.
// Else it is rounded to the nearest step.
type Delays[T Float] struct {
	Share   []T // [stride of the inputs]: 0 to 1
	Longest int // steps
	Drawn   bool
	Seed    uint32 // of the run
	Layer   uint32
}

// of writes the delays of all inputs in a sample, in steps.
func (d *Delays[T]) of(steps []int, work *Workspace[T], sample uint32) {
	work.grow(1, len(d.Share))
	uniform := work.rows[0]
	if d.Drawn {
		drawUniform(&decision[T]{
			uniform: uniform, key: [2]uint32{d.Seed, uint32(StreamDelay)},
			number: sample, step: AllSteps, layer: d.Layer,
		})
	}
	longest := T(d.Longest)
	for n := range steps {
		delay := T(longest * d.Share[n])
		if d.Drawn {
			delay += uniform[n]
		} else {
			delay += 0.5
		}
		steps[n] = min(int(delay), d.Longest) // delays are not negative, so this rounds down
	}
}

// DelayEventsArguments are the arrays and sizes of [DelayEvents].
type DelayEventsArguments[T Float] struct {
	Spikes  []uint32 // written; [sample][step][word]: the spikes of the inputs when they arrive
	Events  Events   // rows [sample][step]: as they were
	Numbers []uint32 // [sample]: number of the sample in the run

	Steps, Inputs int
	Delays        Delays[T]
}

// DelayEvents moves every spike by the delay of its input; spikes that would arrive after the last
// step do not. Samples first ≤ sample < last are done. Twin: shaders/delay_events.comp.
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

// DelayErrorsArguments are the arrays and sizes of [DelayErrors].
type DelayErrorsArguments[T Float] struct {
	Error   []T      // read and written; [sample][step][stride]: ∂L/∂S
	Numbers []uint32 // [sample]: number of the sample in the run

	Steps, Inputs int
	Delays        Delays[T]
}

// DelayErrors carries errors back through what [DelayEvents] did: a spike at t gets the error of
// the step in which it arrives, or 0. Samples first ≤ sample < last are done. Twin:
// shaders/delay_errors.comp.
func DelayErrors[T Float](a *DelayErrorsArguments[T], work *Workspace[T], first, last int) {
	stride, delays := Stride(a.Inputs), make([]int, a.Inputs)
	for b := first; b < last; b++ {
		a.Delays.of(delays, work, a.Numbers[b])
		errors := a.Error[b*a.Steps*stride:][:a.Steps*stride]
		for t := range a.Steps { // ascending: what is read lies ahead of what is written
			for n, delay := range delays {
				var e T
				if t+delay < a.Steps {
					e = errors[(t+delay)*stride+n]
				}
				errors[t*stride+n] = e
			}
		}
	}
}
