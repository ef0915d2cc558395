package train

import (
	"context"
	"strings"
	"testing"
)

// estimated is a run that can learn something, with the given estimator.
func estimated(t *testing.T, estimator string, epochs int) Config {
	t.Helper()
	config := tiny(t)
	config.Data.Steps, config.Network.Layers[0].Neurons, config.Network.Layers[0].Initial.Rate = 40, 20, 0
	config.Network.Layers = config.Network.Layers[:1]
	config.Network.Layers[0].Regularizers[0].Threshold = 4
	config.Training.Optimizer.LearningRate = 0.1
	config.Training.Estimator, config.Training.Epochs, config.Training.Keep = estimator, epochs, "last"
	return config
}

// TestEstimatorsLearn: the loss falls, and an interrupted run ends with the same weights.
func TestEstimatorsLearn(t *testing.T) {
	seen := map[string]string{}
	for _, estimator := range []string{"surrogate", "single_flip", "score_baseline"} {
		config := estimated(t, estimator, 20)
		w := &watcher{}
		summary, _ := finished(t, config, Options{Observer: w, Workers: 2})
		first, last := w.epochs[0], w.epochs[len(w.epochs)-1]
		if !(last.TrainLoss+last.Regularizer < 0.95*(first.TrainLoss+first.Regularizer)) {
			t.Errorf("%s: the loss goes from %g + %g to %g + %g", estimator, first.TrainLoss, first.Regularizer, last.TrainLoss, last.Regularizer)
		}
		for other, hash := range seen {
			if hash == summary.WeightsSHA256 {
				t.Errorf("%s and %s end in the same weights", estimator, other)
			}
		}
		seen[estimator] = summary.WeightsSHA256
		if again := resumed(t, interrupted(t, config, 17), Options{Workers: 1}); again.WeightsSHA256 != summary.WeightsSHA256 {
			t.Errorf("%s: interrupted and resumed, other weights", estimator)
		}
	}
}

// TestEstimatorsLearnConstants: unbiased gradients reach the constants of neurons, and an
// interrupted run ends with the same ones, with a different number of workers.
func TestEstimatorsLearnConstants(t *testing.T) {
	for _, estimator := range []string{"single_flip", "score_baseline"} {
		config := estimated(t, estimator, 2)
		config.Network.Layers[0].Learn = []string{"tau_synapse", "threshold"}
		summary, _ := finished(t, config, Options{Workers: 2})
		for _, c := range summary.LearnedConstants {
			if c.Least == c.Largest {
				t.Errorf("%s: %+v did not move", estimator, c)
			}
		}
		if again := resumed(t, interrupted(t, config, 3), Options{Workers: 1}); again.WeightsSHA256 != summary.WeightsSHA256 {
			t.Errorf("%s: interrupted and resumed, other weights", estimator)
		}
	}
}

func TestEstimatorsRefused(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`training.estimator = "reinforce" is unknown; want one of surrogate, single_flip, score_baseline`: func(c *Config) { c.Training.Estimator = "reinforce" },
		"training.estimator_trials = 0": func(c *Config) { c.Training.EstimatorTrials = 0 },
		"training.estimator: layer 0 spikes at a threshold": func(c *Config) {
			c.Network.Layers[0].Noise.Kind, c.Network.Layers[0].Surrogate.Kind = "threshold", "superspike"
		},
		"exceed the": func(c *Config) {
			c.Training.Estimator, c.Training.EstimatorTrials, c.Training.Epochs = "score_baseline", 4096, 1<<16
		},
		"leave out data.augment":         func(c *Config) { c.Data.Augment.Drop = 0.1 },
		"set network.layer.dropout to 0": func(c *Config) { c.Network.Layers[0].Dropout = 0.1 },
	} {
		config := estimated(t, "single_flip", 2)
		change(&config)
		_, err := Run(context.Background(), config, Options{Folder: t.TempDir(), NoPictures: true})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestFormerEstimators: former names are read as the current ones, and the hash is the one in old
// run folders.
func TestFormerEstimators(t *testing.T) {
	for former, want := range map[string]struct{ name, hash string }{
		"single-flip": {"single_flip", "3e10c03edfa110b1cb2e60dd3a705c9e1e4e9c5ff26fd4adbcea262ad1b24660"},
		"score":       {"score_baseline", "fb533bb23b3da9c1be5c77c74f6ba809515b990d6cd3fa77fdf9bec38daa9eae"},
	} {
		for _, name := range []string{former, want.name} {
			config := decode(t, `
[data]
steps = 6
validation = 0.0
test = 0.9
[[network.layer]]
neurons = 5
surrogate.kind = "matched"
[training]
epochs = 1
batch = 100
keep = "last"
estimator_trials = 1
estimator = "`+name+`"`)
			if config.Training.Estimator != want.name || config.Hash() != want.hash {
				t.Errorf("%s: estimator %s, hash %s; want %s, %s", name, config.Training.Estimator, config.Hash(), want.name, want.hash)
			}
		}
	}
}
