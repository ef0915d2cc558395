package audit

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"spikegrad/host/estimate"
)

// problem returns a small problem of spiking neurons.
func problem(t *testing.T, o estimate.EstimateOptions) estimate.Problem {
	t.Helper()
	o.Seed = 4
	p, err := estimate.NewProblem(o)
	if err != nil {
		t.Fatal(err)
	}
	if p.Spiking == nil {
		t.Fatalf("%+v is no problem for an engine", o)
	}
	return p
}

// The mean of the unbiased estimators is the exact gradient, for both losses.
func TestLaboratoryIsUnbiased(t *testing.T) {
	trials, known := 1<<14, 0.5
	if full {
		trials, known = 1<<16, 0.25
	}
	for loss, net := range map[string]string{"van_rossum": "lif:2,1", "squared": "adaptive:2,1"} {
		p := problem(t, estimate.EstimateOptions{Net: net, Inputs: 3, Steps: 6, Beta: 2, Loss: loss})
		exactly, err := estimate.Enumerate(context.Background(), p, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, estimator := range []string{"single_flip", "score_baseline"} {
			found, err := (Laboratory{}).Measure(context.Background(), p.Spiking, estimator, trials)
			if err != nil {
				t.Fatal(err)
			}
			length, spread := 0.0, 0.0
			for i, want := range exactly.Gradient {
				if d := math.Abs(found.Mean[i] - want); d > 4*found.StandardError(i)+1e-7 {
					t.Errorf("%s, %s, parameter %d: %.3g ± %.2g, exactly %.3g", loss, estimator, i, found.Mean[i], found.StandardError(i), want)
				}
				length, spread = math.Hypot(length, want), math.Hypot(spread, found.StandardError(i))
			}
			if spread > known*length {
				t.Errorf("%s, %s: standard error %.3g, the gradient is %.3g long: tells little", loss, estimator, spread, length)
			}
		}
	}
}

// The noise of a trial is that of the estimators in float64, so that a surrogate
// gradient differs only by rounding; the last batch is a smaller one.
func TestLaboratoryHasTheSameNoise(t *testing.T) {
	const trials = 1000
	for _, c := range [][2]string{{"lif:20,33", "van_rossum"}, {"lif_delta:20,33", "squared"}, {"adaptive:20,33", "van_rossum"}, {"if:20,33", "squared"}} {
		net, loss := c[0], c[1]
		p := problem(t, estimate.EstimateOptions{Net: net, Inputs: 40, Steps: 40, Loss: loss})
		for _, estimator := range []string{"surrogate", "superspike"} {
			list, err := estimate.ParseEstimators(estimator)
			if err != nil {
				t.Fatal(err)
			}
			want, err := estimate.Measure(context.Background(), p, list[0], trials, 0)
			if err != nil {
				t.Fatal(err)
			}
			found, err := (Laboratory{}).Measure(context.Background(), p.Spiking, estimator, trials)
			if err != nil {
				t.Fatal(err)
			}
			distance, length := 0.0, 0.0
			for i, w := range want.Mean {
				distance, length = math.Hypot(distance, found.Mean[i]-w), math.Hypot(length, w)
			}
			if found.Trials != trials || distance > 1e-4*length {
				t.Errorf("%s, %s: %d trials, off by %.2g of %.2g", net, estimator, found.Trials, distance, length)
			}
			if ratio := found.TotalVariance() / want.TotalVariance(); ratio < 0.6 || ratio > 1.6 {
				t.Errorf("%s, %s: variance %.3g, in float64 %.3g", net, estimator, found.TotalVariance(), want.TotalVariance())
			}
		}
	}
}

func TestEstimateOnDevice(t *testing.T) {
	o := estimate.EstimateOptions{Net: "lif:2,1", Inputs: 3, Steps: 6, Trials: 1000, Device: Laboratory{Device: "a device"}}
	report, err := estimate.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range report.Estimators {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	if want := []string{"score_baseline", "single_flip", "superspike", "surrogate"}; !slices.Equal(names, want) || report.Device != "a device" {
		t.Errorf("%v on %s, want %v", names, report.Device, want)
	}
	for want, change := range map[string]func(o *estimate.EstimateOptions){
		"leave the device out":                   func(o *estimate.EstimateOptions) { o.Net = "mlp:2" },
		`loss "output"`:                          func(o *estimate.EstimateOptions) { o.Loss = "output" },
		`"score" runs in float64`:                func(o *estimate.EstimateOptions) { o.Estimators = "score" },
		"63 trials on a device: must be from 64": func(o *estimate.EstimateOptions) { o.Trials = 63 },
	} {
		changed := o
		change(&changed)
		if _, err := estimate.Run(context.Background(), changed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
}
