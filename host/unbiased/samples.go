package unbiased

import (
	"spikegrad/host/data"
	"spikegrad/host/engine"
)

// Samples are the samples shown, in a fixed order.
type Samples struct {
	source data.Source
	Chosen []int // numbers in the source
	Filler data.Filler
}

// NewSamples takes the first count samples of a source in an order determined by the seed, or
// all if there are fewer.
func NewSamples(source data.Source, count int, seed uint32, workers int) *Samples {
	order := data.Order(source.Len(), seed, 0)
	return &Samples{source: source, Chosen: order[:min(count, len(order))], Filler: data.Filler{Workers: workers}}
}

// Count returns how many there are.
func (s *Samples) Count() int { return len(s.Chosen) }

// Fill makes the batch of samples first ≤ i < last; the noise of sample i has number start +
// i. The input is that of evaluations, the same in every pass.
func (s *Samples) Fill(batch *engine.Batch, first, last int, start uint32) error {
	inputs, noise := make([]uint32, last-first), make([]uint32, last-first)
	for i := range inputs {
		inputs[i], noise[i] = uint32(s.Chosen[first+i]), start+uint32(first+i)
	}
	if err := s.Filler.Fill(batch, s.source, s.Chosen[first:last], inputs); err != nil {
		return err
	}
	copy(batch.Numbers, noise)
	return nil
}
