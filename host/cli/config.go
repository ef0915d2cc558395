package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"spikegrad/host/network"
	"spikegrad/host/train"
)

// configCommand is spikegrad config.
type configCommand struct {
	Data  string `help:"Dataset, NAME or NAME:PATH. With --check, it overrides the file's." placeholder:"DATA"`
	Check string `help:"Check this configuration file instead, and print any error, or how much memory its network takes on each device." placeholder:"FILE"`
}

// Help returns the detailed help.
func (configCommand) Help() string {
	return `Prints the configuration that train uses by default: every key, with its value and an explanation.
Save it, edit it, and pass it to train. With --check, the memory that the network takes on each device is printed to
standard error: for the weights and the optimizer state, and for a batch. The data are opened only if
nothing else determines the number of channels and classes.

Examples:

    spikegrad config > network.toml
    spikegrad config --data randman > randman.toml
    spikegrad config --check network.toml`
}

// Run prints or checks a configuration.
func (c *configCommand) Run(a *app) error {
	if c.Check != "" {
		config, err := readConfig(c.Check, c.Data)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.notes, "%s is a valid configuration\n", c.Check)
		n, err := train.Sized(&config)
		if err != nil {
			fmt.Fprintf(a.notes, "cannot tell how much memory its network takes before its data can be read: %s\n", oneLine(err))
			return nil
		}
		if err := writeConnections(a.notes, n); err != nil {
			return err
		}
		return writeMemory(a.notes, memoryNeeds(&config, n))
	}
	config, err := defaultConfig(c.Data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.out, config.Commented())
	return err
}

// writeConnections lists what every layer of a network takes its input from, where that is
// not simply the layer just below.
func writeConnections(to io.Writer, n *network.Network) error {
	if !n.Skips() {
		return nil
	}
	shapes := map[string][]int{}
	for _, w := range n.Weights() {
		shapes[w.Name] = w.Shape()
	}
	var t table
	t.row("TO", "FROM", "WEIGHTS", "SHAPE")
	for l := range len(n.Layers) + 1 {
		to := network.SourceName(l)
		if l == len(n.Layers) {
			to = "readout"
		}
		for _, source := range n.Sources(l) {
			if name := n.InputArray(l, source); shapes[name] != nil {
				t.row(to, network.SourceName(source), name, strings.Trim(strings.ReplaceAll(fmt.Sprint(shapes[name]), " ", " × "), "[]"))
			}
		}
	}
	return t.write(to)
}

// defaultConfig returns the default configuration for a dataset; an empty name stands for
// the digits.
func defaultConfig(dataset string) (train.Config, error) {
	if dataset == "" {
		dataset = "digits"
	}
	config, err := train.Default(dataset)
	if err != nil {
		return config, usageError{err}
	}
	return config, nil
}

// readConfig reads and checks a configuration; if a dataset is given, it replaces the
// file's.
func readConfig(file, dataset string) (train.Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return train.Config{}, fmt.Errorf("cannot read the configuration: %w", err)
	}
	config, err := train.Decode(text, file, dataset)
	if err != nil {
		return config, usageError{err}
	}
	if err := config.Validate(); err != nil {
		return config, usageError{fmt.Errorf("%s: %w", file, err)}
	}
	return config, nil
}
