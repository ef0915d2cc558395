package cli

import (
	"fmt"

	"spikegrad/host/train"
)

// noteData prints notes about data that were dropped or are otherwise remarkable, each note
// once.
func (a *app) noteData(notes []string) {
	for _, note := range notes {
		if a.noted[note] {
			continue
		}
		if a.noted == nil {
			a.noted = map[string]bool{}
		}
		a.noted[note] = true
		fmt.Fprintln(a.notes, "note:", note)
	}
}

// headerFlag reports whether a table has a heading, for commands that read data.
type headerFlag struct {
	Header *bool `negatable:"" help:"Skip the first line of a CSV file; --no-header reads it as a sample. Default: as in the configuration."`
}

// otherData are the flags of commands that run a finished network on other data.
type otherData struct {
	Data string `help:"Use this dataset, NAME or NAME:PATH, instead of the run's own. It must have the same number of channels and classes." placeholder:"DATA"`
	headerFlag
	unlabelled bool // the samples come without labels
}

// apply applies the flag to a configuration.
func (f *headerFlag) apply(config *train.Config) error {
	if f.Header == nil {
		return nil
	}
	config.Data.Header = *f.Header
	if err := config.Validate(); err != nil {
		return usageError{err}
	}
	return nil
}
