package audit

import (
	"context"
	"math"
	"strings"
	"testing"

	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// TestLearner: what is put into the engine has the exact gradient of the expected loss,
// regularizers included, as its mean, by either estimator.
func TestLearner(t *testing.T) {
	punish := []network.Regularizer{{Kind: "upper", Power: 2, Strength: 2, Threshold: 0.5, Average: "none"}}
	for _, c := range append(learnedCases()[2:3], []exactCase{
		{"one layer, regularized", newFixed(2, 2, 2, 5, 0.8), 1, func(_ int, l *network.Layer) {
			l.Neurons, l.Regularizers = 2, punish
		}, "max_over_time"},
		{"two layers", newFixed(2, 2, 2, 6, 0.9), 2, func(number int, l *network.Layer) {
			l.Neurons, l.Recurrent, l.Reset = 1+number, number == 1, "membrane_only"
			l.Noise = network.Noise{Kind: "exponential", P0: 0.4, DeltaU: 0.8}
			if number == 1 {
				l.Reset, l.Noise = "subtractive", network.Noise{Kind: "hazard", Rate: 600, DeltaU: 0.8}
			}
		}, "counts"},
	}...) {
		for _, run := range []struct {
			estimator string
			trials    int
		}{{"single_flip", 3}, {"score_baseline", 1}, {"score_baseline", 12}} {
			if !full && run.trials == 12 && (c.layers > 1 || c.network(t).Learns()) { // a minute
				continue
			}
			t.Run(c.name+", "+run.estimator, func(t *testing.T) {
				t.Parallel()
				checkLearner(t, &c, run.estimator, run.trials)
			})
		}
	}
}

func checkLearner(t *testing.T, c *exactCase, estimator string, trials int) {
	n := c.network(t)
	weights := weightsFor(n)
	exact := exactGradient(t, n, weights, c.source)
	e := cpuEngine(t, n, weights)
	const batches, presentations = 48, 256
	shown := newSamples(c.source, 2, 1, 1)
	for shown.count() < presentations {
		shown.chosen = append(shown.chosen, shown.chosen...)
	}
	learner, err := NewLearner(e, n, estimator, trials, presentations, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	found := make([][][]float64, len(exact))
	var batch engine.Batch
	for number := range batches {
		if err := shown.fill(&batch, 0, presentations, uint32(number*presentations)); err != nil {
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
	for l := range found {
		average, length := mean(found[l]), math.Sqrt(dot(exact[l], exact[l]))
		for i, want := range exact[l] {
			variance := 0.0
			for _, gradient := range found[l] {
				variance += (gradient[i] - average[i]) * (gradient[i] - average[i])
			}
			errorOfMean := math.Sqrt(variance / batches / (batches - 1))
			if math.Abs(average[i]-want) > 4*errorOfMean+1e-6 {
				t.Errorf("layer %d, weight %d: %.5f ± %.5f, exactly %.5f", l, i, average[i], errorOfMean, want)
			}
			if trials > 1 && errorOfMean > 0.25*length {
				t.Errorf("layer %d, weight %d: standard error %.5f, the gradient is %.5f long: tells little", l, i, errorOfMean, length)
			}
		}
	}
}

func TestLearnerRefuses(t *testing.T) {
	source := newFixed(2, 2, 2, 5, 0.8)
	n := networkFor(t, source, 2, func(number int, l *network.Layer) { l.Neurons = 2 })
	if _, err := NewLearner(nil, n, "score_baseline", 1<<20, 1<<16, 1, 1); err == nil || !strings.Contains(err.Error(), "smaller batch") {
		t.Errorf("endless memory: %v", err)
	}
	n.Layers[1].Noise.Kind = "threshold"
	if _, err := NewLearner(nil, n, "single_flip", 1, 1, 1, 1); err == nil || !strings.Contains(err.Error(), "layer 1 spikes at a threshold") {
		t.Errorf("no noise: %v", err)
	}
}
