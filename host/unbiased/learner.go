package unbiased

import (
	"context"
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/estimate"
	"spikegrad/host/network"
)

// Learner estimates unbiased gradients of the expected loss of a batch, including regularizers,
// for training. What it does depends only on the batch and its numbers.
type Learner struct {
	flipper
	trials int
	score  bool

	expanded engine.Batch
}

// The names of a [Learner]'s estimators, as in package estimate.
var singleFlip, scoreBaseline = estimate.SingleFlip{}.Name(), estimate.Score{Baseline: true}.Name()

// Estimators returns those that a [Learner] can use: single_flip, with a number of flips per layer
// per sample, or score_baseline, with a number of presentations per sample.
func Estimators() []string { return []string{singleFlip, scoreBaseline} }

// mostRecorded bounds the memory of the presentations of a batch.
const mostRecorded = 2 << 30

// Estimable returns why an estimator cannot train a network with this number of trials and this
// batch size, or nil if it can: each layer needs escape noise, and the presentations of a batch
// must fit in memory.
func Estimable(n *network.Network, estimator string, trials, batch int) error {
	if err := RefuseDelays(n); err != nil {
		return err
	}
	if err := RefusePotentials(n); err != nil {
		return err
	}
	bytes := 4 * batch * n.Steps
	if estimator == scoreBaseline {
		bytes *= trials
	}
	neurons := 0
	for l, layer := range n.Layers {
		if layer.Noise.Kind == "threshold" {
			return fmt.Errorf("layer %d spikes at a threshold, without escape noise: the loss is then a step function of the weights, and the estimator %s finds no gradient; use noise, or the estimator surrogate", l, estimator)
		}
		neurons += layer.Neurons
	}
	if neurons > mostRecorded/bytes {
		return fmt.Errorf("the estimator %s would record %d MiB of membrane potentials per batch, and at most %d are allowed: it is for small networks; use a smaller batch", estimator, (bytes>>10)*neurons>>10, mostRecorded>>20)
	}
	return nil
}

// NewLearner makes a learner on a network's engine, for batches of at most this many samples. The
// seed decides which spikes are flipped.
func NewLearner(e engine.Engine, n *network.Network, estimator string, trials, batch int, seed uint32, workers int) (*Learner, error) {
	if err := Estimable(n, estimator, trials, batch); err != nil {
		return nil, err
	}
	return &Learner{flipper: newFlipper(e, n, cpuref.StreamNoise, seed, workers), trials: trials, score: estimator == scoreBaseline}, nil
}

// Gradient runs a batch and puts the estimated gradient into the engine. The readout's part is
// that of back-propagation, which is exact: there is no spike between it and the loss.
func (l *Learner) Gradient(ctx context.Context, batch *engine.Batch) (engine.Outcome, error) {
	if l.score {
		batch = l.expand(batch)
	}
	record := newRecord(l.network, batch.Samples())
	outcome, err := l.engine.Gradient(batch, l.stream, record)
	if err != nil {
		return outcome, err
	}
	arrays, err := l.engine.Gradients()
	if err != nil {
		return outcome, err
	}
	gradient := make([][]float64, len(l.layers))
	for i := range l.layers {
		gradient[i] = make([]float64, l.layers[i].weights)
	}
	if l.score {
		if err := l.addScores(batch, record, gradient); err != nil {
			return outcome, err
		}
	} else {
		flips := make([]int, len(l.layers))
		for i := range flips {
			flips[i] = l.trials
		}
		if err := l.add(ctx, batch, record, flips, batch.Samples(), gradient); err != nil {
			return outcome, err
		}
	}
	number := 0
	for i, layer := range l.layers {
		for _, a := range layer.arrays() {
			for j := range arrays[number] {
				arrays[number][j] = float32(gradient[i][a.first+j])
			}
			number++
		}
	}
	return outcome, l.engine.SetGradients(arrays)
}

// expand presents every sample of a batch several times in a row, each time with its own noise.
func (l *Learner) expand(batch *engine.Batch) *engine.Batch {
	b, steps := &l.expanded, l.network.Steps
	b.Rows, b.Index, b.Labels, b.Numbers = b.Rows[:0], batch.Index, b.Labels[:0], b.Numbers[:0]
	b.Targets = batch.Targets // one for all: datasets have none
	for i, label := range batch.Labels {
		for k := range l.trials {
			b.Rows = append(b.Rows, batch.Rows[i*steps:][:steps]...)
			b.Labels = append(b.Labels, label)
			b.Numbers = append(b.Numbers, batch.Numbers[i]*uint32(l.trials)+uint32(k))
		}
	}
	return b
}

// addScores adds the mean over presentations of the loss, minus a baseline, times the score.
func (l *Learner) addScores(batch *engine.Batch, record *engine.Record, gradient [][]float64) error {
	if err := l.renew(); err != nil {
		return err
	}
	presentations := batch.Samples()
	var t tracer
	response := make([]float64, l.network.Steps)
	for i, h := range historiesOf(l.network, batch, record) {
		advantage := LossOf(record, i) - l.baseline(record, i)
		for k := range l.layers {
			l.layers[k].addScore(gradient[k], &h, advantage/float64(presentations), response, &t)
		}
	}
	return nil
}

// baseline returns the mean loss of the other presentations of the same sample or, if there are
// none, of the other samples: independent of the presentation's own noise, so that it adds no
// bias.
func (l *Learner) baseline(record *engine.Record, presentation int) float64 {
	first, last := presentation/l.trials*l.trials, (presentation/l.trials+1)*l.trials
	if l.trials == 1 {
		first, last = 0, len(record.Loss)
	}
	if last-first < 2 {
		return 0
	}
	sum := 0.0
	for i := first; i < last; i++ {
		if i != presentation {
			sum += LossOf(record, i)
		}
	}
	return sum / float64(last-first-1)
}
