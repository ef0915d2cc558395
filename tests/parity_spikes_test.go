package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// spikesCase is the size of a layer whose spikes are listed or counted.
type spikesCase struct{ neurons, samples, steps int }

func (c spikesCase) String() string {
	return fmt.Sprintf("neurons=%d,samples=%d,steps=%d", c.neurons, c.samples, c.steps)
}

var spikesCases = []spikesCase{{1, 1, 1}, {31, 3, 33}, {32, 9, 32}, {33, 17, 70}, {257, 2, 33}}

// eachSpikesCase runs a check on every device and case.
func eachSpikesCase(t *testing.T, check func(r rig, c spikesCase, s *source)) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for i, c := range spikesCases {
			t.Run(c.String(), func(t *testing.T) { check(rig{t, device}, c, &source{seed: uint32(i)}) })
		}
	})
}

func TestBuildEvents(t *testing.T) {
	eachSpikesCase(t, func(r rig, c spikesCase, s *source) {
		k, err := kernels.NewBuildEvents(r.device, kernels.BuildEventsChoice{})
		if err != nil {
			r.Fatal(err)
		}
		rows, capacity := c.samples*c.steps, c.neurons+3
		spikes := s.spikes(rows, c.neurons, 0.3)
		want := cpuref.Events{Rows: make([][2]uint32, rows), Index: make([]uint32, rows*capacity)}
		b := kernels.BuildEventsBuffers{
			Rows: garbage(r, "rows", 2*rows), Index: array(r, "index", want.Index), Spikes: array(r, "spikes", spikes),
		}
		cpuref.BuildEvents(want, spikes, cpuref.Words(c.neurons), capacity, 0, rows)
		r.run(func(stream *gpu.Stream) error {
			return k.Record(stream, b, kernels.BuildEventsParameters{
				Samples: uint32(c.samples), Steps: uint32(c.steps), Words: uint32(cpuref.Words(c.neurons)), Capacity: uint32(capacity),
			})
		})
		same(r, "rows", b.Rows, flat(want.Rows))
		same(r, "index", b.Index, want.Index)
	})
}

func TestSpikeTrains(t *testing.T) {
	eachSpikesCase(t, func(r rig, c spikesCase, s *source) {
		k, err := kernels.NewSpikeTrains(r.device)
		if err != nil {
			r.Fatal(err)
		}
		events := s.events(c.samples*c.steps, c.neurons, 0.3)
		want := make([]uint32, c.neurons*c.samples*cpuref.Words(c.steps))
		cpuref.SpikeTrains(want, events, c.neurons, c.samples, c.steps, 0, c.samples)
		b := kernels.SpikeTrainsBuffers{
			Trains: garbage(r, "trains", len(want)), Rows: array(r, "rows", flat(events.Rows)), Index: array(r, "index", events.Index),
		}
		r.run(func(stream *gpu.Stream) error {
			return k.Record(stream, b, kernels.SpikeTrainsParameters{Neurons: uint32(c.neurons), Copies: 1, Samples: uint32(c.samples), Steps: uint32(c.steps)})
		})
		same(r, "trains", b.Trains, want)
	})
}

func TestSpikeCounts(t *testing.T) {
	eachSpikesCase(t, func(r rig, c spikesCase, s *source) {
		k, err := kernels.NewSpikeCounts(r.device)
		if err != nil {
			r.Fatal(err)
		}
		trains := s.spikes(c.neurons*c.samples, c.steps, 0.3)
		want := make([]uint32, c.samples*cpuref.Stride(c.neurons))
		cpuref.SpikeCounts(want, trains, c.neurons, c.samples, c.steps, 0, c.samples)
		b := kernels.SpikeCountsBuffers{Counts: garbage(r, "counts", len(want)), Trains: array(r, "trains", trains)}
		r.run(func(stream *gpu.Stream) error {
			return k.Record(stream, b, kernels.SpikeCountsParameters{Neurons: uint32(c.neurons), Samples: uint32(c.samples), Steps: uint32(c.steps)})
		})
		same(r, "counts", b.Counts, want)
	})
}

// counts returns [sample][stride] spike counts below a limit.
func (s *source) counts(samples, neurons int, limit uint32) []uint32 {
	stride := cpuref.Stride(neurons)
	counts := make([]uint32, samples*stride)
	for b := range samples {
		for n := range neurons {
			counts[b*stride+n] = s.word() % limit
		}
	}
	return counts
}

func TestSpikeTotals(t *testing.T) {
	eachSpikesCase(t, func(r rig, c spikesCase, s *source) {
		k, err := kernels.NewSpikeTotals(r.device)
		if err != nil {
			r.Fatal(err)
		}
		counts := s.counts(c.samples, c.neurons, 100)
		want := make([]uint32, c.samples)
		cpuref.SpikeTotals(want, counts, c.neurons, 0, c.samples)
		b := kernels.SpikeTotalsBuffers{Totals: garbage(r, "totals", len(want)), Counts: array(r, "counts", counts)}
		r.run(func(stream *gpu.Stream) error {
			return k.Record(stream, b, kernels.SpikeTotalsParameters{Samples: uint32(c.samples), Neurons: uint32(c.neurons)})
		})
		same(r, "totals", b.Totals, want)
	})
}

func TestActivity(t *testing.T) {
	eachSpikesCase(t, func(r rig, c spikesCase, s *source) {
		for choice := range 4 {
			for _, group := range []int{1, c.neurons} {
				checkActivity(r, c, s, kernels.ActivityChoice{Lower: choice&1 != 0, Squared: choice&2 != 0}, group)
			}
		}
	})
}

func checkActivity(r rig, c spikesCase, s *source, choice kernels.ActivityChoice, group int) {
	k, err := kernels.NewActivity(r.device, choice)
	if err != nil {
		r.Fatal(err)
	}
	a := cpuref.ActivityArguments[float32]{
		SpikeError: s.rows(c.samples, c.neurons, -0.1, 0.1, 0.2), Loss: s.rows(1, c.samples, 0, 3, 0)[:c.samples],
		Counts: s.counts(c.samples, c.neurons, 20), Neurons: c.neurons, Group: group,
		Lower: choice.Lower, Squared: choice.Squared, Threshold: 9.5, InverseSize: 1 / float32(group),
		LossFactor: 0.3 * float32(group) / float32(c.neurons), ErrorFactor: 0.3 / float32(c.neurons),
	}
	b := kernels.ActivityBuffers{
		SpikeError: array(r, "spike error", a.SpikeError), Loss: array(r, "loss", a.Loss), Counts: array(r, "counts", a.Counts),
	}
	cpuref.Activity(&a, 0, c.samples)
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.ActivityParameters{
			Samples: uint32(c.samples), Neurons: uint32(c.neurons), Group: uint32(group),
			Threshold: a.Threshold, InverseSize: a.InverseSize, LossFactor: a.LossFactor, ErrorFactor: a.ErrorFactor,
		})
	})
	same(r, fmt.Sprintf("spike error of %+v, groups of %d,", choice, group), b.SpikeError, a.SpikeError)
	same(r, fmt.Sprintf("loss of %+v, groups of %d,", choice, group), b.Loss, a.Loss)
}
