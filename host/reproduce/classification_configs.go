package reproduce

import (
	"errors"
	"fmt"
	"strings"

	"spikegrad/host/network"
	"spikegrad/host/train"
)

// steepness is β of the escape noise and the surrogate derivatives.
const steepness = 10

// layer is a layer for this method's network. Its regularizer uses the mean count over all
// its neurons, and every input channel is expected to spike at the given rate.
func (m Method) layer(rate float64) network.Layer {
	layer := network.DefaultLayer()
	layer.Noise.Kind, layer.Noise.Beta = m.Noise, steepness
	layer.Surrogate.Kind, layer.Surrogate.Beta = m.Surrogate, steepness
	layer.DifferentiateReset = m.ThroughReset
	layer.Initial.Rate, layer.Initial.SigmaU = rate, 1
	if m.Stochastic() {
		layer.Initial.SigmaU = 1.3
	}
	regularizer := network.DefaultRegularizer()
	regularizer.Average = "layer"
	layer.Regularizers = []network.Regularizer{regularizer}
	return layer
}

// convolution is a convolutional layer.
func (m Method) convolution(rate float64, filters, kernel, stride, recurrentKernel int) network.Layer {
	layer := m.layer(rate)
	layer.Kind, layer.Neurons, layer.Padding = "conv1d", 0, 0
	layer.Filters, layer.Kernel, layer.Stride = filters, kernel, stride
	layer.Recurrent = recurrentKernel > 0
	if layer.Recurrent {
		layer.RecurrentKernel = recurrentKernel
	}
	return layer
}

// Mean rates of an input channel, spikes per second.
const (
	heidelbergRate = 15.8
	spokenRate     = 12.7
	randmanRate    = 5 // one spike in 0.2 s
)

// classificationBase is the configuration that all runs share.
func classificationBase(dataset string, layers ...network.Layer) (train.Config, error) {
	config, err := train.Default(dataset)
	if err != nil {
		return config, err
	}
	if config.Data.Events.Binning != "" {
		config.Data.Events.Binning = "truncate" // as in the published results
	}
	config.Network.Layers = layers
	config.Training.Optimizer.Kind, config.Training.Optimizer.LearningRate = "smorms3", 0.01
	config.Training.Batch, config.Training.Epochs = 400, 200
	return config, nil
}

// SpokenDense is a network with one recurrent layer of 128 neurons for spoken words in 175
// steps of 4 ms, small enough to train in minutes without a GPU. Its loss is
// sum_of_softmax, because the maximum over time may stay at the readout's first step, where
// it has no gradient. The dataset is spoken:DIR, shd:DIR or ssc:DIR.
func SpokenDense(dataset string, method Method) (train.Config, error) {
	config, err := classificationBase(dataset, method.layer(channelRate(dataset)))
	config.Data.Steps, config.Data.StepLength = 175, 0.004
	config.Network.Readout.Loss = "sum_of_softmax"
	config.Training.Batch, config.Training.Epochs = 100, 30
	return config, err
}

// HeidelbergConv is the network of Gygax & Zenke 2025 for the Spiking Heidelberg Digits:
// three recurrent convolutions over the channels, 350 steps of 2 ms. The dataset is shd:DIR
// or ssc:DIR, or spoken:DIR with its own steps and, as it has a fifth of the samples,
// smaller batches.
func HeidelbergConv(dataset string, method Method) (train.Config, error) {
	rate := channelRate(dataset)
	config, err := classificationBase(dataset,
		method.convolution(rate, 16, 21, 10, 5),
		method.convolution(rate, 32, 7, 3, 5),
		method.convolution(rate, 64, 7, 3, 5))
	if config.Data.Name == "spoken" {
		config.Training.Batch = 100
	}
	return config, err
}

// SpokenTuned is [HeidelbergConv] with the settings that did best on spoken words: 70 steps
// of 10 ms, the loss sum_of_softmax, a cosine schedule over 80 epochs, and augmentation of
// the training samples, mostly shifts over the channels, as some voices are higher than
// others.
func SpokenTuned(dataset string, method Method) (train.Config, error) {
	config, err := HeidelbergConv(dataset, method)
	config.Data.Steps, config.Data.StepLength = 70, 0.01
	a := &config.Data.Augment
	a.ShiftChannels, a.StretchTime, a.ShiftTime, a.JitterChannels, a.Drop = 15, 0.1, 1, 2, 0.1
	config.Network.Readout.Loss = "sum_of_softmax"
	config.Training.Batch, config.Training.Epochs = 100, 80
	schedule := &config.Training.Schedule
	schedule.Kind, schedule.Length, schedule.Final = "cosine", config.Training.Epochs, 0.05
	return config, err
}

// RandmanConv is the paper's network for random manifolds: three convolutions without
// recurrence. Spikes come in the first half of a sample, as in the configuration that the
// authors published with the paper.
func RandmanConv(method Method) (train.Config, error) {
	config, err := classificationBase("randman",
		method.convolution(randmanRate, 32, 11, 1, 0),
		method.convolution(randmanRate, 64, 5, 1, 0),
		method.convolution(randmanRate, 128, 5, 1, 0))
	config.Data.Randman.StepFraction = 0.5
	return config, err
}

func channelRate(dataset string) float64 {
	if name, _, _ := strings.Cut(dataset, ":"); name == "spoken" {
		return spokenRate
	}
	return heidelbergRate
}

// classificationConfig is the configuration for a dataset; quick ones take only minutes.
func classificationConfig(dataset string, quick, tuned bool, method Method) (config train.Config, err error) {
	name, _, _ := strings.Cut(dataset, ":")
	switch {
	case name == "randman":
		if tuned {
			return config, fmt.Errorf("data %q has no tuned settings; they exist for spoken:DIR, shd:DIR and ssc:DIR", dataset)
		}
		config, err = RandmanConv(method)
		if quick {
			// Fewer and smoother manifolds: the paper's need more samples than a few minutes allow.
			config.Data.Randman.Classes, config.Data.Randman.SamplesPerClass, config.Data.Randman.Smoothness = 5, 200, 1
			config.Training.Batch, config.Training.Epochs = 50, 30
			for l, filters := range []int{8, 16, 32} {
				config.Network.Layers[l].Filters = filters
			}
		}
	case name != "spoken" && name != "shd" && name != "ssc":
		err = fmt.Errorf("data %q: the classification experiments are for spoken:DIR, shd:DIR, ssc:DIR and randman", dataset)
	case quick && tuned:
		err = errors.New("the quick form has no tuned settings: choose either quick or tuned")
	case quick:
		config, err = SpokenDense(dataset, method)
		// Longer steps cost no accuracy here.
		config.Data.Steps, config.Data.StepLength = 70, 0.01
		config.Training.Epochs = 20
	case tuned:
		config, err = SpokenTuned(dataset, method)
	default:
		config, err = HeidelbergConv(dataset, method)
	}
	if err != nil {
		return config, err
	}
	return config, config.Validate()
}
