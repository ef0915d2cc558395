package evaluate

import (
	"context"
	"path/filepath"
	"testing"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// tinyText is a run of a few milliseconds whose network is noisy and sometimes correct.
const tinyText = `
seed = 5
[data]
name = "randman"
steps = 16
validation = 0.1
test = 0.3
[data.randman]
channels = 6
classes = 3
samples_per_class = 12
[[network.layer]]
neurons = 33
[network.layer.noise]
beta = 3.0
[[network.layer]]
neurons = 6
recurrent = false
[network.layer.noise]
beta = 3.0
[network.layer.initial]
sigma_u = 3.0
[training]
epochs = 3
batch = 5
evaluation_batch = 4
[training.optimizer]
learning_rate = 0.02
`

// trained performs a run and returns its folder and summary.
func trained(t *testing.T, text string) (string, *train.Summary) {
	t.Helper()
	config, err := train.Decode([]byte(text), "test.toml", "")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "run")
	summary, err := train.Run(context.Background(), config, train.Options{Folder: folder, NoPictures: true})
	if err != nil {
		t.Fatal(err)
	}
	return folder, summary
}

// opened returns the network of a run with its test samples.
func opened(t *testing.T, folder string, change func(*network.Network) *network.Network) *Subject {
	t.Helper()
	config, model, err := train.ReadRun(folder)
	if err != nil {
		t.Fatal(err)
	}
	split, n, err := train.Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := model.Weights(n)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		n = change(n)
	}
	return subject(t, n, config.Seed, weights, split.Test)
}

func subject(t *testing.T, n *network.Network, seed uint32, weights [][]float32, source data.Source) *Subject {
	t.Helper()
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	return &Subject{Engine: e, Network: n, Source: source, Batch: 7}
}

// bernoulli returns a network without connections: a neuron's membrane stays at 0, and it
// spikes in every step with probability 1/(1+exp(β)).
func bernoulli(t *testing.T, neurons int, noise string, beta float64) *Subject {
	t.Helper()
	options, err := data.Defaults("randman")
	if err != nil {
		t.Fatal(err)
	}
	options.Steps, options.Randman.SamplesPerClass = 40, 2
	split, err := data.Open("", options)
	if err != nil {
		t.Fatal(err)
	}
	layer := network.DefaultLayer()
	layer.Neurons, layer.Recurrent = neurons, false
	layer.Noise.Kind, layer.Noise.Beta = noise, beta
	layer.Surrogate.Kind = "superspike"
	n := &network.Network{
		Inputs: split.Train.Channels(), Classes: split.Train.Classes(),
		Steps: split.Train.Steps(), StepLength: split.Train.StepLength(),
		Layers: []network.Layer{layer}, Readout: network.DefaultReadout(),
	}
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	var weights [][]float32
	for _, w := range n.Weights() {
		weights = append(weights, make([]float32, w.Rows*w.Columns))
	}
	return subject(t, n, 3, weights, split.Train)
}
