package cpuref_test

import (
	"fmt"

	"spikegrad/cpuref"
)

// The escape noise of one neuron: a random number determined by its purpose and time, a decision,
// and the derivative that the backward pass uses as that of the spike.
func Example() {
	seed := [2]uint32{1, 0}
	word := cpuref.Philox(seed, cpuref.NoiseCounter(17, 3, 0, 0))[0] // sample 17, step 3
	xi := cpuref.Uniform[float32](word)
	parameters := [2]float32{10} // steepness β
	const u = 0.05               // membrane potential above the threshold
	fmt.Println("spike:", cpuref.Spikes(cpuref.NoiseSigmoid, parameters, u, xi))
	fmt.Printf("probability %.4f\n", cpuref.SpikeProbability(cpuref.NoiseSigmoid, parameters, u))
	fmt.Printf("derivative %.4f\n", cpuref.SurrogateDerivative(cpuref.SurrogateSigmoid, [3]float32{10}, u, false))
	// Output:
	// spike: true
	// probability 0.6225
	// derivative 2.3500
}
