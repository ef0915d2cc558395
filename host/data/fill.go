package data

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"spikegrad/cpuref"
	"spikegrad/host/batch"
)

// Filler builds batches. It keeps its memory from batch to batch: with one worker, nothing is allocated
// after the largest batch. The zero value is a filler with one worker.
type Filler struct {
	Workers int // goroutines that encode samples; the batch does not depend on it
	// Augmentation is handed to the engine with every batch, which varies the samples; nil for none.
	// Set it for training, not for evaluation.
	Augmentation *cpuref.Augmentation
	// Dropout is handed to the engine with every batch; see [batch.Batch]. Set it for training.
	Dropout bool
	// Part returns the range, first to last, of samples to encode of a batch of the given size; the
	// others get no spikes. Nil for all.
	Part  func(samples int) (first, last int)
	parts []part
}

// part is what one worker encodes.
type part struct {
	rows  [][2]uint32
	index []uint32
}

// Fill builds a batch from samples of a source, with one worker and without reusing memory. See
// [Filler.Fill].
func Fill(batch *batch.Batch, source Source, samples []int, numbers []uint32) error {
	return new(Filler).Fill(batch, source, samples, numbers)
}

// Fill replaces the contents of batch with samples of a source. numbers[i] is the number of the
// presentation of samples[i] in the run. It is an error if the two differ in length, if a sample does
// not exist, if the source returns spikes in the wrong order, or if the batch has more rows or spikes
// than 32 bits can count.
func (f *Filler) Fill(batch *batch.Batch, source Source, samples []int, numbers []uint32) error {
	if len(samples) != len(numbers) {
		return fmt.Errorf("filling a batch from %s: %d samples but %d presentation numbers; give one number per sample",
			source.Name(), len(samples), len(numbers))
	}
	for _, sample := range samples {
		if sample < 0 || sample >= source.Len() {
			return fmt.Errorf("filling a batch from %s: sample %d was requested, but it has %d", source.Name(), sample, source.Len())
		}
	}
	steps := source.Steps()
	if uint64(len(samples))*uint64(steps) > math.MaxUint32 {
		return fmt.Errorf("filling a batch from %s: %d samples of %d steps have more than %d rows; use a smaller batch",
			source.Name(), len(samples), steps, uint32(math.MaxUint32))
	}
	batch.Labels = batch.Labels[:0]
	for _, sample := range samples {
		batch.Labels = append(batch.Labels, source.Label(sample))
	}
	batch.Numbers = append(batch.Numbers[:0], numbers...)
	batch.Rows = slices.Grow(batch.Rows[:0], len(samples)*steps)
	batch.Index = batch.Index[:0]
	batch.Augment, batch.Dropout = f.Augmentation, f.Dropout

	first, last := 0, len(samples)
	if f.Part != nil {
		first, last = f.Part(len(samples))
	}
	appendSilence(batch, first*steps)
	f.appendSamples(batch, source, samples[first:last], numbers[first:last])
	appendSilence(batch, (len(samples)-last)*steps)
	if len(batch.Index) > math.MaxUint32 {
		return fmt.Errorf("filling a batch from %s: %d samples have %d spikes, more than %d; use a smaller batch",
			source.Name(), len(samples), len(batch.Index), uint32(math.MaxUint32))
	}
	if err := batch.CheckEvents(source.Channels(), steps); err != nil {
		return fmt.Errorf("filling a batch from %s: %w", source.Name(), err)
	}
	return nil
}

// appendSilence appends rows without spikes.
func appendSilence(batch *batch.Batch, rows int) {
	end := uint32(len(batch.Index))
	for range rows {
		batch.Rows = append(batch.Rows, [2]uint32{end, end})
	}
}

// appendSamples encodes samples and appends them.
func (f *Filler) appendSamples(batch *batch.Batch, source Source, samples []int, numbers []uint32) {
	workers := min(f.Workers, len(samples))
	if workers <= 1 {
		for i, sample := range samples {
			batch.Rows, batch.Index = source.AppendEvents(batch.Rows, batch.Index, sample, numbers[i])
		}
		return
	}
	for len(f.parts) < workers {
		f.parts = append(f.parts, part{})
	}
	f.encode(source, samples, numbers, workers)
	for _, p := range f.parts[:workers] {
		first := uint32(len(batch.Index))
		for _, row := range p.rows {
			batch.Rows = append(batch.Rows, [2]uint32{row[0] + first, row[1] + first})
		}
		batch.Index = append(batch.Index, p.index...)
	}
}

// encode makes each worker encode a run of consecutive samples into its part.
func (f *Filler) encode(source Source, samples []int, numbers []uint32, workers int) {
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			p := &f.parts[w]
			p.rows, p.index = p.rows[:0], p.index[:0]
			for i := w * len(samples) / workers; i < (w+1)*len(samples)/workers; i++ {
				p.rows, p.index = source.AppendEvents(p.rows, p.index, samples[i], numbers[i])
			}
		})
	}
	group.Wait()
}
