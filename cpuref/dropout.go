package cpuref

// Dropout leaves out, in training, some of what a layer hands to the layer above: each
// number of a step, with all its spikes where [PoolSum] makes several, or each number of a
// sample in all its steps. What is kept counts Scale times, so that the layer above
// receives the same input on average as without dropout. Random numbers come from Philox with
// the key (seed, [StreamDropout]) at the [NoiseCounter] of sample, step, number and layer, so
// the forward pass, the backward pass and recomputed segments leave out the same. The zero
// Dropout leaves out nothing.
type Dropout[T Float] struct {
	Rate     T // probability that a number is left out
	Scale    T // 1/(1 − Rate)
	Together bool
	Seed     uint32 // of the run
	Layer    uint32
}

// AllSteps is the step in the counter where a number is left out in all steps or in none.
const AllSteps = ^uint32(0)

// None reports whether nothing is left out.
func (d *Dropout[T]) None() bool { return d.Rate == 0 }

// draw draws a uniform number for each output of the layer in a step of a sample; those below
// Rate are left out.
func (d *Dropout[T]) draw(uniform []T, sample uint32, step int) {
	choice := decision[T]{
		uniform: uniform, key: [2]uint32{d.Seed, uint32(StreamDropout)},
		number: sample, step: uint32(step), layer: d.Layer,
	}
	if d.Together {
		choice.step = AllSteps
	}
	drawUniform(&choice)
}

// scale multiplies what spikes from below add up to by what each of those kept counts; 0
// stands for 1.
func scale[T Float](sums []T, factor T) {
	if factor == 0 || factor == 1 {
		return
	}
	for i := range sums {
		sums[i] *= factor
	}
}
