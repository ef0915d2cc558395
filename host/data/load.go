package data

import (
	"context"
	"fmt"
	"iter"

	"spikegrad/host/batch"
)

// Presentations are samples in the order in which they are presented.
type Presentations struct {
	Source  Source
	Samples []int
	First   uint32 // number in the run of the presentation of Samples[0]; the others follow on
	Batch   int    // samples of a batch; the last batch may have fewer
	// Filled, if not nil, is called with each batch once it is filled, in order, by the
	// goroutine that fills, while the previous batch is being used.
	Filled func(*batch.Batch)
}

// Loader fills the next batch while the current one is being used. The batches are those
// that its filler would produce one after the other. It keeps memory for two batches: with
// one worker, nothing is allocated from batch to batch after the largest. It must be used
// by one goroutine, and so must the filler.
type Loader struct {
	filler  *Filler
	batches [2]batch.Batch
	numbers []uint32
}

// NewLoader makes a loader that fills batches with a filler.
func NewLoader(filler *Filler) *Loader { return &Loader{filler: filler} }

// loaded is a batch, or why there is none.
type loaded struct {
	batch *batch.Batch
	err   error
}

// Batches yields the batches of presentations in order. A batch belongs to the caller
// until it asks for the next. An error is the last thing yielded: the context's once it is
// cancelled, or the filler's. The goroutine that fills has ended when the loop ends.
func (l *Loader) Batches(ctx context.Context, p Presentations) iter.Seq2[*batch.Batch, error] {
	return func(yield func(*batch.Batch, error) bool) {
		if p.Batch < 1 {
			yield(nil, fmt.Errorf("loading %s: batches of %d samples were requested; at least 1 is needed", p.Source.Name(), p.Batch))
			return
		}
		ctx, stop := context.WithCancel(ctx)
		// Room for both batches: neither side ever waits to send one.
		free, full := make(chan *batch.Batch, 2), make(chan loaded, 2)
		free <- &l.batches[0]
		free <- &l.batches[1]
		go func() {
			defer close(full)
			l.fill(ctx, p, free, full)
		}()
		defer func() {
			stop()
			for range full { // until the goroutine has ended
			}
		}()
		for {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			select {
			case next, more := <-full:
				if !more || !yield(next.batch, next.err) {
					return
				}
				free <- next.batch
			case <-ctx.Done():
			}
		}
	}
}

// fill fills one batch after the other as long as it receives any.
func (l *Loader) fill(ctx context.Context, p Presentations, free <-chan *batch.Batch, full chan<- loaded) {
	for first := 0; first < len(p.Samples) && ctx.Err() == nil; first += p.Batch {
		var batch *batch.Batch
		select {
		case batch = <-free:
		case <-ctx.Done():
			return
		}
		samples := p.Samples[first:min(first+p.Batch, len(p.Samples))]
		l.numbers = l.numbers[:0]
		for i := range samples {
			l.numbers = append(l.numbers, p.First+uint32(first+i))
		}
		if err := l.filler.Fill(batch, p.Source, samples, l.numbers); err != nil {
			full <- loaded{err: err}
			return
		}
		if p.Filled != nil {
			p.Filled(batch)
		}
		full <- loaded{batch: batch}
	}
}
