package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/estimate"
	"spikegrad/host/network"
	"spikegrad/host/unbiased"
)

// Laboratory measures estimators of the gradient on an engine: an [estimate.Device].
// One sample of single_flip is the flip of one spike in every layer.
type Laboratory struct {
	Device string // name, for reports
	// Open makes an engine; nil stands for the CPU engine.
	Open    func(n *network.Network, options engine.Options) (engine.Engine, error)
	Workers int // goroutines; does not affect results
	// Team shares the trials among processes, and contexts come from it; nil for one
	// process.
	Team *engine.Team
}

// Name implements [estimate.Device].
func (l Laboratory) Name() string { return l.Device }

// Estimators implements [estimate.Device].
func (Laboratory) Estimators() []string {
	return append([]string{"surrogate", "superspike"}, unbiased.Estimators()...)
}

// The smallest number of batches, enough to estimate the spread, and the largest number of
// trials in one.
const (
	leastBatches = 32
	largestBatch = 256
)

// Measure implements [estimate.Device].
func (l Laboratory) Measure(ctx context.Context, p *estimate.Spiking, estimator string, trials int) (measured estimate.Measured, err error) {
	if trials < 2*leastBatches || trials > estimate.MaximumTrials {
		return measured, l.Team.Agree(fmt.Errorf("%d trials on a device: must be from %d to %d", trials, 2*leastBatches, estimate.MaximumTrials))
	}
	e, err := l.open(p, estimator)
	if err != nil {
		return measured, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	together := min(largestBatch, trials/leastBatches)
	gradient, err := l.gradient(e, p, estimator, together)
	if err := l.Team.Agree(err); err != nil {
		return measured, err
	}
	var means [][]float64
	var samples []int
	start := time.Now()
	for first := 0; first < trials; first += together {
		if err := ctx.Err(); err != nil {
			return measured, l.Team.End(ctx, err)
		}
		batch := repeated(p, first, min(together, trials-first))
		if err := gradient(ctx, batch); err != nil {
			return measured, l.Team.End(ctx, err)
		}
		arrays, err := e.Gradients()
		if err != nil {
			return measured, err
		}
		means, samples = append(means, flat(arrays)), append(samples, batch.Samples())
	}
	seconds := time.Since(start).Seconds() / float64(trials)
	return estimate.Measured{Moments: estimate.OfBatches(means, samples), Seconds: seconds}, nil
}

// open makes an engine for a problem's network, with the surrogate derivative that an
// estimator uses.
func (l Laboratory) open(p *estimate.Spiking, estimator string) (engine.Engine, error) {
	n := copyOf(p.Network)
	surrogate := "matched"
	if estimator == "superspike" {
		surrogate = "superspike:10"
	}
	for i := range n.Layers {
		if err := n.Layers[i].Surrogate.Set(surrogate); err != nil {
			return nil, err
		}
	}
	e, err := l.Team.Open(n, l.Open, engine.Options{Seed: p.Seed, Workers: l.Workers})
	if err != nil {
		return nil, err
	}
	if err := l.Team.Agree(e.SetWeights(p.Weights)); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// gradient returns a function that leaves the mean gradient of a batch in the engine.
func (l Laboratory) gradient(e engine.Engine, p *estimate.Spiking, estimator string, batch int) (func(context.Context, *engine.Batch) error, error) {
	if !slices.Contains(unbiased.Estimators(), estimator) {
		return func(_ context.Context, b *engine.Batch) error {
			_, err := e.Gradient(b, cpuref.StreamNoise, nil)
			return err
		}, nil
	}
	learner, err := unbiased.NewLearner(e, p.Network, estimator, 1, batch, p.Seed, l.Workers)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, b *engine.Batch) error {
		_, err := learner.Gradient(ctx, b)
		return err
	}, nil
}

// repeated returns a batch with the sample of a problem in trials first ≤ i < first +
// count.
func repeated(p *estimate.Spiking, first, count int) *engine.Batch {
	b := &engine.Batch{Index: p.Index, Labels: make([]uint32, count), Targets: p.Targets}
	for trial := range count {
		b.Rows = append(b.Rows, p.Rows...)
		b.Numbers = append(b.Numbers, uint32(first+trial))
	}
	return b
}

// flat joins arrays.
func flat(arrays [][]float32) []float64 {
	var joined []float64
	for _, array := range arrays {
		for _, value := range array {
			joined = append(joined, float64(value))
		}
	}
	return joined
}
