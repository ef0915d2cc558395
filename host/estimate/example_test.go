package estimate_test

import (
	"context"
	"fmt"

	"spikegrad/host/estimate"
)

// On a network of two layers the surrogate gradient is biased; the single flip is not.
func ExampleRun() {
	report, err := estimate.Run(context.Background(), estimate.EstimateOptions{
		Net: "mlp:3,2", Beta: 2, Estimators: "surrogate,single_flip", Trials: 20000, Seed: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Units, "units, reference:", report.Reference)
	for _, e := range report.Estimators {
		fmt.Println(e.Name, "unbiased:", e.Unbiased, "significant bias:", e.LargestZ() > 4.5)
	}
	// Output:
	// 6 units, reference: exact
	// surrogate unbiased: false significant bias: true
	// single_flip unbiased: true significant bias: false
}
