package data

import (
	"fmt"
	"math"
)

// Recorded describes the contents of a file of recordings, and what binning leaves out.
type Recorded struct {
	Spikes    int     `json:"spikes"`
	Empty     int     `json:"empty"`      // samples without spikes
	NotFinite int     `json:"not_finite"` // spikes dropped because their times are not finite
	Outside   int     `json:"outside"`    // spikes dropped because they lie before 0 or after the last step
	Negative  int     `json:"negative"`   // spikes outside that lie before 0
	Merged    int     `json:"merged"`     // spikes merged with another of the same channel and step
	Earliest  float64 `json:"earliest"`   // earliest time of a spike, seconds; 0 if there is none
	Latest    float64 `json:"latest"`     // latest time of a spike, likewise
	Longest   float64 `json:"longest"`    // from the first to the last spike of a sample, seconds
	Whole     bool    `json:"whole"`      // all times are whole numbers

	// Event cameras only: events dropped because they are marked as invalid, lie outside
	// the crop or have the other polarity, or are too few for an input in a step.
	Invalid int `json:"invalid,omitempty"`
	Unseen  int `json:"unseen,omitempty"`
	Few     int `json:"few,omitempty"`
}

// newRecorded describes a file of which nothing has been read yet; settle completes it.
func newRecorded() *Recorded {
	return &Recorded{Earliest: math.Inf(1), Latest: math.Inf(-1), Whole: true}
}

// include adds the finite times of a sample.
func (r *Recorded) include(times []float64) {
	if len(times) == 0 {
		return
	}
	first, last := times[0], times[0]
	for _, time := range times {
		first, last = min(first, time), max(last, time)
		r.Whole = r.Whole && time == math.Trunc(time)
	}
	r.Earliest, r.Latest, r.Longest = min(r.Earliest, first), max(r.Latest, last), max(r.Longest, last-first)
}

// join adds the contents of another file.
func (r *Recorded) join(other *Recorded) {
	r.Spikes += other.Spikes
	r.Empty += other.Empty
	r.NotFinite += other.NotFinite
	r.Outside += other.Outside
	r.Negative += other.Negative
	r.Merged += other.Merged
	r.Invalid += other.Invalid
	r.Unseen += other.Unseen
	r.Few += other.Few
	r.Earliest, r.Latest = min(r.Earliest, other.Earliest), max(r.Latest, other.Latest)
	r.Longest, r.Whole = max(r.Longest, other.Longest), r.Whole && other.Whole
}

func (r *Recorded) settle() {
	if r.Spikes == r.NotFinite {
		r.Earliest, r.Latest, r.Whole = 0, 0, false
	}
}

// notes reports what was left out of a file.
func (r *Recorded) notes(path string, steps int) []string {
	var notes []string
	note := func(count int, what, how string) {
		if count > 0 {
			notes = append(notes, fmt.Sprintf("%s: %s %s", path, counted(count, what), how))
		}
	}
	note(r.Empty, "sample", "without spikes, kept")
	note(r.NotFinite, "spike", "dropped: their times are not finite")
	note(r.Outside, "spike", fmt.Sprintf("dropped: before time 0 or after step %d", steps-1))
	note(r.Merged, "spike", "merged with another spike of the same channel in the same step")
	return notes
}

// counted formats a number of things.
func counted(count int, thing string) string {
	if count != 1 {
		thing += "s"
	}
	return fmt.Sprint(count, " ", thing)
}

// shortest is the smallest share of the steps that spikes must reach into.
const shortest = 0.01

// vanished returns an error if almost nothing of a file is left after binning: less than
// options.MinKept of its spikes, or all of them at the very start of the steps. Times in
// a unit other than seconds look like that.
func (r *Recorded) vanished(path string, o *Options) error {
	kept := r.Spikes - r.NotFinite - r.Outside
	window := float64(o.Steps) * o.StepLength
	steps := fmt.Sprintf("the %d steps of %g s (%.4g s)", o.Steps, o.StepLength, window)
	var found, advice string
	switch {
	case o.MinKept == 0:
		return nil
	case r.Spikes == 0:
		return fmt.Errorf("%s: it has no spikes; set data.min_kept = 0 to use it anyway", path)
	case float64(kept) < o.MinKept*float64(r.Spikes):
		found = fmt.Sprintf("%d of %s fall in %s", kept, counted(r.Spikes, "spike"), steps)
		advice = r.unit(o)
	case o.Steps > 1 && r.Latest < shortest*window:
		found = fmt.Sprintf("all %s that are kept fall in the first %g %% of %s", counted(kept, "spike"), 100*shortest, steps)
		advice = fmt.Sprintf("the latest is at %.4g; times and data.step_length must both be in seconds", r.Latest)
		if factor := window / max(r.Latest, r.Longest); factor > 300 && factor < 3000 {
			advice = fmt.Sprintf("the latest is at %.4g; data.step_length looks like milliseconds and must be in seconds", r.Latest)
		}
	default:
		return nil
	}
	return fmt.Errorf("%s: %s: %s (data.min_kept = 0 reads the file as it is)", path, found, advice)
}

// unit describes what unit the times of a file seem to have instead of seconds, and what
// to do.
func (r *Recorded) unit(o *Options) string {
	finite := r.Spikes - r.NotFinite
	window := float64(float64(o.Steps) * o.StepLength) // 2·window is a sum, with which the product could be fused
	between := fmt.Sprintf("times are between %.6g and %.6g", r.Earliest, r.Latest)
	switch {
	case 2*finite < r.Spikes:
		return fmt.Sprintf("%d times are not finite numbers", r.NotFinite)
	case 2*r.Negative > finite:
		return between + " and must be relative to the start of their sample"
	case r.Longest > 0 && r.Longest <= 2*window && r.Latest > window:
		return between + " and look relative to the start of the recording; subtract the start of each sample"
	}
	length := r.Longest
	if length == 0 { // one spike per sample
		length = r.Latest
	}
	if r.Whole && r.Latest < 2*float64(o.Steps) {
		return fmt.Sprintf("%s and look like step numbers; multiply them by the length of a step in seconds", between)
	}
	best, distance := -1, math.Inf(1)
	for i, u := range units {
		if far := math.Abs(math.Log(length / u.perSecond / window)); far < distance {
			best, distance = i, far
		}
	}
	switch u := units[best]; {
	case distance < math.Log(4), distance < math.Log(30) && !r.Whole:
		return fmt.Sprintf("%s and look like %s; divide them by %g", between, u.name, u.perSecond)
	case r.Whole:
		return between + " and look like sample numbers; divide them by the sampling rate"
	}
	return between + " s; choose data.steps and data.step_length to cover them"
}

// units in which times may come instead of seconds.
var units = []struct {
	name      string
	perSecond float64
}{{"milliseconds", 1e3}, {"microseconds", 1e6}, {"nanoseconds", 1e9}}
