package estimate

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"spikegrad/cpuref"
)

// chunkTrials is the number of trials summed sequentially.
const chunkTrials = 512

// MaximumTrials is the largest number of trials: their noise is numbered in
// 32 bits.
const MaximumTrials = 1 << 30

// Measured is the result of an estimator.
type Measured struct {
	*Moments
	Seconds float64 // computing time of one trial on one processor, or on a device
}

// Measure takes the given number of samples of an estimator (one if it is not random), trials 0
// and up. The result, except for the time, is the same with any number of workers; 0 stands for
// one per processor.
func Measure(ctx context.Context, p Problem, e Estimator, trials, workers int) (Measured, error) {
	return measureOver(ctx, alone{}, p, e, trials, workers)
}

// measureOver is Measure shared by all processes of a team.
func measureOver(ctx context.Context, team Team, p Problem, e Estimator, trials, workers int) (Measured, error) {
	if trials < 1 || trials > MaximumTrials {
		return Measured{}, fmt.Errorf("%d trials: must be from 1 to %d", trials, MaximumTrials)
	}
	if found, want := len(p.Parameters), len(p.Circuit.Parameters()); found != want {
		return Measured{}, fmt.Errorf("%d parameters given: the circuit has %d", found, want)
	}
	if !e.Random() {
		trials = 1
	}
	if e, ok := e.(preparer); ok {
		return measure(ctx, team, p, e.prepare(NewWorker(p)), trials, workers)
	}
	return measure(ctx, team, p, e, trials, workers)
}

func measure(ctx context.Context, team Team, p Problem, e Estimator, trials, workers int) (Measured, error) {
	count := (trials + chunkTrials - 1) / chunkTrials
	all, err := team.Divide(ctx, count, func(ctx context.Context, first, last int) ([]byte, error) {
		chunks, busy, err := measureChunks(ctx, p, e, trials, workers, first, last)
		if err != nil {
			return nil, err
		}
		message := packed(busy.Seconds())
		for _, node := range cpuref.ChunkNodes(count, first, last) {
			message = append(message, packed(mergeTree(chunks[node.First-first:node.Last-first]).pack(node)...)...)
		}
		return message, nil
	})
	if err != nil {
		return Measured{}, err
	}
	var seconds float64
	var nodes []cpuref.ChunkNode
	var moments []*Moments
	record := momentNumbers(len(p.Parameters))
	for _, message := range all {
		numbers, err := unpacked(message, 1, record)
		if err != nil {
			return Measured{}, err
		}
		seconds += numbers[0]
		for numbers = numbers[1:]; len(numbers) > 0; numbers = numbers[record:] {
			node, m := unpack(numbers[:record])
			nodes, moments = append(nodes, node), append(moments, m)
		}
	}
	cpuref.FoldNodes(nodes, func(into, from int) { moments[into].merge(moments[from]) })
	return Measured{Moments: moments[0], Seconds: seconds / float64(trials)}, nil
}

// measureChunks returns the moments of chunks first ≤ i < last, and the processor time they took.
func measureChunks(ctx context.Context, p Problem, e Estimator, trials, workers, first, last int) ([]*Moments, time.Duration, error) {
	chunks := make([]*Moments, last-first)
	var busy atomic.Int64
	err := Parallel(ctx, workers, len(chunks), func() func(int) {
		worker := NewWorker(p)
		sample := make([]float64, len(p.Parameters))
		return func(number int) {
			start, chunk := time.Now(), first+number
			moments := newMoments(len(sample))
			for trial := chunk * chunkTrials; trial < min(trials, (chunk+1)*chunkTrials); trial++ {
				clear(sample)
				worker.sample(e, uint32(trial), sample)
				moments.add(sample)
			}
			chunks[number] = moments
			busy.Add(int64(time.Since(start)))
		}
	})
	return chunks, time.Duration(busy.Load()), err
}

// Parallel does tasks 0 to tasks−1, each once, on the given number of goroutines; each creates its
// own doer with start. What a task computes must not depend on the worker. When the context ends,
// it stops early and returns the context's error.
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
