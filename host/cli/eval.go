package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// evalCommand is spikegrad eval.
type evalCommand struct {
	Folder string `arg:"" name:"run" help:"Folder of a finished run."`

	otherData
	Part        string `default:"test" enum:"test,validation,train,all" help:"Samples to evaluate: test, validation, train or all."`
	Device      string `default:"auto" help:"Device to run on: auto, cpu, vulkan:N or vulkan:NAME (see 'spikegrad devices'). Several joined by + share each batch. Does not change the result."`
	OtherMode   bool   `help:"Switch the noise off, or on if the network was trained without it."`
	Trials      *int   `help:"Run every sample N times, with noise and without, and also measure trial-to-trial variability." placeholder:"N"`
	Sample      int    `help:"With --trials: the sample whose rasters are drawn." placeholder:"N"`
	Out         string `help:"With --trials: folder for the results. Default: evaluation in the run folder." placeholder:"FOLDER"`
	Workers     int    `help:"CPU worker goroutines; 0 for one per processor. Does not change the result." placeholder:"N"`
	PassSamples int    `help:"Maximum number of samples on a device at once; 0 for as many as fit. Does not change the result." placeholder:"N"`

	SegmentSteps int `help:"Time steps of a sample to keep in memory at once; 0 for all, if they fit. Does not change the result." placeholder:"N"`

	JSON bool `name:"json" help:"Print JSON."`

	rankFlags
}

// Help returns the detailed help.
func (evalCommand) Help() string {
	return `Runs the samples of a dataset through a trained network once. The same weights give the same numbers
on every device. A dataset of the same kind as the run's own is read with the run's settings.

With --trials, every sample is run N times with fresh noise, and also with the noise switched off (or
on, if the network was trained without it). The results folder then holds evaluation.json (accuracies,
Fano factors, confusion matrices), rasters.json and pictures; 'spikegrad report' shows them.

Under mpirun or srun, the processes share the samples; the result is the same as with one process.

Examples:

    spikegrad eval runs/first
    spikegrad eval runs/first --other-mode --json
    spikegrad eval runs/first --part validation --device vulkan:0
    spikegrad eval runs/first --data csv:more.csv.gz --part all
    spikegrad eval runs/first --trials 20 --sample 3`
}

// evaluation is what --json prints.
type evaluation struct {
	Data            string    `json:"data"`
	Part            string    `json:"part"`
	OtherMode       bool      `json:"other_mode"`
	Samples         int       `json:"samples"`
	Accuracy        float64   `json:"accuracy"`
	Loss            float64   `json:"loss"`
	Regularizer     float64   `json:"regularizer"`
	SpikesPerNeuron float64   `json:"spikes_per_neuron"`
	LayerSpikes     []float64 `json:"layer_spikes_per_neuron"`
	Device          string    `json:"device"`
	Driver          string    `json:"driver"`
	WeightsSHA256   string    `json:"weights_sha256"`
	Notes           []string  `json:"notes"` // from reading the data
}

// Run evaluates the network.
func (c *evalCommand) Run(a *app) error {
	if err := checkCounts(c.Workers, c.PassSamples, c.SegmentSteps); err != nil {
		return usageError{err}
	}
	if err := c.checkTrials(); err != nil {
		return usageError{err}
	}
	if err := c.rankFlags.check(); err != nil {
		return usageError{err}
	}
	if err := a.join(c.rankFlags); err != nil {
		return err
	}
	if c.Trials != nil {
		return c.runTrials(a)
	}
	team, ctx := a.team()
	t, source, err := c.openPart(a)
	if err := team.Agree(err); err != nil {
		return err
	}
	if err := t.same(team, t.config.Training.EvaluationBatch, c.Part, c.OtherMode); err != nil {
		return err
	}
	n := t.network
	if c.OtherMode {
		n = n.OtherMode()
	}
	found, err := c.evaluate(ctx, a, team, t, n, source)
	if err != nil {
		return team.End(ctx, err)
	}
	found.Notes = t.split.Notes
	if c.JSON {
		return writeJSON(a.out, found)
	}
	return found.write(a, t.network)
}

// openPart opens the run and the samples to evaluate.
func (c *evalCommand) openPart(a *app) (*trained, data.Source, error) {
	t, err := a.openTrained(c.Folder, c.otherData, c.Device)
	if err != nil {
		return nil, nil, err
	}
	t.notePart(a, c.otherData, c.Part)
	source, err := t.split.Samples(c.Part)
	return t, source, err
}

// changeData replaces a run's data. If the new data are read the same way, they are read
// with the run's settings.
func changeData(config *train.Config, dataset string) error {
	if dataset == "" {
		return nil
	}
	name, path, _ := strings.Cut(dataset, ":")
	if data.SameReader(name, config.Data.Name) {
		config.Data.Name, config.Data.Path = name, path
	} else {
		options, err := data.Defaults(dataset)
		if err != nil {
			return usageError{err}
		}
		config.Data = options
	}
	if err := config.Validate(); err != nil {
		return usageError{err}
	}
	return nil
}

// evaluate runs the samples on a device.
func (c *evalCommand) evaluate(ctx context.Context, a *app, team *engine.Team, t *trained, n *network.Network, source data.Source) (found *evaluation, err error) {
	workers := a.ranks.workersOr(c.Workers)
	e, err := team.Open(n, t.open, engine.Options{Workers: workers, PassSamples: c.PassSamples, SegmentSteps: c.SegmentSteps})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	result, err := train.Evaluate(ctx, e, n, source, t.config.Training.EvaluationBatch, &data.Filler{Workers: workers, Part: team.Part()}, nil)
	if err != nil {
		return nil, err
	}
	described := e.Describe()
	return &evaluation{
		Data: t.config.Data.Name, Part: c.Part, OtherMode: c.OtherMode, Samples: result.Samples,
		Accuracy: result.Accuracy, Loss: result.Loss, Regularizer: result.Regularizer,
		SpikesPerNeuron: result.SpikesPerNeuron, LayerSpikes: result.LayerSpikes,
		Device: described.Device, Driver: described.Driver, WeightsSHA256: train.WeightsSHA256(t.weights),
	}, nil
}

func (e *evaluation) write(a *app, n *network.Network) error {
	mode := "as trained"
	if e.OtherMode {
		mode, _ = n.OtherModeInWords()
	}
	var t table
	t.row("accuracy", percent(e.Accuracy), fmt.Sprintf("%s of %s, %s", data.SamplesOf(e.Part, e.Samples), e.Data, mode))
	t.row("loss", fmt.Sprintf("%.4f", e.Loss), "cross-entropy, mean")
	t.row("spikes", fmt.Sprintf("%.3g", e.SpikesPerNeuron), "per neuron per sample")
	t.row("device", e.Device, e.Driver)
	return t.write(a.out)
}
