package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Inspection describes a dataset before training.
type Inspection struct {
	Data       string      `json:"data"`
	Channels   int         `json:"channels"`
	Shape      []int       `json:"shape,omitempty"` // channels, height and width; omitted for a plain row
	Classes    int         `json:"classes"`
	ClassNames []string    `json:"class_names"`
	Steps      int         `json:"steps"`
	StepLength float64     `json:"step_length"` // seconds
	Parts      []Inspected `json:"parts"`
	Notes      []string    `json:"notes"`
	sources    []Source    // [part]
}

// Inspected describes the samples of a part. Spikes are counted as a network receives them: at most
// one per channel per step.
type Inspected struct {
	Part         string    `json:"part"` // train, validation, test; or the name of a single file
	Samples      int       `json:"samples"`
	Empty        int       `json:"empty"` // samples without spikes within the steps
	Spikes       int       `json:"spikes"`
	MinSpikes    int       `json:"min_spikes"` // of a sample
	MedianSpikes float64   `json:"median_spikes"`
	MaxSpikes    int       `json:"max_spikes"`
	LastStep     int       `json:"last_step"`     // last with a spike, from 0; -1 if there is none
	ClassCounts  []int     `json:"class_counts"`  // [class]: samples
	ChannelRates []float64 `json:"channel_rates"` // [channel]: spikes per second, mean over samples and steps
	Recorded     *Recorded `json:"recorded"`      // of the file; null where there is none
}

// InspectionOptions specifies the form in which a dataset is inspected.
type InspectionOptions struct {
	Steps      int     // 0 for the dataset's default
	StepLength float64 // seconds; 0 for the dataset's default
	Encoder    Encoder // of numbers into spikes; the zero value for the dataset's default
	Header     bool    // the first line of a CSV file is a heading
	Cache      string  // as [Options.Cache]
}

// Inspect opens a dataset, named as for [Open], or a file or folder of recordings or digits, and
// inspects all of its samples. Nothing is set apart for validation.
func Inspect(ctx context.Context, what string, o InspectionOptions) (*Inspection, error) {
	options, single, err := inspected(what)
	if err != nil {
		return nil, err
	}
	options.Validation, options.Test, options.Cache, options.Lenient = 0, 0, o.Cache, true
	options.Header = o.Header
	if o.Steps != 0 {
		options.Steps = o.Steps
	}
	if o.StepLength != 0 {
		options.StepLength = o.StepLength
	}
	if o.Encoder.Kind != "" {
		options.Encoder = o.Encoder
	}
	var split Split
	if single {
		split, err = openSingle(&options)
	} else {
		split, err = Open("", options)
	}
	if err != nil {
		return nil, err
	}
	first := split.Train
	found := &Inspection{
		Data: what, Channels: first.Channels(), Classes: first.Classes(), ClassNames: first.ClassNames(),
		Steps: first.Steps(), StepLength: first.StepLength(), Notes: split.Notes,
	}
	if shape := first.Shape(); shape != (Shape{}) {
		found.Shape = []int{shape.Channels, shape.Height, shape.Width}
	}
	for _, part := range []struct {
		name   string
		source Source
	}{{"train", split.Train}, {"validation", split.Validation}, {"test", split.Test}} {
		if part.source == nil || part.source.Len() == 0 {
			continue
		}
		name := part.name
		if single {
			name = filepath.Base(options.Path)
		}
		one, err := inspectSource(ctx, name, part.source)
		if err != nil {
			return nil, err
		}
		found.Parts = append(found.Parts, one)
		found.sources = append(found.sources, part.source)
	}
	return found, nil
}

// inspected returns options for what is named: NAME, NAME:PATH, or a path. single reports whether
// it is a single file of recordings.
func inspected(what string) (options Options, single bool, err error) {
	name, _ := cutSpec(what)
	if _, err := findKind(name); err == nil {
		options, err := Defaults(what)
		return options, false, err
	}
	info, err := os.Stat(what)
	if errors.Is(err, fs.ErrNotExist) {
		_, unknown := findKind(name)
		return Options{}, false, fmt.Errorf("%q is not a file, a folder or a dataset: %w", what, unknown)
	}
	if err != nil {
		return Options{}, false, fmt.Errorf("inspecting: %w", err)
	}
	plain := strings.TrimSuffix(what, ".gz")
	switch {
	case info.IsDir():
		return inspectedFolder(what)
	case strings.HasSuffix(what, ".npy"):
		return Options{}, false, fmt.Errorf("%s holds a single array: save spikes and labels together, with numpy.savez(\"FILE.npz\", x=..., y=...)", what)
	case strings.HasSuffix(what, ".npz"):
		options, err = Defaults("npz:" + what)
		return options, false, err
	case strings.HasSuffix(plain, ".csv"):
		options, err = Defaults("csv:" + what)
		return options, false, err
	}
	options, err = Defaults(recordingsNamed(filepath.Base(plain)) + ":" + what)
	return options, true, err
}

// inspectedFolder finds out which dataset's recordings a folder holds.
func inspectedFolder(folder string) (Options, bool, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return Options{}, false, fmt.Errorf("inspecting: %w", err)
	}
	for _, entry := range entries {
		if name, _, found := strings.Cut(entry.Name(), "_train.h5"); found {
			options, err := Defaults(recordingsNamed(name) + ":" + folder)
			return options, false, err
		}
	}
	return Options{}, false, fmt.Errorf("folder %q contains no shd_train.h5, ssc_train.h5 or spoken_digits_train.h5, gzipped or not; name a file in it", folder)
}

// recordingsNamed returns the dataset that a file name belongs to; files with other names are read
// like those of shd.
func recordingsNamed(file string) string {
	for _, name := range []string{"ssc", "spoken"} {
		if strings.HasPrefix(file, name) {
			return name
		}
	}
	return "shd"
}

// openSingle opens one file of recordings.
func openSingle(o *Options) (Split, error) {
	if err := o.Validate(); err != nil {
		return Split{}, err
	}
	s, notes, err := loadEvents(o.Path, o)
	if err != nil {
		return Split{}, err
	}
	shareClasses([]*stored{s})
	return Split{Train: s, Notes: notes}, nil
}

// inspectSource inspects all samples.
func inspectSource(ctx context.Context, name string, source Source) (Inspected, error) {
	found := Inspected{
		Part: name, Samples: source.Len(), LastStep: -1,
		ClassCounts: make([]int, source.Classes()), ChannelRates: make([]float64, source.Channels()),
		Recorded: recordedBy(source),
	}
	spikes := make([]int, source.Len())
	counts := make([]int, source.Channels())
	var rows [][2]uint32
	var index []uint32
	for sample := range spikes {
		if err := ctx.Err(); err != nil {
			return Inspected{}, err
		}
		rows, index = source.AppendEvents(rows[:0], index[:0], sample, uint32(sample))
		spikes[sample] = len(index)
		found.Spikes += len(index)
		found.ClassCounts[source.Label(sample)]++
		if len(index) == 0 {
			found.Empty++
		}
		for _, channel := range index {
			counts[channel]++
		}
		for step := len(rows) - 1; step > found.LastStep; step-- {
			if rows[step][1] > rows[step][0] {
				found.LastStep = step
			}
		}
	}
	seconds := float64(source.Len()*source.Steps()) * source.StepLength()
	for channel, count := range counts {
		found.ChannelRates[channel] = float64(count) / seconds
	}
	slices.Sort(spikes)
	middle := len(spikes) / 2
	found.MinSpikes, found.MaxSpikes = spikes[0], spikes[len(spikes)-1]
	found.MedianSpikes = float64(spikes[middle])
	if len(spikes)%2 == 0 {
		found.MedianSpikes = float64(spikes[middle-1]+spikes[middle]) / 2
	}
	return found, nil
}

// recordedBy returns what the file of a source held.
func recordedBy(source Source) *Recorded {
	switch s := source.(type) {
	case *subset:
		return recordedBy(s.Source)
	case *stored:
		return s.recorded
	}
	return nil
}
