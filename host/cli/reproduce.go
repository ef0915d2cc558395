package cli

import (
	"fmt"

	"spikegrad/host/reproduce"
	"spikegrad/host/train"
)

// reproduceCommand is spikegrad reproduce: one command an experiment.
type reproduceCommand struct {
	Classification classificationCommand `cmd:"" help:"Spoken digits or random manifolds: deterministic and stochastic networks compared."`
}

// Help is the rest of the help.
func (reproduceCommand) Help() string {
	return `Repeats experiments of Gygax & Zenke, Elucidating the theoretical underpinnings of surrogate gradient
learning in spiking neural networks (Neural Computation 2025).

Examples:

    spikegrad reproduce classification --data spoken:data --quick --out runs/classification`
}

// classificationCommand is spikegrad reproduce classification.
type classificationCommand struct {
	Data        string `required:"" help:"spoken:DIR, shd:DIR, ssc:DIR or randman." placeholder:"DATA"`
	Out         string `required:"" help:"Folder of the results; that of an interrupted reproduction is gone on with." placeholder:"FOLDER"`
	Seeds       int    `default:"5" help:"Runs of each method." placeholder:"N"`
	Quick       bool   `help:"Smaller networks, fewer epochs and trials: minutes instead of hours."`
	Device      string `default:"auto" help:"auto, cpu, vulkan:N or vulkan:NAME, as 'spikegrad devices' lists them."`
	Workers     int    `help:"Goroutines of the CPU engine; 0 is one a processor. Changes no result." placeholder:"N"`
	PassSamples int    `help:"Most samples on a device at once; 0 is as many as fit. Changes no result." placeholder:"N"`
	JSON        bool   `name:"json" help:"Print the numbers as JSON instead of tables."`
}

// Help is the rest of the help.
func (classificationCommand) Help() string {
	return `Trains networks in four ways (deterministic SuperSpike, stochastic SuperSpike, stochastic matched
sigmoid, MultilayerSpiker) from several seeds, and tests each with noise and without. The folder then
holds classification.md with tables and pictures, classification.json with every number, and the runs.
Interrupted, the same command goes on.

Examples:

    spikegrad reproduce classification --data spoken:data --quick --out runs/spoken
    spikegrad reproduce classification --data randman --seeds 3 --out runs/randman
    spikegrad reproduce classification --data shd:SHD --device vulkan:0 --out runs/shd`
}

// Run trains, evaluates and prints the tables.
func (c *classificationCommand) Run(a *app) error {
	if c.Seeds < 1 {
		return usageError{fmt.Errorf("--seeds %d: at least 1 is needed", c.Seeds)}
	}
	if err := checkCounts(c.Workers, c.PassSamples); err != nil {
		return usageError{err}
	}
	choice, err := choose(c.Device)
	if err != nil {
		return err
	}
	var observer *progress
	clear := func() {
		if observer != nil {
			observer.close()
		}
	}
	result, err := reproduce.Classification(a.ctx, reproduce.ClassificationOptions{
		Data: c.Data, Seeds: c.Seeds, Quick: c.Quick, Out: c.Out,
		Open: opener(choice), Workers: c.Workers, PassSamples: c.PassSamples,
		Observer: func(folder string) train.Observer {
			observer = &progress{app: a, folder: folder}
			return observer
		},
		Note: func(message string) {
			clear()
			fmt.Fprintln(a.notes, message)
		},
	})
	clear()
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, result)
	}
	_, err = fmt.Fprintf(a.out, "%s\nresults: %s\n", result.Markdown(), c.Out)
	return err
}
