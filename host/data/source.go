// Package data holds the datasets a network learns from: file readers, generators, and encoders
// that turn real numbers into spikes. Whatever a dataset contains, an engine gets spike events from
// it.
package data

import (
	"fmt"
	"strconv"
	"strings"
)

// Source is a set of labelled samples, each a spike train on the same channels
// over the same steps. It does not change and may be used by several goroutines.
type Source interface {
	Name() string
	Len() int      // samples
	Channels() int // input channels
	Shape() Shape  // how they are arranged
	Classes() int  // labels are 0 to Classes-1
	ClassNames() []string
	Steps() int          // T
	StepLength() float64 // dt, seconds
	Label(sample int) uint32
	// AppendEvents appends the spikes of one sample: its channels to index, step after step,
	// ascending and each at most once in a step; and to rows, for each of the T steps, where in
	// index (all of it, not only what is appended) they begin and end. number is the number of the
	// presentation in the run: together with the seed it fixes what a random encoder draws,
	// whatever was encoded before and wherever the sample is in a batch.
	AppendEvents(rows [][2]uint32, index []uint32, sample int, number uint32) ([][2]uint32, []uint32)
}

// Split is a dataset in three disjoint parts. Any part but Train may be empty.
type Split struct {
	Train, Validation, Test Source
	Notes                   []string // what reading left out, one line each
	// Maximum is the value that became full intensity, of tables of numbers; else 0.
	Maximum float64
}

// Parts are the names that [Split.Part] takes.
var Parts = []string{"test", "validation", "train", "all"}

// Part returns the named part, or all parts joined. It fails if the name is not one of [Parts].
func (s *Split) Part(name string) (Source, error) {
	switch name {
	case "test":
		return s.Test, nil
	case "validation":
		return s.Validation, nil
	case "train":
		return s.Train, nil
	case "all":
		return Join(s.Train, s.Validation, s.Test), nil
	}
	return nil, fmt.Errorf("part %q is unknown; want one of %s", name, strings.Join(Parts, ", "))
}

// Samples returns the named part, which must have samples.
func (s *Split) Samples(part string) (Source, error) {
	source, err := s.Part(part)
	if err == nil && source.Len() == 0 {
		return nil, fmt.Errorf("%s has no %s samples: choose another part, such as all", s.Train.Name(), part)
	}
	return source, err
}

// SamplesOf says how many samples of a part there are.
func SamplesOf(part string, count int) string {
	if part == "all" {
		return fmt.Sprintf("all %d samples", count)
	}
	return fmt.Sprintf("%d %s samples", count, part)
}

// description is what all sources have in common.
type description struct {
	name       string
	channels   int
	shape      Shape
	classNames []string
	steps      int
	stepLength float64
}

func (d *description) Name() string         { return d.name }
func (d *description) Channels() int        { return d.channels }
func (d *description) Shape() Shape         { return d.shape }
func (d *description) Classes() int         { return len(d.classNames) }
func (d *description) ClassNames() []string { return d.classNames }
func (d *description) Steps() int           { return d.steps }
func (d *description) StepLength() float64  { return d.stepLength }

// numberedClasses names n classes "0", "1", ….
func numberedClasses(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// subset is some samples of another source, in an order of its own.
type subset struct {
	Source
	samples []int
}

func (s *subset) Len() int { return len(s.samples) }

func (s *subset) Label(sample int) uint32 { return s.Source.Label(s.samples[sample]) }

func (s *subset) AppendEvents(rows [][2]uint32, index []uint32, sample int, number uint32) ([][2]uint32, []uint32) {
	return s.Source.AppendEvents(rows, index, s.samples[sample], number)
}

// joined is several parts of a dataset, one after another.
type joined struct {
	Source
	parts []Source
}

// Join returns parts of one dataset, at least one, as a single source, one after another.
func Join(parts ...Source) Source { return &joined{parts[0], parts} }

func (j *joined) Len() (samples int) {
	for _, part := range j.parts {
		samples += part.Len()
	}
	return samples
}

// find returns the part that a sample is in, and its number there.
func (j *joined) find(sample int) (Source, int) {
	for _, part := range j.parts[:len(j.parts)-1] {
		if sample < part.Len() {
			return part, sample
		}
		sample -= part.Len()
	}
	return j.parts[len(j.parts)-1], sample
}

func (j *joined) Label(sample int) uint32 {
	part, own := j.find(sample)
	return part.Label(own)
}

func (j *joined) AppendEvents(rows [][2]uint32, index []uint32, sample int, number uint32) ([][2]uint32, []uint32) {
	part, own := j.find(sample)
	return part.AppendEvents(rows, index, own, number)
}
