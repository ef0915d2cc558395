package data_test

import (
	"fmt"

	"spikegrad/host/batch"
	"spikegrad/host/data"
)

// The embedded digits as spikes, ready for an engine.
func Example() {
	options, err := data.Defaults("digits")
	if err != nil {
		fmt.Println(err)
		return
	}
	split, err := data.Open("", options)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(split.Train.Len(), split.Validation.Len(), split.Test.Len(), "samples of", split.Train.Channels(), "channels")

	var batch batch.Batch
	if err := data.Fill(&batch, split.Test, []int{0, 1}, []uint32{0, 1}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("classes", batch.Labels, "in", len(batch.Rows), "rows of spikes")
	// Output:
	// 1258 180 359 samples of 64 channels
	// classes [0 3] in 100 rows of spikes
}
