package data

import (
	"fmt"
	"strings"
)

// pathRule is whether a dataset lies in a file.
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
	defaults func(*Options)
	validate func(*Options) error
	open     func(*Options) (Split, error)
}

// kinds is every kind of dataset there is.
func kinds() []kind {
	return []kind{
		{"digits", "digits or digits:PATH.csv[.gz]", "handwritten digits, built in; or samples of your own, one a line: values, label",
			pathOptional, defaultDigits, validateDigits, openDigits},
		{"randman", "randman", "spike trains on smooth random manifolds, generated",
			pathNone, defaultRandman, validateRandman, openRandman},
		{"shd", "shd:DIR", "Spiking Heidelberg Digits: shd_train.h5[.gz] and shd_test.h5[.gz] in a folder",
			pathRequired, defaultHeidelberg, validateEvents, openEvents},
		{"ssc", "ssc:DIR", "Spiking Speech Commands: ssc_train.h5[.gz], ssc_valid.h5[.gz] and ssc_test.h5[.gz] in a folder",
			pathRequired, defaultHeidelberg, validateEvents, openEvents},
		{"spoken", "spoken:DIR", "spoken digits: spoken_digits_train.h5[.gz] and spoken_digits_test.h5[.gz] in a folder",
			pathRequired, defaultSpoken, validateEvents, openEvents},
	}
}

// Spec describes one way to name a dataset.
type Spec struct{ Form, About string }

// Specs lists what [Open] opens.
func Specs() []Spec {
	var specs []Spec
	for _, k := range kinds() {
		specs = append(specs, Spec{k.form, k.about})
	}
	return specs
}

func findKind(name string) (kind, error) {
	var forms []string
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
		forms = append(forms, k.form)
	}
	return kind{}, fmt.Errorf("dataset %q asked for; there are: %s", name, strings.Join(forms, ", "))
}

// Defaults are complete options for a dataset named as NAME or NAME:PATH. A
// configuration file is best decoded over them.
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

// Open opens the dataset that spec, NAME or NAME:PATH, names, in the form that
// options say; an empty spec stands for options.Name and options.Path. The
// options must be complete, as from [Defaults].
//
// Which samples are test samples depends on options.SplitSeed alone (or on the
// file, where a dataset has one for testing); which are validation samples also on
// options.Seed, the seed of the run.
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
	return k.open(&options)
}
