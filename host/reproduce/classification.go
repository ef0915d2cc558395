package reproduce

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"spikegrad/host/engine"
	"spikegrad/host/evaluate"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// ClassificationOptions specify the comparison and where its results go.
type ClassificationOptions struct {
	Data  string // spoken:DIR, shd:DIR, ssc:DIR or randman
	Seeds int    // runs of each method, with seeds 1, 2, …
	Quick bool   // smaller networks and fewer epochs and trials
	// Tuned uses the settings that did best on spoken words instead of the published ones;
	// see [SpokenTuned].
	Tuned bool
	// Smoothness α of random manifolds; 0 stands for the experiment's own.
	Smoothness float64
	// Set is the key of one of [Sets]; empty stands for the first.
	Set string
	// Methods are the keys of the set's methods to compare, each with the first; empty
	// stands for all.
	Methods []string
	// Epochs, if positive, replaces the epochs of the configuration.
	Epochs int
	// Steps, if positive, replaces the number of time steps of spoken words, keeping their
	// length: the script of the paper's authors uses 349 steps of 2 ms for SHD.
	Steps int
	Out   string // folder; if it holds an interrupted comparison, that is resumed
	// Job, if its number is not 0, selects the part of the runs to make; a later call without
	// a job then puts the results together.
	Job Job
	// Open creates an engine; nil stands for the CPU engine.
	Open        func(n *network.Network, options engine.Options) (engine.Engine, error)
	Workers     int // see [train.Options]
	PassSamples int
	// Exchange is the connection to the other processes of the comparison; nil for a single
	// process. All processes make the same calls, share each batch and get the same result; only
	// rank 0 writes and is observed.
	Exchange engine.Exchange
	// Observer, which may be nil, creates the observer of the run in a folder.
	Observer func(folder string) train.Observer
	// Note, which may be nil, is given a line about what comes next.
	Note func(message string)
}

// Validate reports what is wrong with the options, before anything is trained.
func (o *ClassificationOptions) Validate() error {
	if o.Seeds < 1 {
		return fmt.Errorf("%d seeds: at least 1 is needed", o.Seeds)
	}
	if o.Out == "" {
		return fmt.Errorf("no output folder was named: choose one with --out")
	}
	if err := o.Job.validate(); err != nil {
		return err
	}
	set, err := chooseSet(o.Set, o.Methods)
	if err != nil {
		return err
	}
	for _, method := range set.Methods {
		if _, err := o.config(method); err != nil {
			return err
		}
	}
	return nil
}

// config returns the configuration of a method.
func (o *ClassificationOptions) config(method Method) (train.Config, error) {
	config, err := classificationConfig(o.Data, o.Quick, o.Tuned, method)
	if err != nil {
		return config, err
	}
	if o.Smoothness != 0 {
		if config.Data.Name != "randman" {
			return config, fmt.Errorf("data %q has no smoothness; only randman has", o.Data)
		}
		config.Data.Randman.Smoothness = o.Smoothness
	}
	if o.Epochs != 0 {
		config.Training.Epochs = o.Epochs
	}
	if o.Steps != 0 {
		if config.Data.Name == "randman" {
			return config, fmt.Errorf("data %q has a fixed number of steps; only that of spoken words can be chosen", o.Data)
		}
		config.Data.Steps = o.Steps
	}
	return config, config.Validate()
}

// ClassificationResult is the result of the comparison, stored as classification.json.
type ClassificationResult struct {
	Data        string            `json:"data"`
	Set         string            `json:"set"`
	Quick       bool              `json:"quick"`
	Tuned       bool              `json:"tuned"`
	Smoothness  *float64          `json:"smoothness,omitempty"` // if it was specified
	Steps       int               `json:"steps"`                // of a sample
	StepLength  float64           `json:"step_length"`          // seconds
	Settings    evaluate.Settings `json:"evaluation"`
	Methods     []MethodResult    `json:"methods"`
	Differences []Difference      `json:"differences"`
}

// MethodResult is one method with all its runs.
type MethodResult struct {
	Method
	Runs    []RunResult `json:"runs"`
	Trained ModeResult  `json:"trained_mode"` // as trained
	Other   ModeResult  `json:"other_mode"`   // noise off, or on if trained without
}

// RunResult is one run.
type RunResult struct {
	Seed       uint32           `json:"seed"`
	Folder     string           `json:"folder"` // in the folder of the comparison
	Summary    *train.Summary   `json:"summary"`
	Epochs     []train.Epoch    `json:"epochs"`
	Evaluation *evaluate.Report `json:"evaluation"`
}

// Classification trains the networks of Gygax & Zenke 2025 by each method of a set from
// several seeds, evaluates each in the mode it was trained in and in the other one, and
// writes to the folder Out: classification.json with every number, classification.md with
// tables, pictures, and the runs themselves in runs.
//
// An interrupted comparison resumes when it is started again: finished runs are kept, and
// the one in progress resumes from its checkpoint. It is an error if a run in the folder
// was made with a different configuration. With a job, only the job's runs are made and
// evaluated, and nothing else is written; the result contains just these runs.
func Classification(ctx context.Context, options ClassificationOptions) (*ClassificationResult, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	c := comparison{
		ClassificationOptions: options,
		settings:              classificationSettings(options.Quick),
		configure:             options.config,
	}
	return c.run(ctx)
}

// comparison is a comparison in progress.
type comparison struct {
	ClassificationOptions
	team      *engine.Team // nil for one process
	settings  evaluate.Settings
	configure func(method Method) (train.Config, error)
}

func (c *comparison) run(ctx context.Context) (*ClassificationResult, error) {
	c.team, _ = engine.Join(ctx, c.Exchange) // trainings and evaluations agree on contexts of their own
	set, err := chooseSet(c.Set, c.ClassificationOptions.Methods)
	if err != nil {
		return nil, err
	}
	result := &ClassificationResult{Data: c.Data, Set: set.Key, Quick: c.Quick, Tuned: c.Tuned, Settings: c.settings}
	if c.Smoothness != 0 {
		result.Smoothness = &c.Smoothness
	}
	config, err := c.configure(set.Methods[0])
	if err != nil {
		return nil, err
	}
	result.Steps, result.StepLength = config.Data.Steps, config.Data.StepLength
	var keys []string
	for _, method := range set.Methods {
		result.Methods = append(result.Methods, MethodResult{Method: method})
		keys = append(keys, method.Key)
	}
	if err := c.team.Same(fmt.Sprint(keys, c.Seeds, c.Job)); err != nil { // configurations are compared by each training
		return nil, err
	}
	for seed := range c.Seeds {
		for i := range result.Methods {
			m := &result.Methods[i]
			if !c.Job.has(seed*len(result.Methods) + i) {
				continue
			}
			c.note("%s, seed %d of %d", m.Name, seed+1, c.Seeds)
			run, err := c.one(ctx, m.Method, uint32(seed+1))
			if err != nil {
				return nil, c.explain(ctx, err)
			}
			m.Runs = append(m.Runs, *run)
		}
	}
	if c.Job.Number > 0 {
		return result, nil
	}
	for i := range result.Methods {
		result.Methods[i].summarise()
	}
	for i := range result.Methods[1:] {
		result.Differences = append(result.Differences, accuracyDifference(&result.Methods[i+1], &result.Methods[0]))
	}
	return result, c.team.First(func() error { return result.write(c.Out) })
}

// classificationSettings are the settings for evaluating runs.
func classificationSettings(quick bool) evaluate.Settings {
	settings := evaluate.DefaultSettings()
	if quick {
		settings.Trials, settings.FanoSamples = 5, 2
	}
	return settings
}

// InterruptedError reports that a reproduction was cancelled. It wraps the context's error.
type InterruptedError struct {
	Folder string
	Cause  error
}

func (e *InterruptedError) Error() string {
	return fmt.Sprintf("interrupted: the same command resumes from what is in %s", e.Folder)
}

func (e *InterruptedError) Unwrap() error { return e.Cause }

func explainInterruption(ctx context.Context, err error, folder string) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return &InterruptedError{folder, ctx.Err()}
	}
	return err
}

// explain extends explainInterruption to comparisons over ranks, where another process may
// have been interrupted.
func (c *comparison) explain(ctx context.Context, err error) error {
	if c.team != nil && engine.Agreed(err) && errors.Is(err, context.Canceled) {
		return engine.MarkAgreed(&InterruptedError{c.Out, context.Canceled})
	}
	return explainInterruption(ctx, err, c.Out)
}

func (c *comparison) note(format string, values ...any) {
	if c.Note != nil && c.team.Leads() {
		c.Note(fmt.Sprintf(format, values...))
	}
}

// one makes one run and its evaluation, or whatever is missing of them.
func (c *comparison) one(ctx context.Context, method Method, seed uint32) (*RunResult, error) {
	config, err := c.configure(method)
	if err != nil {
		return nil, err
	}
	config.Seed = seed
	name := filepath.Join("runs", fmt.Sprintf("%s-seed%d", method.Key, seed))
	folder := filepath.Join(c.Out, name)
	result := &RunResult{Seed: seed, Folder: filepath.ToSlash(name)}
	if result.Summary, err = c.train(ctx, config, folder); err != nil {
		return nil, err
	}
	if result.Epochs, err = train.ReadEpochs(folder); err != nil {
		return nil, err
	}
	result.Evaluation, err = c.evaluate(ctx, folder, result.Summary)
	return result, err
}

// train starts the run in a folder, resumes it, or reads its summary if it is finished.
func (c *comparison) train(ctx context.Context, config train.Config, folder string) (*train.Summary, error) {
	options := train.Options{
		Folder: folder, Open: c.Open, Workers: c.Workers, PassSamples: c.PassSamples, NoPictures: true, Exchange: c.Exchange,
	}
	if c.Observer != nil && c.team.Leads() {
		options.Observer = c.Observer(folder)
	}
	begun, err := c.team.Ask(func() (bool, error) {
		_, err := train.ReadConfig(folder)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return nil, err
	}
	if !begun {
		return train.Run(ctx, config, options)
	}
	// Resuming also compares the configurations.
	summary, err := train.Resume(ctx, config, options)
	if err == nil || c.team != nil && !engine.Agreed(err) {
		return summary, err
	}
	finished, failed := c.team.Ask(func() (bool, error) {
		var finished *train.FinishedError
		return errors.As(err, &finished), nil
	})
	switch {
	case failed != nil:
		return nil, failed
	case !finished:
		return nil, err
	}
	return train.ReadSummary(folder)
}

// evaluate measures a finished run, unless that has already been done. Pictures are drawn
// only for the first seed.
func (c *comparison) evaluate(ctx context.Context, folder string, summary *train.Summary) (*evaluate.Report, error) {
	target := filepath.Join(folder, "evaluation")
	done, err := c.team.Ask(func() (bool, error) {
		found, err := evaluate.Read(target)
		return err == nil && found.Settings == c.settings && found.WeightsSHA256 == summary.WeightsSHA256, nil
	})
	if err != nil {
		return nil, err
	}
	if done {
		return evaluate.Read(target)
	}
	c.note("evaluating %s", folder)
	return evaluate.Run(ctx, folder, evaluate.Options{
		Settings: c.settings, Folder: target, Open: c.Open, Workers: c.Workers, PassSamples: c.PassSamples,
		NoPictures: summary.Seed != 1, Exchange: c.Exchange,
	})
}
