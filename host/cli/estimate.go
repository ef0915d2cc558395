package cli

import (
	"fmt"
	"math"

	"spikegrad/host/audit"
	"spikegrad/host/engine"
	"spikegrad/host/estimate"
)

// estimateCommand is spikegrad estimate.
type estimateCommand struct {
	Net        string  `required:"" help:"Network: perceptron, mlp:H or mlp:H1,H2 (binary units), or lif:H1,H2 (spiking neurons: lif, lif_delta, if or adaptive)." placeholder:"NET"`
	Estimators string  `default:"all" help:"Estimators, separated by commas, or all." placeholder:"NAMES"`
	Trials     float64 `default:"1e5" help:"Number of estimates from each estimator." placeholder:"N"`
	Beta       float64 `default:"5" help:"Steepness of the sigmoid escape noise." placeholder:"X"`
	Inputs     int     `help:"Number of input channels. Default: 2, or 10 for spiking neurons." placeholder:"N"`
	Steps      int     `help:"Number of time steps, for spiking neurons. Default: 50." placeholder:"N"`
	Loss       string  `help:"Loss: output, squared or van_rossum. Default: output, or van_rossum for spiking neurons." placeholder:"LOSS"`
	Seed       uint32  `default:"1" help:"Seed of weights, inputs, targets and noise." placeholder:"N"`
	Workers    int     `help:"CPU worker goroutines; 0 for one per processor. Does not change the result." placeholder:"N"`
	Device     string  `help:"For spiking neurons: compute in float32 with the training engine, on auto, cpu, vulkan:N or vulkan:NAME. Default: in float64 on the CPU." placeholder:"DEVICE"`
	Out        string  `help:"Folder for estimate.json and pictures." placeholder:"FOLDER"`
	JSON       bool    `name:"json" help:"Print JSON."`

	rankFlags
}

// Help returns the detailed help.
func (estimateCommand) Help() string {
	return `Measures estimators of the gradient of the expected loss on a small network: their mean, their bias, their
variance, and the cost of an estimate of a given precision. Bias is measured against the exact gradient for up to
20 units, and against single flips for more. By default, everything is computed in float64 on the CPU. With --device, networks of spiking
neurons run on a device in float32, with the estimators that can be used for training.

Under mpirun or srun, the processes share the trials; the result is the same as with one process.

Examples:

    spikegrad estimate --net mlp:3,2 --out runs/estimators
    spikegrad estimate --net perceptron --beta 2 --estimators surrogate,score,single_flip --json
    spikegrad estimate --net lif:20,10 --steps 100 --trials 2e4
    spikegrad estimate --net adaptive:20,10 --steps 100 --trials 2e4
    spikegrad estimate --net lif:20,10 --steps 100 --trials 1e6 --device vulkan:0`
}

// Run measures the estimators.
func (c *estimateCommand) Run(a *app) error {
	if !(c.Trials >= 2 && c.Trials <= 1e12 && c.Trials == math.Trunc(c.Trials)) {
		return usageError{fmt.Errorf("--trials %g: must be an integer from 2 to 1e12", c.Trials)}
	}
	if err := c.rankFlags.check(); err != nil {
		return usageError{err}
	}
	if err := a.join(c.rankFlags); err != nil {
		return err
	}
	team, ctx := a.team()
	options := estimate.EstimateOptions{
		Net: c.Net, Beta: c.Beta, Inputs: c.Inputs, Steps: c.Steps, Loss: c.Loss,
		Estimators: c.Estimators, Trials: int(c.Trials), Seed: c.Seed, Workers: a.ranks.workersOr(c.Workers), Out: c.Out, Team: team,
	}
	if team != nil {
		asked := *c
		asked.Workers, asked.Device, asked.Out, asked.rankFlags = 0, fmt.Sprint(c.Device != ""), fmt.Sprint(c.Out != ""), rankFlags{}
		if err := team.Same(fmt.Sprintf("%+v", asked)); err != nil {
			return err
		}
	}
	laboratory, err := c.laboratory(a, team)
	if err := team.Agree(err); err != nil {
		return err
	}
	if laboratory != nil {
		options.Device = *laboratory
	}
	report, err := estimate.Run(ctx, options)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, report)
	}
	if err := report.Write(a.out); err != nil {
		return err
	}
	if c.Out != "" {
		_, err = fmt.Fprintf(a.out, "results: %s\n", c.Out)
	}
	return err
}

// laboratory opens a laboratory on the requested device; nil if none was requested.
func (c *estimateCommand) laboratory(a *app, team *engine.Team) (*audit.Laboratory, error) {
	if c.Device == "" {
		return nil, nil
	}
	choice, err := a.ranks.choose(a, c.Device)
	if err != nil {
		return nil, err
	}
	name := choice.Name() // of a group
	switch {
	case choice.CPU():
		name = "the CPU engine"
	case choice.Vulkan:
		name = choice.Info.Name
	}
	return &audit.Laboratory{Device: name, Open: opener(choice), Workers: a.ranks.workersOr(c.Workers), Team: team}, nil
}
