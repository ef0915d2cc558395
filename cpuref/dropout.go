package cpuref

// Dropout drops some of a layer's output to the layer above in training: each number of a step,
// with all its spikes where [PoolSum] makes several, or each number of a sample in all its steps.
// What is kept is multiplied by Scale, so that the mean input of the layer above is the same as
// without dropout. Random numbers come from Philox with the key (seed, [StreamDropout]) at the
// [NoiseCounter] of sample, step, number and layer, so the forward pass, the backward pass and
// recomputed segments drop the same. The zero Dropout drops nothing.
type Dropout[T Float] struct {
	Rate     T // probability that a number is dropped
	Scale    T // 1/(1 − Rate)
	Together bool
	Seed     uint32 // of the run
	Layer    uint32
}

// AllSteps is the step in the counter if a number is dropped in all steps or in none.
const AllSteps = ^uint32(0)

// None reports whether nothing is dropped.
func (d *Dropout[T]) None() bool { return d.Rate == 0 }

// draw fills uniform with a random number for each output of the layer at a step of a sample; outputs
// whose number is below Rate are dropped.
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

// scale multiplies the sums over spikes from below by the value of each one kept; 0 stands for 1.
func scale[T Float](sums []T, factor T) {
	if factor == 0 || factor == 1 {
		return
	}
	for i := range sums {
		sums[i] *= factor
	}
}
