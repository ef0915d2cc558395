package cli

import (
	"fmt"

	"spikegrad/host/reproduce"
)

// matchingCommand is spikegrad reproduce spike-matching.
type matchingCommand struct {
	Target  string `help:"A PNG picture, dark lines on a light ground; without it the program draws one." placeholder:"IMAGE.png"`
	Out     string `required:"" help:"Folder of the results." placeholder:"FOLDER"`
	Quick   bool   `help:"Fewer updates: less than a minute."`
	Seed    uint32 `default:"1" help:"Of input, weights and noise." placeholder:"N"`
	Workers int    `help:"Goroutines; 0 is one a processor. Changes no result." placeholder:"N"`
}

// Help is the rest of the help.
func (matchingCommand) Help() string {
	return `Trains networks of 200 inputs, 200 hidden and 200 output neurons to turn frozen random input into a
picture of 200 rows and 189 steps: deterministic with SuperSpike, stochastic with the matched surrogate
derivative, stochastic with MultilayerSpiker by SMORMS3, at a rate of 0.01 and at the 20 of the paper's
authors. The folder then holds spike-matching.json and pictures.

The learning rule is the one the paper's authors published. Distances are ½ Σ (ε∗(z−S))² of spikes S and targets z, with
ε(t) = 0.2·(exp(−t/10 ms) − exp(−t/5 ms)), a mean over outputs and trials. The program's own van_rossum loss has the
response of membrane to synapse as kernel and is a sum over outputs; the file holds the factor between the two.

Examples:

    spikegrad reproduce spike-matching --quick --out runs/matching
    spikegrad reproduce spike-matching --target picture.png --out runs/picture`
}

// Run runs the experiment.
func (c *matchingCommand) Run(a *app) error {
	if err := checkCounts(c.Workers, 0, 0); err != nil {
		return usageError{err}
	}
	options := reproduce.SpikeMatchingOptions{
		Options: reproduce.Options{Quick: c.Quick, Seed: c.Seed, Workers: c.Workers}, Target: c.Target,
	}
	if err := reproduce.SpikeMatching(a.ctx, c.Out, options); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.out, "results:", c.Out)
	return err
}
