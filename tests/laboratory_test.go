package tests

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spikegrad/gpu"
	"spikegrad/gpu/gputest"
	"spikegrad/host/audit"
	"spikegrad/host/engine"
	"spikegrad/host/estimate"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// opener opens networks on a device that all tests share. The caller must close the
// engines.
func opener(t *testing.T, info gpu.DeviceInfo) func(*network.Network, engine.Options) (engine.Engine, error) {
	return func(n *network.Network, options engine.Options) (engine.Engine, error) {
		return engine.OpenVulkanOn(n, gputest.Open(t, info.Index), options)
	}
}

// TestAudit audits a network on every device: all results are the same to the last bit.
func TestAudit(t *testing.T) {
	config, err := train.Default("digits")
	if err != nil {
		t.Fatal(err)
	}
	config.Data.Steps = 20
	config.Network.Layers = []network.Layer{network.DefaultLayer(), network.DefaultLayer()}
	config.Network.Layers[0].Neurons, config.Network.Layers[1].Neurons, config.Network.Layers[1].RecurrentDelay = 37, 9, 3
	config.Network.Layers[1].Learn = []string{"tau_membrane", "threshold"}
	split, n, err := train.Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	options := audit.Options{
		Network: n, Weights: n.Initialise(2), Source: split.Test, Surrogates: []string{"matched", "triangular:0.4"},
		Samples: 13, Pairs: 3000, Precision: 0.2, Seed: 5, Workers: 1,
	}
	want, err := audit.Run(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	if want.Layers[1].Parts[0].Surrogates[0].Cosine == nil {
		t.Fatal("the audit is too short to know a cosine")
	}
	for _, info := range gputest.Devices(t) {
		t.Run(info.Name, func(t *testing.T) {
			options := options
			options.Open = opener(t, info)
			found, err := audit.Run(context.Background(), options)
			if err != nil {
				t.Fatal(err)
			}
			same := cmp.Options{
				cmpopts.IgnoreFields(audit.Result{}, "Device", "Driver"),
				cmpopts.IgnoreFields(audit.Cost{}, "FlipSeconds", "GradientSeconds", "EpochSeconds", "Epochs"),
			}
			if difference := cmp.Diff(want, found, same); difference != "" {
				t.Error(difference)
			}
		})
	}
}

// TestSlopes measures slopes on every device: they are the same to the last bit.
func TestSlopes(t *testing.T) {
	config, err := train.Default("digits")
	if err != nil {
		t.Fatal(err)
	}
	config.Data.Steps = 20
	config.Network.Layers[0].Neurons, config.Network.Layers[0].Learn = 19, []string{"tau_synapse", "threshold"}
	split, n, err := train.Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	options := audit.DefaultSlopes()
	options.Network, options.Weights, options.Source, options.Surrogates = n, n.Initialise(2), split.Test, []string{"superspike"}
	options.Samples, options.Directions, options.Steps, options.Seed, options.Workers = 21, 40, []float64{0.02, 0.05}, 5, 1
	want, err := audit.Slopes(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	if want.Parts[0].Surrogates[0].Slope == nil || !want.Readout.Passed {
		t.Fatalf("steps %+v and the self-test %+v say nothing", want.Parts[0].Surrogates[0].Steps, want.Readout)
	}
	for _, info := range gputest.Devices(t) {
		t.Run(info.Name, func(t *testing.T) {
			options := options
			options.Open = opener(t, info)
			found, err := audit.Slopes(context.Background(), options)
			if err != nil {
				t.Fatal(err)
			}
			if difference := cmp.Diff(want, found, cmpopts.IgnoreFields(audit.SlopeResult{}, "Device", "Driver", "Cost")); difference != "" {
				t.Error(difference)
			}
		})
	}
}

// TestEstimates takes samples of estimators on every device: means and spreads are the same
// to the last bit.
func TestEstimates(t *testing.T) {
	p, err := estimate.NewProblem(estimate.EstimateOptions{Net: "lif:33,5", Steps: 20, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	measure := func(t *testing.T, l audit.Laboratory, estimator string) *estimate.Moments {
		t.Helper()
		found, err := l.Measure(context.Background(), p.Spiking, estimator, 100)
		if err != nil {
			t.Fatal(err)
		}
		return found.Moments
	}
	for _, estimator := range (audit.Laboratory{}).Estimators() {
		want := measure(t, audit.Laboratory{Workers: 2}, estimator)
		for _, info := range gputest.Devices(t) {
			found := measure(t, audit.Laboratory{Open: opener(t, info), Workers: 1}, estimator)
			if difference := cmp.Diff(want, found); difference != "" {
				t.Errorf("%s on %s: %s", estimator, info.Name, difference)
			}
		}
	}
}
