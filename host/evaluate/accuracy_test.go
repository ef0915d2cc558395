package evaluate

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/host/network"
)

func TestAccuracyIsIndependentOfBatchAndWorkers(t *testing.T) {
	folder, _ := trained(t, tinyText)
	var want *Performance
	for _, batch := range []int{1, 2, 7, 11, 1000} {
		s := opened(t, folder, nil)
		s.Batch, s.Workers = batch, batch%3
		found, err := Accuracy(context.Background(), s, nil, 5)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = found
		}
		if difference := cmp.Diff(want, found); difference != "" {
			t.Errorf("batch %d: %s", batch, difference)
		}
	}
	if want.Agreement >= 1 || want.AccuracySpread == 0 {
		t.Errorf("trials do not differ: agreement %g, deviation %g", want.Agreement, want.AccuracySpread)
	}
}

// TestFirstTrialIsTheTest compares with the summary of training, in both modes.
func TestFirstTrialIsTheTest(t *testing.T) {
	for _, text := range []string{tinyText, strings.Replace(tinyText, `name = "randman"`, "name = \"digits\"\nencoder.kind = \"poisson\"", 1)} {
		folder, summary := trained(t, text)
		s := opened(t, folder, nil)
		found, err := Accuracy(context.Background(), s, nil, 3)
		if err != nil {
			t.Fatal(err)
		}
		if found.TrialAccuracy[0] != *summary.TestAccuracy {
			t.Errorf("trial 0 has accuracy %g, training reports %g", found.TrialAccuracy[0], *summary.TestAccuracy)
		}
		single, err := Accuracy(context.Background(), s, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		for l, layer := range single.Activity {
			if layer.SpikesPerNeuron != summary.LayerSpikes[l] {
				t.Errorf("layer %d: %g spikes, training reports %g", l, layer.SpikesPerNeuron, summary.LayerSpikes[l])
			}
			if seconds := 0.002 * float64(s.Network.Steps); layer.Rate != layer.SpikesPerNeuron/seconds {
				t.Errorf("layer %d: %g Hz of %g spikes in %g s", l, layer.Rate, layer.SpikesPerNeuron, seconds)
			}
		}
		other, err := Accuracy(context.Background(), opened(t, folder, (*network.Network).OtherMode), nil, 4)
		if err != nil {
			t.Fatal(err)
		}
		if other.Accuracy != *summary.TestAccuracyOtherMode || other.AccuracySpread != 0 || other.Agreement != 1 || other.Voted != other.Accuracy {
			t.Errorf("without noise: accuracy %g ± %g, agreement %g, vote %g; training reports %g",
				other.Accuracy, other.AccuracySpread, other.Agreement, other.Voted, *summary.TestAccuracyOtherMode)
		}
	}
}

func TestConfusionAndAgreement(t *testing.T) {
	folder, _ := trained(t, tinyText)
	s := opened(t, folder, nil)
	const trials = 6
	p, err := Accuracy(context.Background(), s, nil, trials)
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]int, s.Network.Classes)
	for sample := range s.Source.Len() {
		labels[s.Source.Label(sample)]++
	}
	correct := 0
	for class, row := range p.Confusion {
		sum := 0
		for _, count := range row {
			sum += count
		}
		if sum != trials*labels[class] {
			t.Errorf("class %d: %d presentations, not %d", class, sum, trials*labels[class])
		}
		correct += row[class]
	}
	if all := float64(correct) / float64(trials*s.Source.Len()); all-p.Accuracy > 1e-12 || p.Accuracy-all > 1e-12 {
		t.Errorf("accuracy %g, the confusion matrix says %g", p.Accuracy, all)
	}

	// Pairs of trials, one by one, from runs of single samples.
	equal, pairs := 0, 0
	for sample := range s.Source.Len() {
		var answers []int
		own, err := Accuracy(context.Background(), s, []int{sample}, trials)
		if err != nil {
			t.Fatal(err)
		}
		for class, count := range own.Predicted[0] {
			for range count {
				answers = append(answers, class)
			}
			if count != p.Predicted[sample][class] {
				t.Errorf("sample %d by itself: class %d in %d trials, with all others in %d", sample, class, count, p.Predicted[sample][class])
			}
		}
		for i := range answers {
			for j := range i {
				pairs++
				if answers[i] == answers[j] {
					equal++
				}
			}
		}
	}
	if want := float64(equal) / float64(pairs); p.Agreement-want > 1e-12 || want-p.Agreement > 1e-12 {
		t.Errorf("agreement %g, pair by pair %g", p.Agreement, want)
	}
}

func TestRefusals(t *testing.T) {
	s := bernoulli(t, 3, "sigmoid", 1)
	all := s.Source.Len()
	for want, run := range map[string]func() error{
		"0 trials":                  func() error { _, err := Accuracy(context.Background(), s, nil, 0); return err },
		"trials: must be from 1 to": func() error { _, err := Accuracy(context.Background(), s, nil, 1<<32/all+1); return err },
		"no sample":                 func() error { _, err := Accuracy(context.Background(), s, []int{}, 1); return err },
		"it has samples 0 to":       func() error { _, err := Accuracy(context.Background(), s, []int{all}, 1); return err },
		"window of 41 steps":        func() error { _, err := Fano(context.Background(), s, []int{0}, FanoOptions{10, 41, 0}); return err },
		"variance over 1":           func() error { _, err := Fano(context.Background(), s, []int{0}, FanoOptions{1, 4, 0}); return err },
		"window squared": func() error {
			_, err := Fano(context.Background(), s, []int{0}, FanoOptions{1 << 24, 40, 0})
			return err
		},
		"minimum of -1":        func() error { _, err := Fano(context.Background(), s, []int{0}, FanoOptions{10, 4, -1}); return err },
		"no sample of randman": func() error { _, err := Fano(context.Background(), s, nil, FanoOptions{10, 4, 0}); return err },
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
	s.Batch = 0
	if _, err := Accuracy(context.Background(), s, nil, 1); err == nil || !strings.Contains(err.Error(), "batches of 0") {
		t.Errorf("error %v", err)
	}
}

func TestCancelled(t *testing.T) {
	s := bernoulli(t, 3, "sigmoid", 1)
	ctx, cancel := context.WithCancel(context.Background())
	s.Each = func(done, all int) {
		if done >= 14 {
			cancel()
		}
		if done > 14 || all != 100*s.Source.Len() {
			t.Errorf("presentation %d of %d after cancelling", done, all)
		}
	}
	if _, err := Accuracy(ctx, s, nil, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
