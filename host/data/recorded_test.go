package data

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// recording describes a file of samples of times, most of them after the steps.
func recording(o *Options, samples ...[]float64) *Recorded {
	r := newRecorded()
	for _, times := range samples {
		for _, time := range times {
			switch {
			case time < 0:
				r.Negative++
				r.Outside++
			case time >= float64(o.Steps)*o.StepLength:
				r.Outside++
			}
		}
		r.include(times)
		r.Spikes += len(times)
	}
	r.settle()
	return r
}

// spreadTimes returns times spread over samples: unit·(offset + sample·gap + up to
// seconds).
func spreadTimes(unit, seconds, offset, gap float64, whole bool) [][]float64 {
	random := rand.New(rand.NewPCG(1, 2))
	samples := make([][]float64, 50)
	for i := range samples {
		for range 40 {
			time := unit * (offset + float64(i)*gap + random.Float64()*seconds)
			if whole {
				time = float64(int(time))
			}
			samples[i] = append(samples[i], time)
		}
	}
	return samples
}

func TestVanished(t *testing.T) {
	options := defaults(t, "shd:x") // 350 steps of 0.002 s
	long := options
	long.StepLength = 2 // milliseconds
	for name, c := range map[string]struct {
		options Options
		samples [][]float64
		want    string // empty for usable data
	}{
		"seconds":               {options, spreadTimes(1, 0.7, 0, 0, false), ""},
		"longer than the steps": {options, spreadTimes(1, 5, 0, 0, false), ""},
		"much longer":           {options, spreadTimes(1, 19, 0, 0, false), "choose data.steps and data.step_length"},
		"milliseconds":          {options, spreadTimes(1e3, 0.7, 0, 0, false), "look like milliseconds; divide them by 1000"},
		"whole milliseconds":    {options, spreadTimes(1e3, 1, 0, 0, true), "look like milliseconds; divide them by 1000"},
		"microseconds":          {options, spreadTimes(1e6, 0.7, 0, 0, false), "look like microseconds; divide them by 1e+06"},
		"nanoseconds":           {options, spreadTimes(1e9, 1.4, 0, 0, true), "look like nanoseconds; divide them by 1e+09"},
		"steps":                 {options, spreadTimes(500, 0.7, 0, 0, true), "look like step numbers; multiply them"},
		"samples of 16 kHz":     {options, spreadTimes(16000, 1, 0, 0, true), "look like sample numbers; divide them by the sampling rate"},
		"from the recording":    {options, spreadTimes(1, 0.7, 100, 1, false), "relative to the start of the recording"},
		"before the stimulus":   {options, spreadTimes(1, 0.5, -0.5, 0, false), "must be relative to the start of their sample"},
		"steps in milliseconds": {long, spreadTimes(1, 0.7, 0, 0, false), "data.step_length looks like milliseconds"},
		"all at 0":              {options, spreadTimes(0, 0, 0, 0, false), "the latest is at 0; times and data.step_length must both be in seconds"},
		"no spikes":             {options, [][]float64{{}, {}}, "it has no spikes"},
	} {
		r := recording(&c.options, c.samples...)
		err := r.vanished("some.h5", &c.options)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		t.Logf("%s: %v", name, err)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "some.h5: ") || !strings.Contains(err.Error(), "data.min_kept = 0") {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		c.options.MinKept = 0
		if err := r.vanished("some.h5", &c.options); err != nil {
			t.Errorf("%s, with min_kept = 0: %v", name, err)
		}
	}
	// Not a number at all.
	r := &Recorded{Spikes: 10, NotFinite: 10}
	wantError(t, r.vanished("some.h5", &options), "0 of 10 spikes", "10 times are not finite")
}

// The limit is a twentieth.
func TestMinKept(t *testing.T) {
	options := defaults(t, "shd:x")
	for outside, refused := range map[int]bool{950: false, 951: true} {
		r := &Recorded{Spikes: 1000, Outside: outside, Latest: 30, Longest: 30}
		if err := r.vanished("some.h5", &options); (err != nil) != refused {
			t.Errorf("%d of 1000 dropped: %v", outside, err)
		}
	}
	options.MinKept = 1.5
	wantError(t, options.Validate(), "data.min_kept", "1.5")
}

func TestVanishedFiles(t *testing.T) {
	options := defaults(t, "spoken:testdata")
	options.Events.TrainFile, options.Events.TestFile = "microseconds.h5", "small_f4.h5"
	_, err := Open("", options)
	wantError(t, err, "microseconds.h5", "0 of 48 spikes", "175 steps of 0.004 s (0.7 s)", "look like microseconds")
	options.MinKept = 0
	if s := open(t, "", options); !strings.Contains(strings.Join(s.Notes, "\n"), "microseconds.h5: 48 spikes dropped: before time 0 or after step 174") {
		t.Errorf("notes %q", s.Notes)
	}
	// Inspection reports the same.
	found := inspect(t, "testdata/microseconds.h5", InspectionOptions{})
	if len(found.Notes) != 2 || !strings.Contains(found.Notes[0], "look like microseconds") {
		t.Errorf("notes %q", found.Notes)
	}
}

// The latency encoder drops spikes as well.
func TestLatencyVanished(t *testing.T) {
	options := defaults(t, "digits")
	if s := open(t, "", options); len(s.Notes) > 0 {
		t.Errorf("notes %q", s.Notes)
	}
	options.Encoder.Tau = 20 // milliseconds
	_, err := Open("", options)
	wantError(t, err, "built-in digits: 0 of ", "data.encoder.tau = 20", "in seconds")
	options.Encoder.Tau, options.Steps = 0.02, 5
	if s := open(t, "", options); len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "after step 4, dropped") {
		t.Errorf("notes %q", s.Notes)
	}
	options = defaults(t, "digits")
	options.Maximum = 255 // the digits reach 16
	_, err = Open("", options)
	wantError(t, err, "no value is above data.encoder.threshold = 0.2")
	options.Encoder.Kind, options.MinKept = "poisson", 0.1
	if s := open(t, "", options); len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "the largest value, 16, is 6.3 % of data.maximum = 255") {
		t.Errorf("notes %q", s.Notes)
	}
}
