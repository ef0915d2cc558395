package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"spikegrad/host/audit"
	"spikegrad/host/engine"
	"spikegrad/host/evaluate"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// Options specify how runs without an evaluation are evaluated.
type Options struct {
	// NoEvaluation shows only what the run folder holds.
	NoEvaluation bool
	// Open, Workers, PassSamples, Observer and Notes are those of an evaluation: see
	// [evaluate.Options].
	Open        func(n *network.Network, options engine.Options) (engine.Engine, error)
	Workers     int
	PassSamples int
	Observer    func(what string, done, all int)
	Notes       func(notes []string)
}

// Run is what is known about a run. Nil and empty fields are unknown; Notes say why.
type Run struct {
	Name       string // base name of the folder; [Write] disambiguates equal ones
	Folder     string
	Config     train.Config
	Summary    *train.Summary
	Epochs     []train.Epoch
	Evaluation *evaluate.Report
	Rasters    *evaluate.Rasters
	Audit      *audit.Result
	Slopes     *audit.SlopeResult
	Notes      []string

	weights string // SHA-256
}

// The short evaluation of runs that have none: enough to show spreads, but not to publish
// them.
const (
	shortTrials     = 3
	shortFanoTrials = 100
	shortFano       = 2
	shortRasters    = 50
)

// optional returns nil for a file that does not exist.
func optional[T any](read *T, err error) (*T, error) {
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return read, err
}

// Load reads the run in a folder. A finished run without an evaluation, or with one of different
// weights, is evaluated briefly if its data can be opened; nothing is written. The error says that
// there is no run, that one of its files is damaged, or that the context was cancelled.
func Load(ctx context.Context, folder string, options Options) (*Run, error) {
	r := &Run{Name: filepath.Base(filepath.Clean(folder)), Folder: folder}
	if r.Name == "." || r.Name == ".." {
		if absolute, err := filepath.Abs(folder); err == nil {
			r.Name = filepath.Base(absolute)
		}
	}
	var err error
	if r.Config, err = train.ReadConfig(folder); err != nil {
		return nil, err
	}
	if r.Summary, err = train.ReadSummary(folder); err != nil {
		return nil, err
	}
	if r.Epochs, err = train.ReadEpochs(folder); err != nil {
		return nil, err
	}
	if r.Audit, err = optional(audit.Read(filepath.Join(folder, "audit"))); err != nil {
		return nil, err
	}
	if r.Slopes, err = optional(audit.ReadSlopes(filepath.Join(folder, "audit"))); err != nil {
		return nil, err
	}
	_, model, err := train.ReadRun(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist) || r.Summary == nil && len(r.Epochs) > 0:
		r.note("The run is not finished: spikegrad train --resume %s resumes it.", folder)
		return r, nil
	case err != nil:
		return nil, err
	case r.Summary == nil:
		r.note("The network was not trained in this folder: it was imported.")
	}
	r.weights = model.SHA256()
	if err := r.readEvaluation(); err != nil {
		return nil, err
	}
	if r.Evaluation != nil && r.Rasters != nil || options.NoEvaluation {
		return r, nil
	}
	return r, r.evaluate(ctx, options)
}

// readEvaluation reads the evaluation in the folder of the run.
func (r *Run) readEvaluation() error {
	folder := filepath.Join(r.Folder, "evaluation")
	found, err := evaluate.Read(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if found.WeightsSHA256 != r.weights {
		r.note("The evaluation in %s is of weights other than those the run ended with, and is not shown.", folder)
		return nil
	}
	r.Evaluation = found
	rasters, err := evaluate.ReadRasters(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	r.Rasters = rasters
	return err
}

// evaluate measures what the folder does not hold.
func (r *Run) evaluate(ctx context.Context, options Options) error {
	settings := evaluate.DefaultSettings()
	settings.Trials, settings.Rasters = shortTrials, shortRasters
	settings.FanoSamples, settings.Fano.Trials = shortFano, shortFanoTrials
	settings.Fano.Window = min(settings.Fano.Window, r.Config.Data.Steps)
	if r.Summary != nil && r.Summary.TestSamples == 0 {
		settings.Part = "train"
		if r.Summary.ValidationSamples > 0 {
			settings.Part = "validation"
		}
	}
	var observer func(what string, done, all int)
	if options.Observer != nil {
		observer = func(what string, done, all int) { options.Observer(r.Name+": "+what, done, all) }
	}
	found, rasters, err := evaluate.Measure(ctx, r.Folder, evaluate.Options{
		Settings: settings, Open: options.Open, Workers: options.Workers, PassSamples: options.PassSamples, Observer: observer, Notes: options.Notes,
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.note("The run could not be evaluated, so the confusion matrix, Fano factors and some rasters are missing: %v.", err)
		return nil
	}
	if r.Evaluation == nil {
		r.Evaluation = found
		r.note("Evaluated for this page over %d trials, Fano factors over %d; spikegrad eval %s --trials N measures more precisely.", shortTrials, shortFanoTrials, r.Folder)
	}
	r.Rasters = rasters
	return nil
}

func (r *Run) note(format string, values ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, values...))
}
