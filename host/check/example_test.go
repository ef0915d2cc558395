package check_test

import (
	"context"
	"fmt"

	"spikegrad/host/check"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Compares the CPU engine with three workers, and with samples cut in time, with the
// reference. Your own engine would replace the candidate.
func ExampleFamily() {
	candidate := check.Candidate{
		Open: func(n *network.Network, options engine.Options) (engine.Engine, error) {
			return engine.NewCPU[float32](n, options)
		},
		Variants: []check.Variant{{Workers: 3}, {SegmentSteps: 7}},
	}
	cases := check.Cases(true)[:2]
	reports, err := check.Family(context.Background(), cases, []check.Candidate{candidate}, func(int) {})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reports[0].Cases, "runs,", reports[0].Different, "numbers differ")
	// Output: 4 runs, 0 numbers differ
}
