package estimate

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// chunkTrials is how many trials are summed one after the other.
const chunkTrials = 512

// MaximumTrials is the largest number of trials: their noise is numbered in
// 32 bits.
const MaximumTrials = 1 << 30

// Measured is what an estimator gave.
type Measured struct {
	*Moments
	Seconds float64 // computing time of one trial on one processor, or on a device
}

// Measure takes so many samples of an estimator (one if it is not random), trials 0
// and up. The result, but for the time, is the same with any number of workers; 0
// stands for one a processor.
func Measure(ctx context.Context, p Problem, e Estimator, trials, workers int) (Measured, error) {
	if trials < 1 || trials > MaximumTrials {
		return Measured{}, fmt.Errorf("%d trials: from 1 to %d are possible", trials, MaximumTrials)
	}
	if found, want := len(p.Parameters), len(p.Circuit.Parameters()); found != want {
		return Measured{}, fmt.Errorf("%d parameters given: the circuit has %d", found, want)
	}
	if !e.Random() {
		trials = 1
	}
	if e, ok := e.(preparer); ok {
		return measure(ctx, p, e.prepare(NewWorker(p)), trials, workers)
	}
	return measure(ctx, p, e, trials, workers)
}

func measure(ctx context.Context, p Problem, e Estimator, trials, workers int) (Measured, error) {
	chunks := make([]*Moments, (trials+chunkTrials-1)/chunkTrials)
	var busy atomic.Int64
	err := Parallel(ctx, workers, len(chunks), func() func(int) {
		worker := NewWorker(p)
		sample := make([]float64, len(p.Parameters))
		return func(chunk int) {
			start := time.Now()
			moments := newMoments(len(sample))
			for trial := chunk * chunkTrials; trial < min(trials, (chunk+1)*chunkTrials); trial++ {
				clear(sample)
				worker.sample(e, uint32(trial), sample)
				moments.add(sample)
			}
			chunks[chunk] = moments
			busy.Add(int64(time.Since(start)))
		}
	})
	if err != nil {
		return Measured{}, err
	}
	seconds := time.Duration(busy.Load()).Seconds() / float64(trials)
	return Measured{Moments: mergeTree(chunks), Seconds: seconds}, nil
}

// Parallel does tasks 0 to tasks−1, each once, on so many goroutines; each makes its
// own doer by start. What a task computes must not depend on the worker. It stops
// early when the context ends and returns its error.
func Parallel(ctx context.Context, workers, tasks int, start func() func(task int)) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, tasks) {
		group.Go(func() {
			do := start()
			for ctx.Err() == nil {
				task := int(next.Add(1)) - 1
				if task >= tasks {
					return
				}
				do(task)
			}
		})
	}
	group.Wait()
	return ctx.Err()
}
