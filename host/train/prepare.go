package train

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// maxWeights bounds the memory of a network: 4 GiB of weights.
const maxWeights = 1 << 30

// Prepare opens the data of a valid configuration and completes the network with what only the data
// determine. The error says in what way they do not fit together.
func Prepare(c *Config) (data.Split, *network.Network, error) {
	options := c.Data
	options.Seed = c.Seed
	split, err := data.Open("", options)
	if errors.Is(err, fs.ErrNotExist) && c.Data.Path != "" {
		return data.Split{}, nil, fmt.Errorf("%w; if the data have moved, give their new location with --data %s:PATH", err, c.Data.Name)
	}
	if err != nil {
		return data.Split{}, nil, err
	}
	n := c.Network
	n.Layers = slices.Clone(n.Layers)
	n.Inputs, n.Classes = split.Train.Channels(), split.Train.Classes()
	n.Steps, n.StepLength = split.Train.Steps(), split.Train.StepLength()
	if err := takeShape(&n, split.Train.Shape(), c.Data.Name); err != nil {
		return data.Split{}, nil, err
	}
	if err := resolveRates(n.Layers, split.Train); err != nil {
		return data.Split{}, nil, err
	}
	if err := n.Validate(); err != nil {
		return data.Split{}, nil, err
	}
	if err := checkSize(&n); err != nil {
		return data.Split{}, nil, err
	}
	presented := float64(c.Training.Epochs) * float64(split.Train.Len())
	if c.Training.Estimator == "score_baseline" {
		presented *= float64(c.Training.EstimatorTrials)
	}
	if presented > math.MaxUint32 {
		return data.Split{}, nil, fmt.Errorf("training.epochs = %d: %d epochs of %d samples exceed the %d presentations for which there are random numbers; use fewer epochs",
			c.Training.Epochs, c.Training.Epochs, split.Train.Len(), uint32(math.MaxUint32))
	}
	if c.Training.Keep == "best" && split.Validation.Len() == 0 {
		return data.Split{}, nil, errNoValidation
	}
	return split, &n, nil
}

// errNoValidation means that the best epoch cannot be determined.
var errNoValidation = errors.New("training.keep = \"best\" needs validation samples, and there are none: set data.validation, or keep = \"last\"")

// checkSize rejects a network whose weights take more memory than allowed.
func checkSize(n *network.Network) error {
	weights := 0.0
	for _, w := range n.Weights() {
		weights += float64(w.Rows) * float64(w.Columns)
	}
	if weights > maxWeights {
		return fmt.Errorf("the network has %.0f weights; at most %d are possible: use fewer neurons", weights, maxWeights)
	}
	return nil
}

// What initial weights expect where the configuration gives 0 spikes per second.
const (
	// rateSamples is the number of training samples on which the input rate is measured.
	rateSamples = 256
	// rateAbove is expected of spiking layers that feed others: about the rate of trained ones.
	rateAbove = 15
)

// resolveRates fills in the expected rates that the configuration leaves to the data, so that a
// network starts out active, however its input is encoded.
func resolveRates(layers []network.Layer, train data.Source) error {
	for l := range layers {
		initial := &layers[l].Initial
		switch {
		case initial.Rate != 0:
		case l > 0:
			initial.Rate = rateAbove
		default:
			rate, err := inputRate(train)
			if err != nil {
				return err
			}
			initial.Rate = rate
		}
	}
	return nil
}

// inputRate returns the mean rate of an input channel, in spikes per second, over the first
// training samples. It is at least one spike in ten seconds, so that silent data do not lead to
// unbounded weights.
func inputRate(train data.Source) (float64, error) {
	samples := make([]int, min(train.Len(), rateSamples))
	numbers := make([]uint32, len(samples))
	for i := range samples {
		samples[i], numbers[i] = i, uint32(i)
	}
	var batch engine.Batch
	if err := data.Fill(&batch, train, samples, numbers); err != nil {
		return 0, err
	}
	seconds := float64(len(samples)*train.Channels()) * float64(train.Steps()) * train.StepLength()
	return max(float64(len(batch.Index))/seconds, 0.1), nil
}
