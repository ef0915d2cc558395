package data

import (
	"fmt"
	"math"
	"strings"
)

// Options specifies a dataset and its form. [Defaults] returns complete ones for a dataset; only the fields
// that concern the dataset and the encoder are used.
type Options struct {
	Name       string  `toml:"name"`        // which dataset: see Specs
	Path       string  `toml:"path"`        // its file or folder, if it has one
	Steps      int     `toml:"steps"`       // T: 50 for digits, 100 for randman, 350 for shd and ssc, 175 for spoken
	StepLength float64 `toml:"step_length"` // dt, seconds: 0.002, 0.004 for spoken
	Validation float64 `toml:"validation"`  // share of all samples (shd, ssc, spoken: of the training file) for validation: 0.1
	Test       float64 `toml:"test"`        // share of all samples for testing: digits 0.2, randman 0.1; 0 for datasets with test files
	SplitSeed  uint32  `toml:"split_seed"`  // chooses the test samples, which do not depend on the seed of the run: 0
	MinKept    float64 `toml:"min_kept"`    // smallest share of spikes that must fall in the steps, otherwise reading fails: 0.05; 0 for any
	Seed       uint32  `toml:"-"`           // of the run: chooses the validation samples and what random encoders draw

	// Cache is the folder in which binned spikes of recordings are cached, to read them faster the next
	// time; empty stands for spikegrad/spikes in the user's cache folder, used only for files, or folders of
	// events, of at least 4 MiB; [NoCache] for none. It does not affect the data.
	Cache string `toml:"-"`

	// Lenient turns the errors that report that almost nothing is left of the data into notes.
	Lenient bool `toml:"-"`

	// Unlabelled is the number of classes of data without labels; 0 for data with labels. Data without
	// labels are not divided: every part is all of them.
	Unlabelled int `toml:"-"`

	Maximum float64      `toml:"maximum"` // csv: the value that is full intensity; 0 stands for the largest in the file
	Header  bool         `toml:"header"`  // csv: the first line of the file is a heading
	Encoder Encoder      `toml:"encoder"`
	Randman Randman      `toml:"randman"`
	Events  Events       `toml:"events"`
	Camera  Camera       `toml:"camera"`
	Moving  MovingDigits `toml:"moving_digits"`
	Augment Augment      `toml:"augment"`
}

// Encoder specifies how real numbers from 0 to 1 become spikes.
type Encoder struct {
	Kind      string  `toml:"kind"`      // latency (default) or poisson
	Threshold float64 `toml:"threshold"` // latency: values up to this are silent: 0.2
	Tau       float64 `toml:"tau"`       // latency: time constant of the encoding neuron, seconds: 0.02
	MaxRate   float64 `toml:"max_rate"`  // poisson: spikes per second at full intensity: 100
}

// Randman specifies the random manifolds to generate.
type Randman struct {
	Channels        int     `toml:"channels"`          // units, the embedding dimension E: 20
	Dimensions      int     `toml:"dimensions"`        // of a manifold, D: 1
	Smoothness      float64 `toml:"smoothness"`        // α: 0.5
	Classes         int     `toml:"classes"`           // 15
	SamplesPerClass int     `toml:"samples_per_class"` // 1000
	StepFraction    float64 `toml:"step_fraction"`     // share of the steps that may have spikes: 1
	Spikes          int     `toml:"spikes"`            // per unit per sample: 1
	Seed            uint32  `toml:"seed"`              // of the manifolds and points, independent of the run's seed: 0
}

// Events specifies how recorded spike times are read.
type Events struct {
	Units          int    `toml:"units"`           // in the file: 700
	Merge          int    `toml:"merge"`           // neighbouring units merged into one input channel: 1
	Binning        string `toml:"binning"`         // snap (default), truncate or float16
	TrainFile      string `toml:"train_file"`      // in the folder; empty stands for NAME_train.h5 or .h5.gz
	ValidationFile string `toml:"validation_file"` // empty stands for NAME_valid.h5 or .h5.gz if there is one
	TestFile       string `toml:"test_file"`       // empty stands for NAME_test.h5 or .h5.gz
}

// maxSteps bounds the memory of a sample.
const maxSteps = 100_000

// maxStoredSpikes bounds the memory of generated data.
const maxStoredSpikes = 1 << 31

// Validate returns a one-line error for the first value that is not allowed: key, value, what is allowed.
func (o *Options) Validate() error {
	k, err := findKind(o.Name)
	if err != nil {
		return err
	}
	return firstError(
		requirePath(k, o.Path),
		require(!o.Header || k.reader == "csv" && o.Path != "", "header", o.Header, "false: only a CSV file has a heading"),
		require(o.Steps >= 1 && o.Steps <= maxSteps, "steps", o.Steps, fmt.Sprintf("1 to %d", maxSteps)),
		require(positive(o.StepLength), "step_length", o.StepLength, "a number of seconds above 0"),
		require(o.Validation >= 0 && o.Validation < 1, "validation", o.Validation, "a share of at least 0 and below 1"),
		require(o.Test >= 0 && o.Test < 1, "test", o.Test, "a share of at least 0 and below 1"),
		require(o.MinKept >= 0 && o.MinKept <= 1, "min_kept", o.MinKept, "a share from 0 to 1"),
		require(o.Test+o.Validation < 1, "test", o.Test, fmt.Sprintf("less than what validation = %g leaves", o.Validation)),
		o.Augment.validate(o),
		k.validate(o),
	)
}

func validateDigits(o *Options) error {
	if err := require(o.Maximum == 0 || positive(o.Maximum), "maximum", o.Maximum, "a number above 0, or 0 for the largest in the file"); err != nil {
		return err
	}
	e := &o.Encoder
	switch e.Kind {
	case "latency":
		return firstError(
			require(e.Threshold >= 0x1p-20 && e.Threshold < 1, "encoder.threshold", e.Threshold, "a number from 1e-6 to below 1"),
			require(positive(e.Tau), "encoder.tau", e.Tau, "a number of seconds above 0"),
		)
	case "poisson":
		return firstError(
			require(positive(e.MaxRate), "encoder.max_rate", e.MaxRate, "spikes per second, above 0"),
			require(e.MaxRate*o.StepLength <= 1, "encoder.max_rate", e.MaxRate,
				fmt.Sprintf("at most one spike in a step of %g s", o.StepLength)),
		)
	}
	return require(false, "encoder.kind", e.Kind, "latency or poisson")
}

func validateRandman(o *Options) error {
	r := &o.Randman
	most := func(key string, value, limit int) error {
		return require(value >= 1 && value <= limit, key, value, fmt.Sprintf("1 to %d", limit))
	}
	err := firstError(
		most("randman.channels", r.Channels, maxChannels),
		most("randman.dimensions", r.Dimensions, 1000),
		require(r.Smoothness >= 0.01 && r.Smoothness <= 100, "randman.smoothness", r.Smoothness, "0.01 to 100"),
		most("randman.classes", r.Classes, maxLabel+1),
		most("randman.samples_per_class", r.SamplesPerClass, 1<<24),
		require(r.StepFraction > 0 && r.StepFraction <= 1, "randman.step_fraction", r.StepFraction, "a share above 0 and up to 1"),
		most("randman.spikes", r.Spikes, 1000),
	)
	if err != nil {
		return err
	}
	spikes := float64(r.Channels) * float64(r.Classes) * float64(r.SamplesPerClass) * float64(r.Spikes)
	return require(spikes <= maxStoredSpikes, "randman.samples_per_class", r.SamplesPerClass,
		fmt.Sprintf("such that channels × classes × samples × spikes is at most %d; it is %.0f", maxStoredSpikes, spikes))
}

// requirePath checks whether a path is given if the dataset needs one.
func requirePath(k kind, path string) error {
	if k.path == pathRequired && path == "" {
		return fmt.Errorf("data.path is empty: %s needs one, as in %s", k.name, k.form)
	}
	if k.path == pathNone && path != "" {
		return fmt.Errorf("data.path = %q: %s is not read from a file; leave out the path", path, k.name)
	}
	return nil
}

// refuse ends reading with an error or, if lenient, adds it to the notes.
func (o *Options) refuse(err error, notes []string) ([]string, error) {
	if err == nil || !o.Lenient {
		return notes, err
	}
	return append([]string{err.Error()}, notes...), nil
}

// require returns an error unless ok.
func require(ok bool, key string, found any, allowed string) error {
	if ok {
		return nil
	}
	if text, isText := found.(string); isText {
		found = fmt.Sprintf("%q", text)
	}
	return fmt.Errorf("data.%s = %v: must be %s", key, found, allowed)
}

// positive reports whether x is a finite number above 0.
func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// cutSpec splits NAME:PATH.
func cutSpec(spec string) (name, path string) {
	name, path, _ = strings.Cut(spec, ":")
	return name, path
}
