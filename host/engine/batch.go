package engine

import "spikegrad/host/batch"

type (
	// Batch is what an engine runs: [batch.Batch].
	Batch = batch.Batch
	// Flip names a spike of a sample: [batch.Flip].
	Flip = batch.Flip

	checked = batch.Checked
)

// NoFlip is the layer of a flip that does nothing.
const NoFlip = batch.NoFlip
