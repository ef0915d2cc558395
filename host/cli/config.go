package cli

import (
	"fmt"
	"os"

	"spikegrad/host/train"
)

// configCommand is spikegrad config.
type configCommand struct {
	Data  string `help:"Dataset, NAME or NAME:PATH. With --check, it overrides the file's." placeholder:"DATA"`
	Check string `help:"Check this configuration file instead, and print what is wrong with it, or how much memory its network takes on each device." placeholder:"FILE"`
}

// Help is the rest of the help.
func (configCommand) Help() string {
	return `Prints the configuration that train uses by default: every key, with its value and an explanation.
Save it, edit it, and pass it to train. With --check, the memory its network takes on each device goes to
standard error: weights with the optimizer's states, and what a batch needs. The data are opened only if
nothing else gives their channels and classes.

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
			fmt.Fprintf(a.notes, "what its network takes is not known before its data can be read: %s\n", oneLine(err))
			return nil
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

// defaultConfig is the configuration for a dataset; empty stands for the digits.
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

// readConfig reads and checks a configuration; a dataset, if given, takes the place
// of the file's.
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
