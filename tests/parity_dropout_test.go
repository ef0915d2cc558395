package tests

import (
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestDropout drops events, some of them several spikes of the same number, and propagates
// errors back, also in one segment of the steps.
func TestDropout(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		events, err := kernels.NewDropEvents(device)
		if err != nil {
			t.Fatal(err)
		}
		errors, err := kernels.NewDropErrors(device)
		if err != nil {
			t.Fatal(err)
		}
		dropped := 0
		for i, neurons := range []int{1, 31, 257, 48, 130} {
			size := sizesOfCases[i]
			d := cpuref.Dropout[float32]{Rate: []float32{0.5, 0.1, 0.3}[i%3], Scale: 10. / 7, Together: i%2 == 1, Layer: uint32(i)}
			segments := []cpuref.Segment{{}}
			if size[1] > 32 {
				segments = append(segments, cpuref.Segment{First: 32, Last: min(64, size[1]), Origin: 30, Rows: 36})
			}
			for _, segment := range segments {
				r, s := rig{t, device}, &source{seed: uint32(i)}
				d.Seed = s.word()
				dropped += checkDropEvents(r, events, s, d, size[0], size[1], neurons, segment)
				checkDropErrors(r, errors, s, d, size[0], size[1], neurons, segment)
			}
		}
		if dropped == 0 {
			t.Error("nothing was left out: nothing was tested")
		}
	})
}

// dropoutNumbers are the seed, the stream and the samples' numbers in the form that kernels
// take; the stream is ignored.
func dropoutNumbers(s *source, seed uint32, samples int) []uint32 {
	numbers := []uint32{seed, uint32(cpuref.StreamNoise)}
	for range samples {
		numbers = append(numbers, s.word())
	}
	return numbers
}

func checkDropEvents(r rig, k *kernels.DropEvents, s *source, d cpuref.Dropout[float32], samples, steps, neurons int, segment cpuref.Segment) (dropped int) {
	r.Helper()
	numbers := dropoutNumbers(s, d.Seed, samples)
	a := cpuref.DropEventsArguments[float32]{
		Events: s.events(samples*steps, neurons, 0.3), Numbers: numbers[2:], Steps: steps, Neurons: neurons, Dropout: d, Segment: segment,
	}
	for e := 1; e < len(a.Events.Index); e += 3 { // the same number twice
		a.Events.Index[e] = a.Events.Index[e-1]
	}
	for r, row := range a.Events.Rows { // ascending within a row
		slices.Sort(a.Events.Index[row[0]:row[1]])
		dropped += len(a.Events.Row(r))
	}
	b := kernels.DropEventsBuffers{
		Rows: array(r, "rows", flat(a.Events.Rows)), Index: array(r, "index", a.Events.Index), Numbers: array(r, "numbers", numbers),
	}
	cpuref.DropEvents(&a, &cpuref.Workspace[float32]{}, 0, samples)
	for r := range a.Events.Rows {
		dropped -= len(a.Events.Row(r))
	}
	together := uint32(0)
	if d.Together {
		together = 1
	}
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.DropEventsParameters{
			Samples: uint32(samples), Steps: uint32(steps), Layer: d.Layer, Rate: d.Rate, Together: together, Segment: segment,
		})
	})
	same(r, "rows", b.Rows, flat(a.Events.Rows))
	same(r, "index", b.Index, a.Events.Index)
	return dropped
}

func checkDropErrors(r rig, k *kernels.DropErrors, s *source, d cpuref.Dropout[float32], samples, steps, neurons int, segment cpuref.Segment) {
	r.Helper()
	numbers := dropoutNumbers(s, d.Seed, samples)
	a := cpuref.DropErrorsArguments[float32]{
		Error:   s.rows(samples*segment.Of(steps).Rows, neurons, -1, 1, 0.2),
		Numbers: numbers[2:], Steps: steps, Neurons: neurons, Dropout: d, Segment: segment,
	}
	b := kernels.DropErrorsBuffers{Error: array(r, "error", a.Error), Numbers: array(r, "numbers", numbers)}
	cpuref.DropErrors(&a, &cpuref.Workspace[float32]{}, 0, samples)
	together := uint32(0)
	if d.Together {
		together = 1
	}
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.DropErrorsParameters{
			Samples: uint32(samples), Steps: uint32(steps), Neurons: uint32(neurons), Layer: d.Layer,
			Rate: d.Rate, Scale: d.Scale, Together: together, Segment: segment,
		})
	})
	same(r, "error", b.Error, a.Error)
}
