package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/alecthomas/kong"

	"spikegrad/host/reproduce"
	"spikegrad/host/train"
)

// reproduceCommand is spikegrad reproduce, with one subcommand per experiment.
type reproduceCommand struct {
	Neurons        experimentCommand     `cmd:"" help:"Single neurons: spikes, expected spikes and derivatives as functions of the input."`
	Derivatives    experimentCommand     `cmd:"" help:"Gradient estimators compared with the exact gradient."`
	Estimators     experimentCommand     `cmd:"" help:"Bias and variance of the estimators for networks of different depth, width and noise."`
	Loop           experimentCommand     `cmd:"" help:"Surrogate gradients are not gradients: their integral around a closed curve."`
	Limit          experimentCommand     `cmd:"" help:"Surrogate gradients converge to those of the deterministic network as the noise gets weaker."`
	Bias           experimentCommand     `cmd:"" help:"Surrogate derivatives compared with the true ones: signs, minima, and maps over two weights."`
	SpikeMatching  matchingCommand       `cmd:"" help:"Networks learn to emit spikes at the dark pixels of a picture."`
	All            experimentCommand     `cmd:"" help:"All of the above, each in its own folder."`
	Classification classificationCommand `cmd:"" help:"Deterministic and stochastic networks compared on spoken digits or random manifolds."`
}

// Help returns the detailed help.
func (reproduceCommand) Help() string {
	return `Reproduces experiments of Gygax & Zenke, Elucidating the theoretical underpinnings of surrogate gradient
learning in spiking neural networks (Neural Computation 2025). Each writes pictures and numbers to a folder.

Examples:

    spikegrad reproduce all --quick --out runs/paper
    spikegrad reproduce spike-matching --target picture.png --out runs/matching
    spikegrad reproduce classification --data spoken:data --quick --out runs/classification`
}

// experimentCommand is an experiment that needs no data; the subcommand's name says which.
type experimentCommand struct {
	Out     string `required:"" help:"Folder for the results." placeholder:"FOLDER"`
	Quick   bool   `help:"Finish in seconds, at lower precision."`
	Seed    uint32 `default:"1" help:"Seed of the noise." placeholder:"N"`
	Workers int    `help:"CPU worker goroutines; 0 for one per processor. Does not change the result." placeholder:"N"`
	Device  string `default:"auto" help:"Device for single-precision computations: auto, cpu, vulkan:N or vulkan:NAME. Does not change the result."`
}

// Help returns the detailed help.
func (experimentCommand) Help() string {
	return `Writes pictures, and the numbers behind them, to a folder. The numbers depend only on the seed.

Examples:

    spikegrad reproduce bias --out runs/bias
    spikegrad reproduce neurons --quick --seed 2 --out runs/neurons`
}

// experiment is an experiment that writes its results to a folder.
type experiment struct {
	name string
	run  func(ctx context.Context, out string, options reproduce.Options) error
}

// experiments lists all experiments that need no data.
func experiments() []experiment {
	return []experiment{
		{"neurons", reproduce.Neurons},
		{"derivatives", reproduce.Derivatives},
		{"estimators", reproduce.SweepEstimators},
		{"loop", reproduce.Loop},
		{"limit", reproduce.Limit},
		{"bias", reproduce.Bias},
		{"spike-matching", func(ctx context.Context, out string, o reproduce.Options) error {
			return reproduce.SpikeMatching(ctx, out, reproduce.SpikeMatchingOptions{Options: o})
		}},
	}
}

// Run runs the experiment that the selected command names, or all of them.
func (c *experimentCommand) Run(a *app, parsed *kong.Context) error {
	if err := checkCounts(c.Workers, 0, 0); err != nil {
		return usageError{err}
	}
	choice, err := chooseOne(c.Device, "these experiments run on one")
	if err != nil {
		return err
	}
	options := reproduce.Options{Quick: c.Quick, Seed: c.Seed, Workers: c.Workers, Device: choice}
	selected := parsed.Selected().Name
	for _, e := range experiments() {
		folder := c.Out
		switch selected {
		case e.name:
		case "all":
			folder = filepath.Join(c.Out, e.name)
		default:
			continue
		}
		if err := a.ctx.Err(); err != nil {
			return err
		}
		fmt.Fprintln(a.notes, e.name)
		if err := e.run(a.ctx, folder, options); err != nil {
			return err
		}
		fmt.Fprintln(a.out, "results:", folder)
	}
	return nil
}

// classificationCommand is spikegrad reproduce classification.
type classificationCommand struct {
	Data        string   `required:"" help:"Dataset: spoken:DIR, shd:DIR, ssc:DIR or randman." placeholder:"DATA"`
	Out         string   `required:"" help:"Folder for the results. If it holds an interrupted reproduction, that is resumed." placeholder:"FOLDER"`
	Seeds       int      `default:"5" help:"Number of seeds for each method." placeholder:"N"`
	Job         string   `help:"Split the runs into N parts and do only part I, for a job array. Afterwards, run the same command without --job to combine them." placeholder:"I/N"`
	Epochs      int      `help:"Number of epochs. Default: as in the experiment." placeholder:"N"`
	Steps       int      `help:"For spoken words: number of time steps. Default: as in the experiment; the script of the paper's authors uses 349 for SHD." placeholder:"N"`
	Quick       bool     `help:"Use smaller networks, fewer epochs and fewer trials: minutes instead of hours."`
	Tuned       bool     `help:"For spoken words: use the best settings we found, with augmentation and fewer, longer steps, instead of the published ones."`
	Smoothness  float64  `help:"For random manifolds: smoothness; the larger, the easier." placeholder:"ALPHA"`
	Set         string   `default:"methods" enum:"methods,sigmoid,reset,noises" help:"Set of methods to compare: methods, sigmoid, reset or noises."`
	Methods     []string `help:"Methods of the set to compare; the first one named is the baseline. Default: all." placeholder:"NAME"`
	Device      string   `default:"auto" help:"Device to run on: auto, cpu, vulkan:N or vulkan:NAME (see 'spikegrad devices'). Several joined by + share each batch. Does not change the result."`
	Workers     int      `help:"CPU worker goroutines; 0 for one per processor. Does not change the result." placeholder:"N"`
	PassSamples int      `help:"Maximum number of samples on a device at once; 0 for as many as fit. Does not change the result." placeholder:"N"`
	JSON        bool     `name:"json" help:"Print the numbers as JSON instead of tables."`

	rankFlags
}

// Help returns the detailed help.
func (classificationCommand) Help() string {
	return `Trains networks with several methods and several seeds each, and tests each with noise and without. The
folder then holds classification.md with tables and pictures, classification.json with every number, and
the runs. If it is interrupted, run the same command again to resume. Under mpirun or srun, the processes share each
batch, and the runs are trained one after another. The methods are those of one set:

    methods  deterministic-superspike, stochastic-superspike, stochastic-matched (the sigmoid's derivative),
             multilayerspiker
    sigmoid  deterministic-sigmoid, stochastic-matched, stochastic-unscaled (without the factor β; the
             paper's authors call it scaled)
    reset    stochastic-matched and stochastic-unscaled, and the same with back-propagation through
             the reset: stochastic-matched-reset, stochastic-unscaled-reset
    noises   stochastic-matched, stochastic-exponential, stochastic-hazard, stochastic-superspike-noise (the
             integral of SuperSpike): other escape-noise functions, each with its matched surrogate

Examples:

    spikegrad reproduce classification --data spoken:data --quick --out runs/spoken
    spikegrad reproduce classification --data randman --seeds 3 --out runs/randman
    spikegrad reproduce classification --data shd:SHD --set reset --out runs/reset
    spikegrad reproduce classification --data shd:SHD --device vulkan:0 --out runs/shd
    spikegrad reproduce classification --data shd:SHD --job 2/5 --out runs/shd
    spikegrad reproduce classification --data spoken:data --tuned --methods deterministic-superspike,stochastic-superspike --out runs/tuned`
}

// Run trains, evaluates and prints the tables.
func (c *classificationCommand) Run(a *app) error {
	options := reproduce.ClassificationOptions{
		Data: c.Data, Seeds: c.Seeds, Quick: c.Quick, Epochs: c.Epochs, Out: c.Out, PassSamples: c.PassSamples,
		Tuned: c.Tuned, Smoothness: c.Smoothness, Set: c.Set, Methods: c.Methods, Steps: c.Steps,
	}
	job, err := reproduce.ParseJob(c.Job)
	if err != nil {
		return usageError{fmt.Errorf("--job: %w", err)}
	}
	options.Job = job
	if err := options.Validate(); err != nil {
		return usageError{err}
	}
	if err := checkCounts(c.Workers, c.PassSamples, 0); err != nil {
		return usageError{err}
	}
	if err := c.rankFlags.check(); err != nil {
		return usageError{err}
	}
	if err := a.join(c.rankFlags); err != nil {
		return err
	}
	choice, err := a.ranks.choose(a, c.Device)
	if err := a.agree(err); err != nil {
		return err
	}
	options.Workers, options.Exchange = a.ranks.workersOr(c.Workers), a.ranks.exchange()
	var observer *progress
	clear := func() {
		if observer != nil {
			observer.close()
		}
	}
	options.Open = opener(choice)
	options.Observer = func(folder string) train.Observer {
		observer = &progress{app: a, folder: folder}
		return observer
	}
	options.Note = func(message string) {
		clear()
		fmt.Fprintln(a.notes, message)
	}
	result, err := reproduce.Classification(a.ctx, options)
	clear()
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, result)
	}
	if job.Number > 0 {
		runs := 0
		for _, m := range result.Methods {
			runs += len(m.Runs)
		}
		_, err = fmt.Fprintf(a.out, "%d runs are done: %s; after all jobs, the same command without --job combines their results\n", runs, c.Out)
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s\nresults: %s\n", result.Markdown(), c.Out)
	return err
}
