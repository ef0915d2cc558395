package data

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// few returns options for moving digits that take little time.
func few(t testing.TB) Options {
	t.Helper()
	options := defaults(t, "moving-digits")
	options.Moving.Copies = 1
	options.Camera.Downsample = 2
	return options
}

// The dataset is the same everywhere.
func TestMovingDigits(t *testing.T) {
	options := defaults(t, "moving-digits")
	s := open(t, "", options)
	if s.Train.Shape() != (Shape{2, 34, 34}) || s.Train.Len() != 2516 || s.Validation.Len() != 360 || s.Test.Len() != 718 || s.Train.Classes() != 10 || len(s.Notes) != 0 {
		t.Fatalf("%v, %d, %d and %d samples, notes %q", s.Train.Shape(), s.Train.Len(), s.Validation.Len(), s.Test.Len(), s.Notes)
	}
	const want = "1f1fa0f7ddf4de2eb9a218375c83fa7e9de9f6becd5685504023d7273ec24cf9"
	test := whole(t, s.Test)
	checkRows(t, test, s.Test)
	if got := digest(test); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	if mean := float64(len(test.Index)) / 718; mean < 3000 || mean > 6000 {
		t.Errorf("%g spikes per sample", mean)
	}
	// The test digits are the same as those of the digits at rest.
	digits := open(t, "digits", defaults(t, "digits"))
	for i := range digits.Test.Len() {
		for copy := range 2 {
			if a, b := digits.Test.Label(i), s.Test.Label(2*i+copy); a != b {
				t.Fatalf("digit %d: label %d, copy %d has %d", i, a, copy, b)
			}
		}
	}
	// All copies of a digit are in one part.
	part := map[int]int{}
	for number, source := range []Source{s.Train, s.Validation, s.Test} {
		samples := source.(*subset).samples
		for _, sample := range samples {
			if before, seen := part[sample/2]; seen && before != number {
				t.Fatalf("digit %d is in the parts %d and %d", sample/2, before, number)
			}
			part[sample/2] = number
		}
	}
	if len(part) != 1797 {
		t.Errorf("%d digits", len(part))
	}
}

// recordSquare returns the events of a bright square that moves as the options say.
func recordSquare(m MovingDigits) []event {
	square := make([]float32, 64)
	for i := range square {
		square[i] = 1
	}
	return newScene(newSimulatedCamera(&m)).record(square, 3)
}

// A shape moving to the right makes its right edge brighter and its left darker, once for
// each threshold in the logarithm of its contrast; one that stands still makes no events.
func TestSimulatedCamera(t *testing.T) {
	m := MovingDigits{Copies: 1, Saccades: 1, SaccadeLength: 0.04, Amplitude: 8, Rotation: 0.5, Contrast: 0.3}
	events := recordSquare(m)
	// log(1 + 16/2) is a little over seven thresholds of 0.3.
	count := map[string]int{}
	balance := map[[2]uint16]int{}
	last := int64(-1)
	for _, e := range events {
		side := 1
		if !e.on {
			side = -1
		}
		balance[[2]uint16{e.x, e.y}] += side
		count[fmt.Sprint(e.on)]++
		if frame := e.time / frameLength; frame < last {
			t.Fatalf("frame %d after %d", frame, last)
		} else {
			last = frame
		}
	}
	for pixel, sum := range balance {
		if sum < -7 || sum > 7 {
			t.Errorf("pixel %v: %d events of one polarity are left over", pixel, sum)
		}
	}
	// The square of 24 pixels moves onto some 24·8 pixels, and leaves as many.
	for polarity, got := range count {
		if got < 24*8*7/2 || got > 2*(24*8*7) {
			t.Errorf("on is %s: %d events", polarity, got)
		}
	}
	if last != 19 {
		t.Errorf("the last event is in frame %d", last)
	}
	m.Seed = 1
	if other := recordSquare(m); slices.Equal(other, events) {
		t.Error("the seed changes nothing")
	}
	m.Seed, m.Amplitude = 0, 0
	if events := recordSquare(m); len(events) != 0 {
		t.Errorf("%d events of a square at rest", len(events))
	}
	// Noise alone: 1 Hz for 20 s.
	m.Noise, m.Saccades, m.SaccadeLength = 1, 20, 1
	events = recordSquare(m)
	mean := 20.0 * 2 * pixels
	if got := float64(len(events)); math.Abs(got-mean) > 5*math.Sqrt(mean) {
		t.Errorf("%g events of noise, about %g are expected", got, mean)
	}
	brighter := 0
	for _, e := range events {
		if e.on {
			brighter++
		}
	}
	if math.Abs(float64(brighter)-mean/2) > 5*math.Sqrt(mean/2) {
		t.Errorf("%d of %d events of noise are on", brighter, len(events))
	}
}

// Thresholds scatter around the contrast as requested.
func TestThresholds(t *testing.T) {
	c := newSimulatedCamera(&MovingDigits{Contrast: 0.3, Mismatch: 0.1, SaccadeLength: 1})
	sum, squares := 0.0, 0.0
	for pixel := range pixels {
		for _, threshold := range []int32{c.on[pixel], c.off[pixel]} {
			x := float64(threshold) / logScale / 0.3
			sum += x
			squares += x * x
		}
	}
	mean := sum / (2 * pixels)
	deviation := math.Sqrt(squares/(2*pixels) - mean*mean)
	if math.Abs(mean-1) > 0.01 || math.Abs(deviation-0.1) > 0.01 {
		t.Errorf("mean %g, deviation %g", mean, deviation)
	}
	for a, want := range map[int]int{-4: -2, -3: -1, -1: -1, 0: 0, 2: 0, 3: 1} {
		if got := floorDivide(a, 3); got != want {
			t.Errorf("floor of %d/3 is %d", a, got)
		}
	}
}

// The camera's options apply to the dataset as to recordings.
func TestMovingCamera(t *testing.T) {
	options := few(t)
	options.Camera.Polarity = "merge"
	options.Steps, options.StepLength = 10, 0.01
	s := open(t, "", options)
	if s.Train.Shape() != (Shape{1, 17, 17}) || len(s.Notes) != 1 { // 0.1 of 0.12 s
		t.Errorf("%v, notes %q", s.Train.Shape(), s.Notes)
	}
	for want, change := range map[string]func(*Options){
		"data.camera.width = 30":                  func(o *Options) { o.Camera.Width = 30 },
		"data.moving_digits.copies = 0":           func(o *Options) { o.Moving.Copies = 0 },
		"data.moving_digits.saccades = 21":        func(o *Options) { o.Moving.Saccades = 21 },
		"data.moving_digits.saccade_length = NaN": func(o *Options) { o.Moving.SaccadeLength = math.NaN() },
		"data.moving_digits.rotation = 0.6":       func(o *Options) { o.Moving.Rotation = 0.6 },
		"data.moving_digits.contrast = 0":         func(o *Options) { o.Moving.Contrast = 0 },
		"data.moving_digits.noise = -1":           func(o *Options) { o.Moving.Noise = -1 },
		"not read from a file":                    func(o *Options) { o.Path = "x" },
	} {
		options := few(t)
		change(&options)
		wantError(t, options.Validate(), want)
	}
	if known := options.Known(); known != (Known{289, Shape{1, 17, 17}, 10}) {
		t.Errorf("%+v", known)
	}
}
