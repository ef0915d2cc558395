package data

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
)

func defaultHeidelberg(o *Options) {
	o.Steps = 350
	o.Events = Events{Units: 700, Merge: 1, Binning: binSnap}
}

func defaultSpoken(o *Options) {
	defaultHeidelberg(o)
	o.Steps, o.StepLength = 175, 0.004
}

// channels returns the number of input channels that the units form.
func (e *Events) channels() int { return (e.Units + e.Merge - 1) / e.Merge }

func validateEvents(o *Options) error {
	e := &o.Events
	return firstError(
		require(o.Test == 0, "test", o.Test, "0: "+o.Name+" has its own test file"),
		require(e.Units >= 1 && e.Units <= maxChannels, "events.units", e.Units, fmt.Sprintf("1 to %d", maxChannels)),
		require(e.Merge >= 1 && e.Merge <= e.Units, "events.merge", e.Merge, fmt.Sprintf("1 to %d", e.Units)),
		require(e.Binning == binSnap || e.Binning == binTruncate || e.Binning == binFloat16, "events.binning", e.Binning,
			"snap, truncate or float16"),
		require(e.Binning != binFloat16 || 1/o.StepLength <= 65504, "step_length", o.StepLength,
			"at least 1/65504 s with binning float16"),
	)
}

// openEvents opens a folder of recorded spikes. Without a validation file,
// validation samples are drawn from the training file.
func openEvents(o *Options) (Split, error) {
	prefix := o.Name
	if o.Name == "spoken" {
		prefix = "spoken_digits"
	}
	var sources []*stored // training, validation if it has a file, test
	var notes []string
	for _, part := range []struct {
		named, suffix string
		optional      bool
	}{
		{o.Events.TrainFile, "train", false},
		{o.Events.ValidationFile, "valid", true},
		{o.Events.TestFile, "test", false},
	} {
		path, err := findEventFile(o.Path, part.named, prefix+"_"+part.suffix+".h5")
		if part.optional && part.named == "" && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Split{}, err
		}
		source, note, err := loadEvents(path, o)
		if err != nil {
			return Split{}, err
		}
		sources = append(sources, source)
		notes = append(notes, note...)
	}
	shareClasses(sources)
	last := len(sources) - 1
	train := sources[0]
	if last == 2 {
		return Split{Train: train, Validation: sources[1], Test: sources[last], Notes: notes}, nil
	}
	parts, err := split(train, o)
	if err != nil {
		return Split{}, err
	}
	parts.Test, parts.Notes = sources[last], notes
	return parts, nil
}

// findEventFile returns the named file in a folder or, without a name, the one
// with the usual name, gzipped or not.
func findEventFile(folder, named, usual string) (string, error) {
	candidates := []string{usual, usual + ".gz"}
	if named != "" {
		candidates = []string{named}
	}
	for _, name := range candidates {
		if !filepath.IsAbs(name) {
			name = filepath.Join(folder, name)
		}
		if _, err := os.Stat(name); err == nil {
			return name, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("looking for recorded spikes: %w", err)
		}
	}
	return "", fmt.Errorf("recorded spikes: looked for %s in folder %q: %w", strings.Join(candidates, " and "), folder, fs.ErrNotExist)
}

// binEvents sorts the spikes of a file into steps; see [binning].
func binEvents(file *eventFile, o *Options) (*stored, error) {
	s := &stored{
		description: description{
			name: o.Name, channels: o.Events.channels(), steps: o.Steps, stepLength: o.StepLength, classNames: file.keys,
		},
		recorded: newRecorded(),
	}
	timeType, unitType := file.times.Type(), file.units.Type()
	s.reserve(len(file.labels), int(file.units.Size())/unitType.Size)
	p, err := file.timePrecision()
	if err != nil {
		return nil, err
	}
	step := binning(o, p)
	spikes := newRaster(o.Steps, o.Events.channels())
	var finite []float64
	for sample, label := range file.labels {
		times, err := file.times.Row(sample)
		if err != nil {
			return nil, err
		}
		units, err := file.units.Row(sample)
		if err != nil {
			return nil, err
		}
		count := len(times) / timeType.Size
		if found := len(units) / unitType.Size; found != count {
			return nil, fmt.Errorf("%s, /spikes/units, row %d: %d units found, but %d times", file.path, sample, found, count)
		}
		if count == 0 {
			s.recorded.Empty++
		}
		finite = finite[:0]
		for i := range count {
			unit := unitType.Integer(units, i)
			if unit < 0 || unit >= int64(o.Events.Units) {
				return nil, fmt.Errorf("%s, /spikes/units, row %d: unit %d found, 0 to %d is allowed (key events.units)",
					file.path, sample, unit, o.Events.Units-1)
			}
			time := timeType.Float(times, i)
			if math.IsNaN(time) || math.IsInf(time, 0) {
				s.recorded.NotFinite++
				continue
			}
			finite = append(finite, time)
			switch bin := step(time); {
			case time < 0:
				s.recorded.Negative++
				s.recorded.Outside++
			case bin >= float64(o.Steps):
				s.recorded.Outside++
			case !spikes.mark(int(bin), int(unit)/o.Events.Merge):
				s.recorded.Merged++
			}
		}
		s.recorded.include(finite)
		s.recorded.Spikes += count
		s.add(label, spikes)
	}
	s.recorded.settle()
	return s, nil
}

// shareClasses gives the files of a dataset the same classes: the names in the
// training file if they cover the labels, otherwise numbers.
func shareClasses(sources []*stored) {
	classes := uint32(0)
	for _, s := range sources {
		for _, label := range s.labels {
			classes = max(classes, label+1)
		}
	}
	names := sources[0].classNames
	if len(names) < int(classes) {
		names = numberedClasses(int(classes))
	}
	for _, s := range sources {
		s.classNames = names
	}
}
