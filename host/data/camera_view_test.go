package data

import (
	"fmt"
	"math"
	"testing"
)

// binned is one sample seen by a camera with a sensor of 8×6 pixels, in 4 steps of 1
// ms.
func binned(t *testing.T, change func(*Options), events ...event) (*stored, string) {
	t.Helper()
	options := defaults(t, "events:x")
	options.Steps, options.StepLength = 4, 0.001
	if change != nil {
		change(&options)
	}
	if err := options.Validate(); err != nil {
		t.Fatal(err)
	}
	v, err := options.Camera.on(8, 6)
	if err != nil {
		t.Fatal(err)
	}
	b := newCameraBinner(&options, v)
	b.add(cameraSample{events: events, zero: 0})
	b.s.classNames = numberedClasses(1)
	checkRows(t, whole(t, b.s), b.s)
	return b.s, spikesOf(b.s, 0)
}

func TestCamera(t *testing.T) {
	events := []event{at(0, 0, 0), off(999, 7, 5), at(1000, 7, 5), off(3999, 2, 3), at(4000, 1, 1)}
	for name, test := range map[string]struct {
		change func(*Options)
		shape  Shape
		want   string
		left   Recorded // of what is left out
	}{
		"as it is": {nil, Shape{2, 6, 8}, "0:47 0:48 1:95 3:26", Recorded{Outside: 1}},
		"merge":    {func(o *Options) { o.Camera.Polarity = "merge" }, Shape{1, 6, 8}, "0:0 0:47 1:47 3:26", Recorded{Outside: 1}},
		"on":       {func(o *Options) { o.Camera.Polarity = "on" }, Shape{1, 6, 8}, "0:0 1:47", Recorded{Outside: 1, Unseen: 2}},
		"off":      {func(o *Options) { o.Camera.Polarity = "off" }, Shape{1, 6, 8}, "0:47 3:26", Recorded{Unseen: 3}},
		"downsample": {func(o *Options) { o.Camera.Downsample = 4 }, Shape{2, 2, 2}, "0:3 0:4 1:7 3:0",
			Recorded{Outside: 1}},
		"crop": {func(o *Options) { o.Camera.CropX, o.Camera.CropY, o.Camera.CropWidth = 2, 3, 3 }, Shape{2, 3, 3}, "3:0", Recorded{Unseen: 4}},
		"crop and downsample": {func(o *Options) {
			o.Camera.CropX, o.Camera.CropY, o.Camera.CropWidth, o.Camera.CropHeight, o.Camera.Downsample = 1, 1, 7, 5, 3
		}, Shape{2, 2, 3}, "0:5 1:11 3:0", Recorded{Outside: 1, Unseen: 1}},
		"count":        {func(o *Options) { o.Camera.Binning, o.Camera.EventsPerStep = "count", 2 }, Shape{2, 6, 8}, "0:47 0:48 1:26 1:95 2:57", Recorded{}},
		"count beyond": {func(o *Options) { o.Camera.Binning, o.Camera.EventsPerStep = "count", 1 }, Shape{2, 6, 8}, "0:48 1:47 2:95 3:26", Recorded{Outside: 1}},
		"threshold": {func(o *Options) {
			o.Camera.Threshold, o.Camera.Polarity, o.StepLength = 2, "merge", 0.002
		}, Shape{1, 6, 8}, "0:47", Recorded{Merged: 1, Few: 3}},
	} {
		s, got := binned(t, test.change, events...)
		r := *s.recorded
		left := Recorded{Outside: r.Outside, Unseen: r.Unseen, Few: r.Few, Merged: r.Merged}
		if s.Shape() != test.shape || got != test.want || left != test.left || r.Spikes != 5 {
			t.Errorf("%s: %v, spikes %s, left out %+v; want %v, %s, %+v", name, s.Shape(), got, left, test.shape, test.want, test.left)
		}
	}
}

// Events out of order are sorted; time begins at the first event, or at zero.
func TestCameraTimes(t *testing.T) {
	events := []event{at(7000, 1, 0), at(5000, 0, 0), at(5999, 2, 0)}
	if _, got := binned(t, nil, events...); got != "0:48 0:50 2:49" {
		t.Errorf("spikes %s", got)
	}
	s, got := binned(t, func(o *Options) { o.Camera.Origin, o.StepLength = "zero", 0.002 }, append(events, at(-1, 3, 0))...)
	if got != "2:48 2:50 3:49" || s.recorded.Negative != 1 || s.recorded.Outside != 1 {
		t.Errorf("spikes %s, %+v", got, s.recorded)
	}
	// Whole steps, however their length in seconds is rounded.
	for _, length := range []float64{0.001, 0.003, 0.0007, 1e-6, 0.1, 0.0123} {
		us := math.Round(length * 1e6)
		for step := range int64(4) {
			first, last := step*int64(us), (step+1)*int64(us)-1
			_, got := binned(t, func(o *Options) { o.StepLength = length }, at(0, 0, 0), at(first, 1, 0), at(last, 2, 0))
			want := map[bool]string{true: "0:48 0:49 0:50", false: fmt.Sprintf("0:48 %d:49 %[1]d:50", step)}[step == 0]
			if got != want {
				t.Errorf("steps of %g s: spikes %s, want %s", length, got, want)
			}
		}
	}
	if s, got := binned(t, nil); got != "" || s.recorded.Empty != 1 {
		t.Errorf("no events: %s, %+v", got, s.recorded)
	}
}

func TestCameraOptions(t *testing.T) {
	for want, change := range map[string]func(*Camera){
		"data.camera.width = -1":          func(c *Camera) { c.Width = -1 },
		"data.camera.crop_x = 70000":      func(c *Camera) { c.CropX = 70000 },
		"data.camera.downsample = 0":      func(c *Camera) { c.Downsample = 0 },
		`data.camera.polarity = "both"`:   func(c *Camera) { c.Polarity = "both" },
		`channels, merge, on or off`:      func(c *Camera) { c.Polarity = "" },
		`data.camera.binning = "frames"`:  func(c *Camera) { c.Binning = "frames" },
		"data.camera.events_per_step = 0": func(c *Camera) { c.EventsPerStep = 0 },
		"data.camera.threshold = 0":       func(c *Camera) { c.Threshold = 0 },
		`data.camera.origin = "start"`:    func(c *Camera) { c.Origin = "start" },
		"data.camera.time_unit = -1":      func(c *Camera) { c.TimeUnit = -1 },
		"crop_x = 40: must be 0 to 33":    func(c *Camera) { c.Width, c.Height, c.CropX = 34, 34, 40 },
		"2×300×300 = 180000 inputs":       func(c *Camera) { c.Width, c.Height = 300, 300 },
		"crop_height = 33: must be 0 to":  func(c *Camera) { c.Width, c.Height, c.CropY, c.CropHeight = 34, 34, 2, 33 },
	} {
		options := defaults(t, "events:x")
		change(&options.Camera)
		wantError(t, options.Validate(), want)
	}
	options := defaults(t, "events:x")
	if known := options.Known(); known != (Known{}) || !options.Shaped() {
		t.Errorf("%+v of unknown data", known)
	}
	options.Camera.Width, options.Camera.Height, options.Camera.Downsample = 34, 34, 2
	if known := options.Known(); known != (Known{2 * 17 * 17, Shape{2, 17, 17}, 0}) {
		t.Errorf("%+v", known)
	}
}
