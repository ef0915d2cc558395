package train

import (
	"strings"
	"testing"

	"spikegrad/host/engine"
)

const ratedText = "[[network.layer]]\nneurons = 8\nbias = true\n[[network.layer]]\nneurons = 8\n[network.readout]\nbias = true\n"

// TestRates: patterns name arrays, and defaults are 1.
func TestRates(t *testing.T) {
	config := decode(t, ratedText+`
[[training.rates]]
weights = ["*.bias"]
learning_rate_factor = 0.1
weight_decay_factor = 0.0
[[training.rates]]
weights = ["layer1.*", "readout"]
weight_decay_factor = 2.0
`)
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	found, err := config.rates()
	if err != nil {
		t.Fatal(err)
	}
	bias, upper := engine.Rate{LearningRate: 0.1}, engine.Rate{LearningRate: 1, WeightDecay: 2}
	for name, want := range map[string]engine.Rate{
		"layer0.bias": bias, "readout.bias": bias, "layer1.input": upper, "layer1.recurrent": upper, "readout": upper, "layer0.input": {},
	} {
		if found[name] != want {
			t.Errorf("%s: %+v, want %+v", name, found[name], want)
		}
	}
	again := decode(t, config.Commented())
	if again.Hash() != config.Hash() || len(again.Training.Rates) != 2 {
		t.Errorf("written and read again: %+v", again.Training.Rates)
	}
	without := decode(t, ratedText)
	if without.Hash() == config.Hash() {
		t.Error("factors do not count in the hash")
	}
}

func TestRatesRefused(t *testing.T) {
	for text, want := range map[string]string{
		`weights = []`:           "names no weights",
		`weights = ["layer7.*"]`: `training.rates[0].weights names "layer7.*": the network has the weights layer0.input`,
		`weights = ["[a"]`:       "is not a valid pattern",
		`weights = ["readout"]` + "\nlearning_rate_factor = -1.0":                    "training.rates[0].learning_rate_factor = -1: must be from 0 to",
		`weights = ["readout"]` + "\nweight_decay_factor = 1e5":                      "weight_decay_factor = 100000",
		`weights = ["readout"]` + "\n[[training.rates]]\nweights = [\"readout*\"]\n": "training.rates[1].weights names readout, which already has factors",
	} {
		config := decode(t, ratedText+"[[training.rates]]\n"+text)
		if err := config.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

// TestRatesTrain: a run with factors ends with different weights than one without, and with
// the same if interrupted.
func TestRatesTrain(t *testing.T) {
	config := tiny(t)
	config.Training.Rates = []Rates{{Weights: []string{"readout"}, LearningRate: 0.1, WeightDecay: 1}}
	run := func(c Config) string {
		summary, err := Run(t.Context(), c, Options{Folder: t.TempDir(), NoPictures: true})
		if err != nil {
			t.Fatal(err)
		}
		return summary.WeightsSHA256
	}
	want := run(config)
	if want == run(tiny(t)) {
		t.Error("factors change nothing")
	}
	if again := resumed(t, interrupted(t, config, 5), Options{}); again.WeightsSHA256 != want {
		t.Error("interrupted and resumed, other weights")
	}
}
