package data

import (
	"bytes"
	_ "embed"
)

//go:embed handwritten_digits.csv.gz
var handwrittenDigits []byte

//go:embed handwritten_digits.NOTICE.txt
var attribution string

// Attribution says where the built-in digits are from, who made them, and under
// which licence they are passed on.
func Attribution() string { return attribution }

func defaultDigits(o *Options) {
	o.Steps = 50
	o.Test = 0.2
	if o.Path == "" {
		o.Maximum = 16
	}
	o.Encoder = Encoder{Kind: "latency", Threshold: 0.2, Tau: 0.02, MaxRate: 100}
}

// openDigits opens the built-in digits or a file like them.
func openDigits(o *Options) (Split, error) {
	var t *table
	var err error
	if o.Path == "" {
		t, err = readTable(bytes.NewReader(handwrittenDigits), "built-in digits", o.Maximum)
	} else {
		t, err = readTableFile(o.Path, o.Maximum)
	}
	if err != nil {
		return Split{}, err
	}
	about := description{
		name: "digits", channels: t.columns, classNames: numberedClasses(t.classes()),
		steps: o.Steps, stepLength: o.StepLength,
	}
	if o.Encoder.Kind == "poisson" {
		return split(encodePoisson(about, t, o.Encoder.MaxRate, o.Seed), o)
	}
	return split(encodeLatency(about, t, o.Encoder.Threshold, o.Encoder.Tau), o)
}
