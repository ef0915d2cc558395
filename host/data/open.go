package data

import (
	"fmt"
	"path/filepath"
	"strings"
)

// pathRule specifies whether a dataset needs a path.
type pathRule int

const (
	pathNone pathRule = iota
	pathOptional
	pathRequired
)

// kind is a kind of dataset.
type kind struct {
	name     string
	form     string // of its specification
	about    string
	path     pathRule
	reader   string // kinds with the same reader accept each other's files and options
	encoded  bool   // it holds numbers, which an encoder turns into spikes
	bare     bool   // it may come without labels
	divided  bool   // it may come divided into parts for training, validation and test
	shaped   bool   // it may have rows and columns
	known    func(*Options) Known
	defaults func(*Options)
	validate func(*Options) error
	open     func(*Options) (Split, error)
}

// kinds returns every kind of dataset: the command line, the configuration and the documentation
// list these.
func kinds() []kind {
	recorded := func(name, form, about string, defaults func(*Options)) kind {
		return kind{
			name: name, form: form, about: about, path: pathRequired, reader: name, divided: true,
			known:    func(o *Options) Known { return Known{Channels: o.Events.channels()} },
			defaults: defaults, validate: validateEvents, open: openEvents,
		}
	}
	return []kind{
		{
			name: "digits", form: "digits", about: "handwritten digits of 8×8 pixels, built in; `digits:FILE` is `csv:FILE`",
			path: pathOptional, reader: "csv", encoded: true, known: knownDigits,
			defaults: defaultDigits, validate: validateDigits, open: openDigits,
		},
		{
			name: "randman", form: "randman", about: "spike trains on smooth random manifolds, generated",
			known:    func(o *Options) Known { return Known{Channels: o.Randman.Channels, Classes: o.Randman.Classes} },
			defaults: defaultRandman, validate: validateRandman, open: openRandman,
		},
		{
			name: "moving-digits", form: "moving-digits", about: "the built-in digits moving in front of a simulated event camera of 34×34 pixels and two polarities, generated",
			shaped: true, known: knownMoving, defaults: defaultMoving, validate: validateMoving, open: openMoving,
		},
		{
			name: "csv", form: "csv:FILE", about: "your own numbers in a text file, optionally gzipped: one sample per line, its label last",
			path: pathRequired, reader: "csv", encoded: true, bare: true, known: knownDigits,
			defaults: defaultDigits, validate: validateDigits, open: openDigits,
		},
		{
			name: "npz", form: "npz:FILE", about: "your own spikes, saved with NumPy: `x`, an array of 0 and 1 or a list of spikes, and the labels `y`",
			path: pathRequired, bare: true, shaped: true, known: func(*Options) Known { return Known{} },
			defaults: defaultNPZ, validate: validateNPZ, open: openNPZ,
		},
		{
			name: "events", form: "events:DIR", about: "recordings of an event camera in a folder: N-MNIST, DVS128 Gesture, or your own in HDF5 or NumPy files",
			path: pathRequired, divided: true, shaped: true, known: knownCamera,
			defaults: defaultEventFiles, validate: validateCamera, open: openEventFiles,
		},
		recorded("shd", "shd:DIR", "Spiking Heidelberg Digits: `shd_train.h5` and `shd_test.h5` in a folder, optionally gzipped", defaultHeidelberg),
		recorded("ssc", "ssc:DIR", "Spiking Speech Commands: `ssc_train.h5`, `ssc_valid.h5` and `ssc_test.h5` in a folder, optionally gzipped", defaultHeidelberg),
		recorded("spoken", "spoken:DIR", "spoken digits: `spoken_digits_train.h5` and `spoken_digits_test.h5` in a folder, optionally gzipped", defaultSpoken),
	}
}

// Spec describes one way to name a dataset; About is in Markdown.
type Spec struct{ Name, Form, About string }

// Specs lists what [Open] opens.
func Specs() []Spec {
	var specs []Spec
	for _, k := range kinds() {
		specs = append(specs, Spec{k.name, k.form, k.about})
	}
	return specs
}

// Forms lists the names of datasets in one line.
func Forms() string {
	var forms []string
	for _, k := range kinds() {
		forms = append(forms, k.form)
	}
	return strings.Join(forms, ", ")
}

func findKind(name string) (kind, error) {
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
	}
	meant := ""
	switch filepath.Ext(strings.TrimSuffix(name, ".gz")) {
	case ".csv", ".txt", ".tsv":
		meant = fmt.Sprintf(" (did you mean csv:%s?)", name)
	case ".npz":
		meant = fmt.Sprintf(" (did you mean npz:%s?)", name)
	}
	return kind{}, fmt.Errorf("dataset %q is unknown%s; want one of %s", name, meant, Forms())
}

// SameReader reports whether the datasets with two names are read by the same reader, with the
// same options.
func SameReader(name, other string) bool {
	a, err := findKind(name)
	b, otherErr := findKind(other)
	return name == other || err == nil && otherErr == nil && a.reader != "" && a.reader == b.reader
}

// Encoded reports whether the data are numbers, which the encoder turns into spikes.
func (o *Options) Encoded() bool {
	k, err := findKind(o.Name)
	return err == nil && k.encoded
}

// Divided reports whether the data may come divided into parts for training, validation and test.
func (o *Options) Divided() bool {
	k, err := findKind(o.Name)
	return err == nil && k.divided
}

// Shaped reports whether the data may have rows and columns: see [Shape].
func (o *Options) Shaped() bool {
	k, err := findKind(o.Name)
	return err == nil && k.shaped
}

// Known is what options determine about the data before they are opened; zero for what only the
// data determine.
type Known struct {
	Channels int // of the input
	Shape    Shape
	Classes  int
}

// Known returns what valid options determine.
func (o *Options) Known() Known {
	k, err := findKind(o.Name)
	if err != nil {
		return Known{}
	}
	return k.known(o)
}

// Defaults returns complete options for a dataset named as NAME or NAME:PATH. A configuration
// file is best decoded over them.
func Defaults(spec string) (Options, error) {
	options := Options{StepLength: 0.002, Validation: 0.1, MinKept: 0.05, Augment: Augment{Jitter: "gaussian"}}
	options.Name, options.Path = cutSpec(spec)
	k, err := findKind(options.Name)
	if err != nil {
		return Options{}, err
	}
	k.defaults(&options)
	return options, nil
}

// Open opens the dataset named by spec, NAME or NAME:PATH, in the form specified by options; an
// empty spec stands for options.Name and options.Path. The options must be complete, as from
// [Defaults].
//
// The choice of test samples depends only on options.SplitSeed (or on the file, if the dataset
// has one for testing); that of validation samples also on options.Seed, the seed of the run.
func Open(spec string, options Options) (Split, error) {
	if spec != "" {
		options.Name, options.Path = cutSpec(spec)
	}
	if err := options.Validate(); err != nil {
		return Split{}, err
	}
	k, err := findKind(options.Name)
	if err != nil {
		return Split{}, err
	}
	if options.Unlabelled > 0 && !k.bare {
		return Split{}, fmt.Errorf("%s needs labels: only csv:FILE and npz:FILE may come without them", k.form)
	}
	return k.open(&options)
}
