package data

import (
	"bytes"
	_ "embed"
	"fmt"
)

//go:embed handwritten_digits.csv.gz
var handwrittenDigits []byte

//go:embed handwritten_digits.NOTICE.txt
var attribution string

// Attribution states the origin, the authors and the licence of the built-in digits.
func Attribution() string { return attribution }

func defaultDigits(o *Options) {
	o.Steps = 50
	o.Test = 0.2
	if o.Path == "" {
		o.Maximum = 16
	}
	o.Encoder = Encoder{Kind: "latency", Threshold: 0.2, Tau: 0.02, MaxRate: 100}
}

func knownDigits(o *Options) Known {
	if o.Path == "" {
		return Known{Channels: 64, Classes: 10}
	}
	return Known{}
}

// openDigits opens the built-in digits or a file in their format.
func openDigits(o *Options) (Split, error) {
	var t *table
	var err error
	name := "built-in digits"
	if o.Path == "" {
		t, err = readTable(bytes.NewReader(handwrittenDigits), name, o)
	} else {
		name = o.Path
		t, err = readTableFile(o.Path, o)
	}
	if err != nil {
		return Split{}, err
	}
	about := description{
		name: o.Name, channels: t.columns, classNames: numberedClasses(t.classes()),
		steps: o.Steps, stepLength: o.StepLength,
	}
	if o.Encoder.Kind == "poisson" {
		return splitTable(encodePoisson(about, t, o.Encoder.MaxRate, o.Seed), o, t.notes, t.maximum)
	}
	encoded, late := encodeLatency(about, t, o.Encoder.Threshold, o.Encoder.Tau)
	notes := t.notes
	if late > 0 {
		notes = append(notes, fmt.Sprintf("%s: %s after step %d, dropped", name, counted(late, "spike"), o.Steps-1))
	}
	if notes, err = o.refuse(latencyVanished(name, len(encoded.channels), late, o), notes); err != nil {
		return Split{}, err
	}
	return splitTable(encoded, o, notes, t.maximum)
}

// splitTable divides samples, and adds notes and the value that became full intensity.
func splitTable(source Source, o *Options, notes []string, maximum float64) (Split, error) {
	found, err := splitNoted(source, o, notes)
	found.Maximum = maximum
	return found, err
}

// splitNoted divides samples and adds notes.
func splitNoted(source Source, o *Options, notes []string) (Split, error) {
	parts, err := split(source, o)
	parts.Notes = notes
	return parts, err
}

// latencyVanished returns an error if almost none of the spikes of a table fall in the
// steps.
func latencyVanished(name string, kept, late int, o *Options) error {
	switch {
	case o.MinKept == 0 || float64(kept) >= o.MinKept*float64(kept+late) && kept > 0:
		return nil
	case late == 0:
		return fmt.Errorf("%s: no value is above data.encoder.threshold = %g of the maximum, so there are no spikes (set data.min_kept = 0 to use the file anyway)",
			name, o.Encoder.Threshold)
	}
	return fmt.Errorf("%s: %d of %s fall in the %d steps of %g s: data.encoder.tau = %g and data.step_length must both be in seconds (data.min_kept = 0 uses it anyway)",
		name, kept, counted(kept+late, "spike"), o.Steps, o.StepLength, o.Encoder.Tau)
}
