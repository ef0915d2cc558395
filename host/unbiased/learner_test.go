package unbiased

import (
	"context"
	"math"
	"strings"
	"testing"

	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/unbiased/exact"
)

// TestLearner: the mean of the gradients put into the engine is the exact gradient of
// the expected loss, including regularizers, for both estimators.
func TestLearner(t *testing.T) {
	punish := []network.Regularizer{{Kind: "upper", Power: 2, Strength: 2, Threshold: 0.5, Average: "none"}}
	for _, c := range append(exact.LearnedCases()[2:3], []exact.Case{
		{Name: "one layer, regularized", Source: exact.NewSource(2, 2, 2, 5, 0.8), Layers: 1, LossKind: "max_over_time", Change: func(_ int, l *network.Layer) {
			l.Neurons, l.Regularizers = 2, punish
		}},
		{Name: "two layers", Source: exact.NewSource(2, 2, 2, 6, 0.9), Layers: 2, LossKind: "counts", Change: func(number int, l *network.Layer) {
			l.Neurons, l.Recurrent, l.Reset = 1+number, number == 1, "membrane_only"
			l.Noise = network.Noise{Kind: "exponential", P0: 0.4, DeltaU: 0.8}
			if number == 1 {
				l.Reset, l.Noise = "subtractive", network.Noise{Kind: "hazard", Rate: 600, DeltaU: 0.8}
			}
		}},
	}...) {
		for _, run := range []struct {
			estimator string
			trials    int
		}{{"single_flip", 3}, {"score_baseline", 1}, {"score_baseline", 12}} {
			if !full && run.trials == 12 && (c.Layers > 1 || c.Network(t).Learns()) { // takes a minute
				continue
			}
			t.Run(c.Name+", "+run.estimator, func(t *testing.T) {
				t.Parallel()
				checkLearner(t, &c, run.estimator, run.trials)
			})
		}
	}
}

func checkLearner(t *testing.T, c *exact.Case, estimator string, trials int) {
	n := c.Network(t)
	weights := exact.Weights(n)
	exactly := exact.Gradient(t, n, weights, c.Source)
	e := exact.Engine(t, n, weights)
	const batches, presentations = 48, 256
	shown := NewSamples(c.Source, 2, 1, 1)
	for shown.Count() < presentations {
		shown.Chosen = append(shown.Chosen, shown.Chosen...)
	}
	learner, err := NewLearner(e, n, estimator, trials, presentations, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	found := make([][][]float64, len(exactly))
	var batch engine.Batch
	for number := range batches {
		if err := shown.Fill(&batch, 0, presentations, uint32(number*presentations)); err != nil {
			t.Fatal(err)
		}
		if _, err := learner.Gradient(context.Background(), &batch); err != nil {
			t.Fatal(err)
		}
		arrays, err := e.Gradients()
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for l := range found {
			var all []float64
			for range learner.layers[l].arrays() {
				for _, g := range arrays[at] {
					all = append(all, float64(g))
				}
				at++
			}
			found[l] = append(found[l], all)
		}
	}
	share := 0.25
	if trials == 1 {
		share = math.Inf(1)
	}
	checkMean(t, found, exactly, share)
}

func TestLearnerRefuses(t *testing.T) {
	source := exact.NewSource(2, 2, 2, 5, 0.8)
	n := exact.Network(t, source, 2, func(number int, l *network.Layer) { l.Neurons = 2 })
	if _, err := NewLearner(nil, n, "score_baseline", 1<<20, 1<<16, 1, 1); err == nil || !strings.Contains(err.Error(), "smaller batch") {
		t.Errorf("endless memory: %v", err)
	}
	n.Layers[1].Noise.Kind = "threshold"
	if _, err := NewLearner(nil, n, "single_flip", 1, 1, 1, 1); err == nil || !strings.Contains(err.Error(), "layer 1 spikes at a threshold") {
		t.Errorf("no noise: %v", err)
	}
}
