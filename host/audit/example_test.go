package audit_test

import (
	"context"
	"fmt"

	"spikegrad/host/audit"
	"spikegrad/host/train"
)

// Compares the surrogate gradient of a small network, at its initial weights, with an
// unbiased estimate.
func ExampleRun() {
	config, err := train.Default("digits")
	if err != nil {
		fmt.Println(err)
		return
	}
	config.Data.Steps = 20
	config.Network.Layers[0].Neurons = 8
	split, n, err := train.Prepare(&config)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := audit.Run(context.Background(), audit.Options{
		Network: n, Weights: n.Initialise(1), Source: split.Test, Surrogates: []string{"matched", "superspike"},
		Samples: 8, Pairs: 2000, Precision: 0.05, Seed: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, part := range result.Layers[0].Parts {
		fmt.Println(part.Name, len(part.Surrogates), "surrogates")
	}
	// Output:
	// layer0 2 surrogates
	// layer0.input 2 surrogates
	// layer0.recurrent 2 surrogates
}
