package cpuref

// Delays are the learned delays of the inputs of a layer: spikes of input n are Longest·Share[n]
// steps late, in whole steps. If Drawn, as in training, a delay of d is rounded up with the
// probability of its fraction, so that its mean is d; the random numbers come from Philox with the
// key (seed, [StreamDelay]) at the [NoiseCounter] of sample, [AllSteps], input and layer. Otherwise
// it is rounded to the nearest step.
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
