package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"spikegrad/host/atomicfile"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// Options specify what is measured about a run. The numbers depend only on Settings.
type Options struct {
	Settings
	// Folder is where the report and pictures are written; empty stands for the subfolder
	// evaluation of the run's folder.
	Folder string
	// Open makes an engine; nil stands for the CPU engine.
	Open        func(n *network.Network, options engine.Options) (engine.Engine, error)
	Workers     int // see [train.Options]
	PassSamples int
	Batch       int // presentations at once; 0 for the run's evaluation_batch
	NoPictures  bool
	// Exchange connects the other processes of the evaluation; nil for one process. All make the
	// same calls with the same run and data, share each batch and end with the same report; only
	// rank 0 writes and is observed.
	Exchange engine.Exchange
	// Notes, which may be nil, is called with what was left out when reading the data.
	Notes func(notes []string)
	// Observer, which may be nil, is called with the progress of a measurement.
	Observer func(what string, done, all int)
}

// Settings are what the numbers in a report depend on besides the run.
type Settings struct {
	Part        string      `json:"part"`         // test, validation or train
	Trials      int         `json:"trials"`       // of every sample, for accuracies
	Fano        FanoOptions `json:"fano"`         //
	FanoSamples int         `json:"fano_samples"` // number of samples, evenly spaced, for Fano factors
	Sample      int         `json:"sample"`       // whose rasters are drawn
	Rasters     int         `json:"rasters"`      // trials of the rasters of single neurons
}

// DefaultSettings returns those of the reproduced experiments.
func DefaultSettings() Settings {
	return Settings{Part: "test", Trials: 10, Fano: DefaultFano(), FanoSamples: 4, Rasters: 100}
}

// Report is what was measured about a run: evaluation.json.
type Report struct {
	Settings
	Data          string   `json:"data"`
	Seed          uint32   `json:"seed"`
	Device        string   `json:"device"`
	Driver        string   `json:"driver"`
	WeightsSHA256 string   `json:"weights_sha256"`
	Notes         []string `json:"notes"` // from reading the data
	Trained       Mode     `json:"trained_mode"`
	Other         Mode     `json:"other_mode"` // noise off, or on if trained without
}

// Mode is how a network performs with noise, or without.
type Mode struct {
	Noise       bool         `json:"noise"`
	Performance *Performance `json:"performance"`
	Fano        *Variability `json:"fano"`
}

// reportFile is the name of the report in its folder.
const reportFile = "evaluation.json"

// Run measures the network of a finished run in the mode it was trained in and in the other one,
// and writes evaluation.json, the spikes shown in rasters.json and, as PNG and SVG, for each mode:
// confusion, fano, reliability, raster and, for every layer, trials-layer; for the trained one
// also raster-second, a sample of another class. Without pictures it writes only evaluation.json.
func Run(ctx context.Context, runFolder string, options Options) (*Report, error) {
	folder := options.Folder
	if folder == "" {
		folder = filepath.Join(runFolder, "evaluation")
	}
	team, ctx := engine.Join(ctx, options.Exchange)
	m, err := newMeasurement(team, runFolder, options)
	if err != nil {
		return nil, err
	}
	err = team.First(func() error {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("cannot create the folder for the evaluation: %w; choose another", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := m.measure(ctx); err != nil {
		return nil, err
	}
	return m.report, team.First(func() error { return m.write(folder) })
}

// write writes the report and its pictures. Numbers come first, so that they are not lost if
// drawing fails.
func (m *measurement) write(folder string) error {
	if err := atomicfile.WriteJSON(filepath.Join(folder, reportFile), m.report); err != nil || m.options.NoPictures {
		return err
	}
	if err := atomicfile.WriteJSON(filepath.Join(folder, rastersFile), m.rasters); err != nil {
		return err
	}
	return m.draw(folder)
}

// Measure is Run without files; the rasters are nil without pictures.
func Measure(ctx context.Context, runFolder string, options Options) (*Report, *Rasters, error) {
	team, ctx := engine.Join(ctx, options.Exchange)
	m, err := newMeasurement(team, runFolder, options)
	if err != nil {
		return nil, nil, err
	}
	if err := m.measure(ctx); err != nil {
		return nil, nil, err
	}
	return m.report, m.rasters, nil
}

// Read reads the report from a folder written by [Run].
func Read(folder string) (*Report, error) {
	var report Report
	return &report, readJSON(filepath.Join(folder, reportFile), &report)
}

// readJSON reads a file of an evaluation.
func readJSON(path string, value any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s holds no evaluation: %w", filepath.Dir(path), err)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("%s is not an evaluation file: %w; remove it and evaluate again", path, err)
	}
	return nil
}

// measurement is an evaluation in progress.
type measurement struct {
	options Options
	team    *engine.Team
	config  train.Config
	network *network.Network
	weights [][]float32
	source  data.Source
	report  *Report
	rasters *Rasters // nil without pictures
}

// newMeasurement opens a run and its data, and checks what is requested, which must be the same on
// all ranks.
func newMeasurement(team *engine.Team, runFolder string, options Options) (*measurement, error) {
	if !team.Leads() {
		options.Observer, options.Notes = nil, nil
	}
	m, split, err := openMeasurement(runFolder, options)
	if err = team.Agree(err); err != nil || team == nil {
		return m, err
	}
	m.team = team
	asked := fmt.Sprint(split.Fingerprint(), m.report.WeightsSHA256, m.config.Hash(), m.options.Settings, m.options.Batch, m.options.NoPictures)
	return m, team.Same(asked)
}

// openMeasurement is newMeasurement for this process alone.
func openMeasurement(runFolder string, options Options) (m *measurement, split data.Split, err error) {
	config, model, err := train.ReadRun(runFolder)
	if err != nil {
		return nil, split, err
	}
	split, n, err := train.Prepare(&config)
	if err != nil {
		return nil, split, err
	}
	if options.Notes != nil {
		options.Notes(split.Notes)
	}
	weights, err := model.Weights(n)
	if err != nil {
		return nil, split, fmt.Errorf("the run in %s does not fit %s: %w", runFolder, config.Data.Name, err)
	}
	m = &measurement{options: options, config: config, network: n, weights: weights}
	if m.source, err = split.Samples(options.Part); err != nil {
		return nil, split, err
	}
	if m.options.Batch == 0 {
		m.options.Batch = config.Training.EvaluationBatch
	}
	if !options.NoPictures {
		if err := (&Subject{Network: n, Source: m.source, Batch: 1}).check([]int{options.Sample}, options.Rasters); err != nil {
			return nil, split, err
		}
		m.rasters = &Rasters{}
	}
	m.report = &Report{
		Settings: options.Settings, Data: config.Data.Name, Seed: config.Seed,
		WeightsSHA256: train.WeightsSHA256(weights), Notes: split.Notes,
	}
	return m, split, nil
}

// measure fills in the report and the rasters.
func (m *measurement) measure(ctx context.Context) (err error) {
	defer func() { err = m.team.End(ctx, err) }()
	var trained, other ModeRasters
	if m.report.Trained, err = m.mode(ctx, m.network, "", &trained); err != nil {
		return err
	}
	if m.report.Other, err = m.mode(ctx, m.network.OtherMode(), otherSuffix, &other); err != nil {
		return err
	}
	if m.rasters != nil {
		*m.rasters = Rasters{trained, other}
	}
	return nil
}

// otherSuffix ends file names of the other mode.
const otherSuffix = "-other-mode"

// mode measures a network and, with pictures, records rasters.
func (m *measurement) mode(ctx context.Context, n *network.Network, suffix string, rasters *ModeRasters) (mode Mode, err error) {
	e, err := m.team.Open(n, m.options.Open, engine.Options{Seed: m.config.Seed, Workers: m.options.Workers, PassSamples: m.options.PassSamples})
	if err != nil {
		return mode, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := m.team.Agree(e.SetWeights(m.weights)); err != nil {
		return mode, err
	}
	described := e.Describe()
	m.report.Device, m.report.Driver = described.Device, described.Driver
	mode.Noise = Noisy(n)
	subject := &Subject{Engine: e, Network: n, Source: m.source, Batch: m.options.Batch, Workers: m.options.Workers, part: m.team.Part()}
	subject.Each = m.progress("accuracy", suffix)
	mode.Performance, err = Accuracy(ctx, subject, nil, m.options.Trials)
	if err != nil {
		return mode, err
	}
	subject.Each = m.progress("Fano factors", suffix)
	mode.Fano, err = Fano(ctx, subject, evenlySpaced(m.source.Len(), m.options.FanoSamples), m.options.Fano)
	if err != nil || m.rasters == nil {
		return mode, err
	}
	subject.Each = m.progress("rasters", suffix)
	return mode, m.record(ctx, subject, suffix == "", rasters)
}

func (m *measurement) progress(what, suffix string) func(done, all int) {
	if m.options.Observer == nil {
		return nil
	}
	if suffix != "" {
		what += " in the other mode"
	}
	return func(done, all int) { m.options.Observer(what, done, all) }
}

// Noisy reports whether any layer of a network has escape noise.
func Noisy(n *network.Network) bool {
	return slices.ContainsFunc(n.Layers, func(l network.Layer) bool { return l.Noise.Kind != "threshold" })
}

// evenlySpaced returns up to count of n samples.
func evenlySpaced(n, count int) []int {
	var samples []int
	for i := range min(count, n) {
		samples = append(samples, i*n/min(count, n))
	}
	return samples
}
