package reproduce_test

import (
	"fmt"

	"spikegrad/host/reproduce"
)

// The paper's network for random manifolds, for each of its training methods: change what
// you like and pass it to train.Run.
func ExampleRandmanConv() {
	for _, method := range reproduce.Methods() {
		config, err := reproduce.RandmanConv(method)
		if err != nil {
			fmt.Println(err)
			return
		}
		first := config.Network.Layers[0]
		fmt.Printf("%s: %d layers, noise %s, surrogate %s\n", method.Key, len(config.Network.Layers), first.Noise.Kind, first.Surrogate.Kind)
	}
	// Output:
	// deterministic-superspike: 3 layers, noise threshold, surrogate superspike
	// stochastic-superspike: 3 layers, noise sigmoid, surrogate superspike
	// stochastic-matched: 3 layers, noise sigmoid, surrogate matched
	// multilayerspiker: 3 layers, noise sigmoid, surrogate multilayerspiker
}
