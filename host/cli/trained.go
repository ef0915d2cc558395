package cli

import (
	"errors"
	"fmt"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// trained is a finished run with its data and the device to run it on.
type trained struct {
	config  train.Config
	choice  engine.Choice
	split   data.Split
	network *network.Network
	weights [][]float32
}

// openTrained reads the run in a folder; other data, if given, replace the run's own. Notes
// about the data are printed.
func (a *app) openTrained(folder string, other otherData, device string) (*trained, error) {
	config, model, err := train.ReadRun(folder)
	if err != nil {
		return nil, err
	}
	if err := changeData(&config, other.Data); err != nil {
		return nil, err
	}
	if err := other.apply(&config); err != nil {
		return nil, err
	}
	if other.unlabelled {
		config.Data.Unlabelled = classesOf(&config, model)
	}
	choice, err := a.ranks.choose(a, device)
	if err != nil {
		return nil, err
	}
	split, n, err := train.Prepare(&config)
	if err != nil {
		return nil, err
	}
	if other.Data != "" && config.Data.Maximum == 0 && split.Maximum > 0 {
		split.Notes = append(split.Notes, fmt.Sprintf("%s is scaled by its own largest value, %g: the run does not record that of its training data", other.Data, split.Maximum))
	}
	a.noteData(split.Notes)
	weights, err := model.Weights(n)
	if err != nil {
		return nil, fmt.Errorf("the run in %s does not fit %s: %w", folder, config.Data.Name, err)
	}
	return &trained{config, choice, split, n, weights}, nil
}

// classesOf is the number of classes a trained network distinguishes.
func classesOf(config *train.Config, model *train.Model) int {
	for _, tensor := range model.Tensors {
		if tensor.Name == "readout" {
			return tensor.Rows
		}
	}
	return config.Network.Layers[len(config.Network.Layers)-1].Neurons // one per class
}

// open creates an engine with the run's weights for its network, or for the network in the
// other mode.
func (t *trained) open(n *network.Network, options engine.Options) (engine.Engine, error) {
	options.Seed = t.config.Seed
	e, err := opener(t.choice)(n, options)
	if err != nil {
		return nil, err
	}
	if err := e.SetWeights(t.weights); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// same refuses to continue if ranks were given a different run, data or arguments than the
// first.
func (t *trained) same(team *engine.Team, arguments ...any) error {
	if team == nil {
		return nil
	}
	return team.Same(fmt.Sprint(t.split.Fingerprint(), train.WeightsSHA256(t.weights), t.config.Hash(), arguments))
}

// notePart notes that only a part of other data is used, if it was split off by its share.
func (t *trained) notePart(a *app, other otherData, part string) {
	samples, all := t.part(part).Len(), t.part("all").Len()
	if other.Data == "" || other.unlabelled || samples == all || t.config.Data.Test == 0 {
		return
	}
	note := fmt.Sprintf("%d of the %d samples of %s are its %s part (data.test = %g); --part all uses all of them", samples, all, other.Data, part, t.config.Data.Test)
	t.split.Notes = append(t.split.Notes, note)
	a.noteData([]string{note})
}

// part returns the samples of one of [data.Parts], to which the flags are limited.
func (t *trained) part(name string) data.Source {
	source, _ := t.split.Part(name)
	return source
}
