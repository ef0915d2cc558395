package cli

import (
	"fmt"

	"spikegrad/host/reproduce"
)

// matchingCommand is spikegrad reproduce spike-matching.
type matchingCommand struct {
	Target  string `help:"PNG picture to learn, dark lines on a light background. Default: one drawn by the program." placeholder:"IMAGE.png"`
	Out     string `required:"" help:"Folder for the results." placeholder:"FOLDER"`
	Quick   bool   `help:"Finish in less than a minute, with fewer updates."`
	Seed    uint32 `default:"1" help:"Seed of input, weights and noise." placeholder:"N"`
	Workers int    `help:"CPU worker goroutines; 0 for one per processor. Does not change the result." placeholder:"N"`
}

// Help returns the detailed help.
func (matchingCommand) Help() string {
	return `Trains networks of 200 inputs, 200 hidden and 200 output neurons to turn a frozen random input into a
picture of 200 rows and 189 steps: deterministic with SuperSpike, stochastic with the matched surrogate
derivative, and stochastic with MultilayerSpiker and SMORMS3, at a learning rate of 0.01 and at the rate of 20 used by
the paper's authors. The folder then holds spike-matching.json and pictures.

The learning rule is the one published by the paper's authors. The distance between spikes S and targets z is
½ Σ (ε∗(z−S))² with ε(t) = 0.2·(exp(−t/10 ms) − exp(−t/5 ms)), averaged over outputs and trials. The program's own
van_rossum loss uses the response of the membrane to a synaptic input as its kernel, and sums over outputs;
spike-matching.json gives the factor between the two.

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
