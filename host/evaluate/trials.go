package evaluate

import (
	"context"
	"fmt"
	"math"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Subject is what is measured: a network with its weights in an engine, and the
// samples it is shown.
type Subject struct {
	Engine  engine.Engine
	Network *network.Network // the engine's
	Source  data.Source
	Batch   int // presentations at once; does not affect results
	Workers int // goroutines that encode samples; does not affect results
	// Each, which may be nil, is called after every batch with the numbers of
	// presentations done and in total.
	Each func(done, all int)

	part func(samples int) (first, last int) // see [data.Filler]
}

// check returns an error for samples and numbers of trials that cannot be
// presented.
func (s *Subject) check(samples []int, trials int) error {
	n, source := s.Network, s.Source
	if source.Channels() != n.Inputs || source.Classes() != n.Classes || source.Steps() != n.Steps {
		return fmt.Errorf("%s has %d channels, %d classes and %d steps, but the network was built for %d, %d and %d",
			source.Name(), source.Channels(), source.Classes(), source.Steps(), n.Inputs, n.Classes, n.Steps)
	}
	if len(samples) == 0 {
		return fmt.Errorf("no sample of %s was requested: name at least one of %d", source.Name(), source.Len())
	}
	for _, sample := range samples {
		if sample < 0 || sample >= source.Len() {
			return fmt.Errorf("sample %d of %s was requested, but it has samples 0 to %d", sample, source.Name(), source.Len()-1)
		}
	}
	if s.Batch < 1 {
		return fmt.Errorf("batches of %d presentations: at least 1 is needed", s.Batch)
	}
	most := (int64(math.MaxUint32) + 1) / int64(source.Len())
	if trials < 1 || int64(trials) > most {
		return fmt.Errorf("%d trials: must be from 1 to %d with the %d samples of %s", trials, most, source.Len(), source.Name())
	}
	return nil
}

// presented is a batch of presentations and its results.
type presented struct {
	first  int // number of the first presentation; number k is trial k/len(samples) of samples[k%len(samples)]
	count  int
	record *engine.Record
	spikes []uint64 // [layer]: of all these presentations
}

// present runs all trials of the samples, trial after trial. recorder makes the
// record for the given number of presentations.
func (s *Subject) present(ctx context.Context, samples []int, trials int, recorder func(presentations int) *engine.Record, each func(presented)) error {
	if err := s.check(samples, trials); err != nil {
		return err
	}
	filler := data.Filler{Workers: s.Workers, Part: s.part}
	var filled engine.Batch
	all := trials * len(samples)
	for first := 0; first < all; {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := min(s.Batch, all-first)
		shown, inputs, noise := make([]int, count), make([]uint32, count), make([]uint32, count)
		for i := range count {
			trial, sample := (first+i)/len(samples), samples[(first+i)%len(samples)]
			shown[i], inputs[i], noise[i] = sample, uint32(sample), uint32(trial*s.Source.Len()+sample)
		}
		if err := filler.Fill(&filled, s.Source, shown, inputs); err != nil {
			return err
		}
		filled.Numbers = noise // only the escape noise is new in every trial
		record := recorder(count)
		outcome, err := s.Engine.Evaluate(&filled, cpuref.StreamEvaluation, record)
		if err != nil {
			return err
		}
		each(presented{first, count, record, outcome.Spikes})
		first += count
		if s.Each != nil {
			s.Each(first, all)
		}
	}
	return nil
}

// spikeRecord records the spikes of all layers.
func (s *Subject) spikeRecord(presentations int) *engine.Record {
	record := &engine.Record{}
	for l := range s.Network.Layers {
		words := cpuref.Words(s.Network.Layers[l].Neurons)
		record.Spikes = append(record.Spikes, make([]uint32, presentations*s.Network.Steps*words))
	}
	return record
}

// wholeSource lists all samples of a source.
func wholeSource(source data.Source) []int {
	samples := make([]int, source.Len())
	for i := range samples {
		samples[i] = i
	}
	return samples
}
