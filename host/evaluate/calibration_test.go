package evaluate

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spikegrad/host/engine"
)

// TestCalibration: six predictions, counted by hand.
func TestCalibration(t *testing.T) {
	var c calibrator
	for _, sample := range []struct {
		probabilities []float64
		label         uint32
	}{
		{[]float64{0.9, 0.1, 0}, 0}, {[]float64{0, 1, 0}, 1}, {[]float64{0.05, 0.95, 0}, 2}, // one of three wrong
		{[]float64{0.3, 0.2, 0.5}, 2}, {[]float64{0.5, 0.5, 0}, 1}, // a tie, the first is predicted: wrong
		{[]float64{0.25, 0.4, 0.35}, 1},
	} {
		c.add(sample.probabilities, sample.label)
	}
	log := func(p float64) float64 { return -math.Log(p) }
	want := &Calibration{
		Error:      (3*math.Abs(2.0/3-2.85/3) + math.Abs(1-0.4)) / 6, // two at 0.5, one of them correct, contribute nothing
		Confidence: (0.9 + 1 + 0.95 + 0.5 + 0.5 + 0.4) / 6, Accuracy: 4.0 / 6,
		Loss: (log(0.9) + log(1) + log(math.SmallestNonzeroFloat32) + log(0.5) + log(0.5) + log(0.4)) / 6,
		Bins: []CalibrationBin{
			{Low: 0.4, High: 0.5, Samples: 1, Confidence: 0.4, Accuracy: 1},
			{Low: 0.5, High: 0.6, Samples: 2, Confidence: 0.5, Accuracy: 0.5},
			{Low: 0.9, High: 1, Samples: 3, Confidence: 0.95, Accuracy: 2.0 / 3},
		},
	}
	if difference := cmp.Diff(want, c.calibration(), cmpopts.EquateApprox(1e-9, 0)); difference != "" {
		t.Error(difference)
	}
}

// TestProbabilities: −log of the label's probability in a trial is the loss of the trial, and
// means and deviations match those of the single trials.
func TestProbabilities(t *testing.T) {
	folder, _ := trained(t, tinyText)
	s := opened(t, folder, nil)
	const trials = 5
	p, err := Accuracy(context.Background(), s, nil, trials)
	if err != nil {
		t.Fatal(err)
	}
	samples, classes := s.Source.Len(), s.Network.Classes
	drawn := table[[]float64](samples, classes) // [sample][class][trial]
	recorder := func(n int) *engine.Record {
		return &engine.Record{Loss: make([]float32, n), Logits: make([]float32, n*classes)}
	}
	varied := false
	err = s.present(context.Background(), wholeSource(s.Source), trials, recorder, func(shown presented) {
		for i, loss := range shown.record.Loss {
			logits, total := shown.record.Logits[i*classes:][:classes], 0.0
			for _, x := range logits {
				total += math.Exp(float64(x))
			}
			sample := (shown.first + i) % samples
			for class, x := range logits {
				drawn[sample][class] = append(drawn[sample][class], math.Exp(float64(x))/total)
			}
			if found := -math.Log(math.Exp(float64(logits[s.Source.Label(sample)])) / total); math.Abs(found-float64(loss)) > 1e-4 {
				t.Fatalf("sample %d: −log p is %g, the loss %g", sample, found, loss)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for sample := range samples {
		sum := 0.0
		for class, values := range drawn[sample] {
			mean, deviation := meanAndDeviation(values)
			if math.Abs(p.Probabilities[sample][class]-mean) > 1e-9 || math.Abs(p.Deviations[sample][class]-deviation) > 1e-9 {
				t.Errorf("sample %d, class %d: %g ± %g, want %g ± %g", sample, class, p.Probabilities[sample][class], p.Deviations[sample][class], mean, deviation)
			}
			sum += p.Probabilities[sample][class]
			varied = varied || deviation > 1e-3
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("sample %d: probabilities add up to %g", sample, sum)
		}
	}
	if !varied {
		t.Error("no probability varies from trial to trial")
	}
	if math.Abs(p.Single.Accuracy-p.Accuracy) > 1e-9 || math.Abs(p.Single.Loss-p.Loss) > 1e-4 {
		t.Errorf("single trials: accuracy %g and loss %g, the trials' %g and %g", p.Single.Accuracy, p.Single.Loss, p.Accuracy, p.Loss)
	}
}
