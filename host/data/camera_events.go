package data

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// event is a change of brightness seen by a pixel.
type event struct {
	time int64 // nanoseconds
	x, y uint16
	on   bool // brighter
}

// perSecond is the number of units of event.time in a second.
const perSecond = 1e9

// cameraSample is a sample in the form of events.
type cameraSample struct {
	label  uint32
	events []event
	zero   int64 // the time that [Camera].Origin names zero
}

// cameraBinner sorts the events of samples into steps. It is used by one goroutine.
type cameraBinner struct {
	*view
	s      *stored
	step   float64 // nanoseconds; a whole number wherever possible
	raster *raster
	counts map[int]int // [step·inputs + input]: events of a sample, if a spike needs more than one
}

// newCameraBinner prepares binning; the samples are added to a source of the binner's own.
func newCameraBinner(o *Options, v *view) *cameraBinner {
	about := description{name: o.Name, channels: v.shape.Inputs(), shape: v.shape, steps: o.Steps, stepLength: o.StepLength}
	b := &cameraBinner{
		view: v, s: &stored{description: about, recorded: newRecorded()},
		step: o.StepLength * perSecond, raster: newRaster(o.Steps, about.channels), counts: map[int]int{},
	}
	// 0.003 s are 3,000,000 ns, however the product is rounded.
	if whole := math.Round(b.step); math.Abs(b.step-whole) < 1e-6 {
		b.step = whole
	}
	return b
}

// add adds a sample. Its events may come in any order; binning by count sorts them by time.
func (b *cameraBinner) add(sample cameraSample) {
	r, events, origin := b.s.recorded, sample.events, sample.zero
	if b.Binning == byCount {
		slices.SortStableFunc(events, earlier)
	}
	var first, last event
	if len(events) > 0 {
		first, last = slices.MinFunc(events, earlier), slices.MaxFunc(events, earlier)
	}
	if b.Origin == originFirst {
		origin = first.time
	}
	seen := 0
	for _, e := range events {
		input, there := b.input(e)
		if !there {
			r.Unseen++
			continue
		}
		at := math.Floor(float64(e.time-origin) / b.step)
		if b.Binning == byCount {
			at = float64(seen / b.EventsPerStep)
			seen++
		}
		switch {
		case at < 0:
			r.Negative++
			r.Outside++
		case at >= float64(b.s.steps):
			r.Outside++
		default:
			b.mark(int(at), input)
		}
	}
	r.Spikes += len(events)
	if len(events) == 0 {
		r.Empty++
	} else {
		r.include([]float64{float64(first.time-origin) / perSecond, float64(last.time-origin) / perSecond})
	}
	for _, count := range b.counts {
		if count < b.Threshold {
			r.Few += count
		}
	}
	clear(b.counts)
	b.s.add(sample.label, b.raster)
}

// earlier compares the times of events.
func earlier(p, q event) int { return cmp.Compare(p.time, q.time) }

// mark counts an event: the one that reaches the threshold is a spike.
func (b *cameraBinner) mark(step, input int) {
	if b.Threshold > 1 {
		place := step*b.s.description.channels + input
		b.counts[place]++
		if b.counts[place] < b.Threshold {
			return
		}
		if b.counts[place] == b.Threshold {
			b.s.recorded.Merged += b.Threshold - 1
		}
	}
	if !b.raster.mark(step, input) {
		b.s.recorded.Merged++
	}
}

// check rejects events of pixels outside the sensor.
func (v *view) check(name string, events []event) error {
	for i, e := range events {
		if int(e.x) >= v.width || int(e.y) >= v.height {
			return fmt.Errorf("%s, event %d: pixel (%d, %d) found, the sensor has %d×%d (keys data.camera.width and height)", name, i, e.x, e.y, v.width, v.height)
		}
	}
	return nil
}

// join appends the samples of another source with the same description.
func (s *stored) join(other *stored) {
	for _, start := range other.starts {
		s.starts = append(s.starts, start+len(s.channels))
	}
	s.labels = append(s.labels, other.labels...)
	s.counts = append(s.counts, other.counts...)
	s.channels = append(s.channels, other.channels...)
	s.recorded.join(other.recorded)
}

// cameraNotes reports what was left out of a part of a dataset.
func (r *Recorded) cameraNotes(name string, o *Options) []string {
	var notes []string
	note := func(count int, what, how string) {
		if count > 0 {
			notes = append(notes, fmt.Sprintf("%s: %s %s", name, counted(count, what), how))
		}
	}
	note(r.Empty, "sample", "without events, kept")
	note(r.Invalid, "event", "marked as invalid, dropped")
	note(r.Unseen, "event", "outside the crop or of the other polarity, dropped")
	note(r.Outside, "event", fmt.Sprintf("dropped: before time 0 or after step %d", o.Steps-1))
	note(r.Few, "event", fmt.Sprintf("dropped: their input had fewer than %d in the step", o.Camera.Threshold))
	note(r.Merged, "event", "merged with another spike of the same input in the same step")
	return notes
}

// cameraVanished returns an error if almost none of the events fall in the steps, or all of
// them at the very start: times in another unit look like that.
func (r *Recorded) cameraVanished(name string, o *Options) error {
	window := float64(o.Steps) * o.StepLength
	kept := r.Spikes - r.Outside - r.Unseen - r.Few
	switch {
	case o.MinKept == 0:
		return nil
	case kept == 0 || float64(kept) < o.MinKept*float64(r.Spikes):
		return fmt.Errorf("%s: %d of %s remain in the %d steps of %g s (%.4g s): times are between %.6g and %.6g s; see data.steps, data.step_length and the keys of data.camera (data.min_kept = 0 reads the data as they are)",
			name, kept, counted(r.Spikes, "event"), o.Steps, o.StepLength, window, r.Earliest, r.Latest)
	case o.Camera.Binning == byTime && o.Steps > 1 && r.Latest < shortest*window:
		return fmt.Errorf("%s: all events fall in the first %g %% of the %d steps of %g s: the latest is at %.4g s; set data.camera.time_unit or data.step_length (data.min_kept = 0 reads the data as they are)",
			name, 100*shortest, o.Steps, o.StepLength, r.Latest)
	}
	return nil
}
