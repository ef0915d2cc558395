package evaluate_test

import (
	"context"
	"fmt"

	"spikegrad/host/engine"
	"spikegrad/host/evaluate"
	"spikegrad/host/train"
)

// How reliably an untrained network answers under fresh noise.
func ExampleAccuracy() {
	config, err := train.Default("digits")
	if err != nil {
		fmt.Println(err)
		return
	}
	split, n, err := train.Prepare(&config)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: config.Seed})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()
	if err := e.SetWeights(n.Initialise(config.Seed)); err != nil {
		fmt.Println(err)
		return
	}
	subject := &evaluate.Subject{Engine: e, Network: n, Source: split.Test, Batch: 20}
	found, err := evaluate.Accuracy(context.Background(), subject, []int{0, 1, 2, 3}, 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Samples, "samples,", len(found.TrialAccuracy), "trials, agreement below 1:", found.Agreement < 1)
	// Output: 4 samples, 5 trials, agreement below 1: true
}
