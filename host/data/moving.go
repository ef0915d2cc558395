package data

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
)

// MovingDigits specifies how the built-in digits move in front of the simulated event
// camera.
type MovingDigits struct {
	Copies        int     `toml:"copies"`         // moving copies of each digit: 2
	Saccades      int     `toml:"saccades"`       // straight movements one after the other, around a polygon: 3
	SaccadeLength float64 `toml:"saccade_length"` // seconds: 0.04
	Amplitude     float64 `toml:"amplitude"`      // length of a saccade in pixels: 5
	Rotation      float64 `toml:"rotation"`       // largest rotation of the whole path either way, turns: 0, so that all samples move alike
	Offset        float64 `toml:"offset"`         // largest distance of the start from the middle in x and in y, pixels: 2
	Contrast      float64 `toml:"contrast"`       // change of the logarithm of brightness that causes an event: 0.3
	Mismatch      float64 `toml:"mismatch"`       // relative standard deviation of the contrast over pixels: 0.1
	Noise         float64 `toml:"noise"`          // spontaneous events per second per pixel per polarity: 1
	Seed          uint32  `toml:"seed"`           // of everything random, independent of the run's seed: 0
}

// movingSize is the width and height of the sensor in pixels, as in N-MNIST.
const movingSize = 34

func defaultMoving(o *Options) {
	o.Steps, o.StepLength, o.Test = 60, 0.002, 0.2
	o.Camera = defaultCamera()
	o.Camera.Width, o.Camera.Height, o.Camera.Origin = movingSize, movingSize, originZero
	o.Moving = MovingDigits{
		Copies: 2, Saccades: 3, SaccadeLength: 0.04, Amplitude: 5, Offset: 2, Contrast: 0.3, Mismatch: 0.1, Noise: 1,
	}
}

func knownMoving(o *Options) Known {
	known := knownCamera(o)
	known.Classes = 10
	return known
}

func validateMoving(o *Options) error {
	m := &o.Moving
	within := func(key string, value, least, most float64) error {
		return require(value >= least && value <= most, "moving_digits."+key, value, fmt.Sprintf("%g to %g", least, most))
	}
	size := fmt.Sprintf("%d: the digits move in front of a sensor of that size", movingSize)
	return firstError(
		require(o.Camera.Width == movingSize, "camera.width", o.Camera.Width, size),
		require(o.Camera.Height == movingSize, "camera.height", o.Camera.Height, size),
		o.Camera.validate(),
		require(m.Copies >= 1 && m.Copies <= 100, "moving_digits.copies", m.Copies, "1 to 100"),
		require(m.Saccades >= 1 && m.Saccades <= 20, "moving_digits.saccades", m.Saccades, "1 to 20"),
		within("saccade_length", m.SaccadeLength, 0.005, 1),
		within("amplitude", m.Amplitude, 0, movingSize),
		within("rotation", m.Rotation, 0, 0.5),
		within("offset", m.Offset, 0, movingSize),
		within("contrast", m.Contrast, 0.05, 2),
		within("mismatch", m.Mismatch, 0, 0.5),
		within("noise", m.Noise, 0, 100),
	)
}

// openMoving generates the set. All copies of a digit are in the same part.
func openMoving(o *Options) (Split, error) {
	digits, err := readTable(bytes.NewReader(handwrittenDigits), "built-in digits", &Options{Maximum: 16})
	if err != nil {
		return Split{}, err
	}
	v, err := o.Camera.on(movingSize, movingSize)
	if err != nil {
		return Split{}, err
	}
	train, validation, test, err := partition(len(digits.labels), o)
	if err != nil {
		return Split{}, err
	}
	s := generateMoving(digits, o, v)
	notes, err := o.refuse(s.recorded.cameraVanished(o.Name, o), nil)
	if err != nil {
		return Split{}, err
	}
	if s.recorded.Outside > 0 {
		notes = append(notes, fmt.Sprintf("%s: %s after step %d, dropped", o.Name, counted(s.recorded.Outside, "event"), o.Steps-1))
	}
	s.recorded = nil // it is not a recording
	copies := func(digits []int) Source {
		part := &subset{Source: s}
		for _, digit := range digits {
			for copy := range o.Moving.Copies {
				part.samples = append(part.samples, digit*o.Moving.Copies+copy)
			}
		}
		return part
	}
	return Split{Train: copies(train), Validation: copies(validation), Test: copies(test), Notes: notes}, nil
}

// generateMoving generates all samples: sample digit·copies + copy is a digit on one
// path.
func generateMoving(digits *table, o *Options, v *view) *stored {
	camera := newSimulatedCamera(&o.Moving)
	samples := len(digits.labels) * o.Moving.Copies
	pieces := make([]*stored, min(runtime.GOMAXPROCS(0), samples))
	var group sync.WaitGroup
	for w := range pieces {
		group.Go(func() {
			b := newCameraBinner(o, v)
			scene := newScene(camera)
			for sample := w * samples / len(pieces); sample < (w+1)*samples/len(pieces); sample++ {
				digit := sample / o.Moving.Copies
				b.add(cameraSample{label: digits.labels[digit], events: scene.record(digits.row(digit), uint32(sample))})
			}
			pieces[w] = b.s
		})
	}
	group.Wait()
	all := pieces[0]
	for _, piece := range pieces[1:] {
		all.join(piece)
	}
	all.recorded.settle()
	all.classNames = numberedClasses(10)
	return all
}
