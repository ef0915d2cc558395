package tests

import (
	"encoding/binary"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// planeOf is the plane of images with two or more channels that have this many numbers; a single
// row if there are none.
func planeOf(numbers int) cpuref.Extent {
	for channels := 2; channels <= numbers; channels++ {
		for height := 2; numbers%channels == 0 && height*channels <= numbers; height++ {
			if numbers/channels%height == 0 {
				return cpuref.Extent{Height: height, Width: numbers / channels / height}
			}
		}
	}
	return cpuref.Extent{Height: 1, Width: numbers}
}

func TestAugment(t *testing.T) {
	limits := func(s *source, count int) []uint32 {
		words := make([]uint32, count)
		for i := range words {
			words[i] = s.word()
		}
		slices.Sort(words)
		return words
	}
	eachSpikesCase(t, func(r rig, c spikesCase, s *source) {
		k, err := kernels.NewAugment(r.device)
		if err != nil {
			r.Fatal(err)
		}
		events := s.events(c.samples*c.steps, c.neurons, 0.3)
		numbers := make([]uint32, c.samples)
		for b := range numbers {
			numbers[b] = s.word()
		}
		key := [2]uint32{s.word(), uint32(cpuref.StreamEncoder)}
		for _, a := range []cpuref.Augmentation{
			{}, {Drop: 1 << 30}, {Time: limits(s, 20)}, {Channel: limits(s, 6)}, {Inserted: limits(s, 9)},
			{TogetherTime: limits(s, 4)}, {TogetherChannel: limits(s, 8)}, {Stretch: 1 << 15}, {StretchChannels: 1 << 15},
			{TogetherPixel: limits(s, 4), Plane: cpuref.Extent{Height: 1, Width: c.neurons}},
			{TogetherPixel: limits(s, 6), Plane: planeOf(c.neurons), Time: limits(s, 4), Drop: 1 << 28},
			{Time: limits(s, 2), TogetherTime: limits(s, 6), TogetherChannel: limits(s, 2), Stretch: 9999, StretchChannels: 12345},
			{Drop: 1 << 29, Time: limits(s, 2), Channel: limits(s, 200), Inserted: limits(s, 40)},
		} {
			a.Key = key
			want := make([]uint32, c.samples*c.steps*cpuref.Words(c.neurons))
			cpuref.Augment(want, events, numbers, &a, c.neurons, c.steps, 0, c.samples)
			b := kernels.AugmentBuffers{
				Spikes: garbage(r, "spikes", len(want)), Rows: array(r, "rows", flat(events.Rows)), Index: array(r, "index", events.Index),
				Numbers:      array(r, "numbers", append([]uint32{1, 2}, numbers...)),
				Augmentation: array(r, "augmentation", kernels.AugmentationWords(&a)),
			}
			r.run(func(stream *gpu.Stream) error {
				return k.Record(stream, b, kernels.AugmentParameters{Samples: uint32(c.samples), Steps: uint32(c.steps), Channels: uint32(c.neurons)})
			})
			same(r, "spikes", b.Spikes, want)
		}
	})
}

// TestBuildEventsCompact: rows may be stored in any order, but must not overlap, and must
// have the right content.
func TestBuildEventsCompact(t *testing.T) {
	eachSpikesCase(t, func(r rig, c spikesCase, s *source) {
		k, err := kernels.NewBuildEvents(r.device, kernels.BuildEventsChoice{Compact: true})
		if err != nil {
			r.Fatal(err)
		}
		rows, words := c.samples*c.steps, cpuref.Words(c.neurons)
		spikes := s.spikes(rows, c.neurons, 0.3)
		want := cpuref.AppendEvents(cpuref.Events{}, spikes, words, 0, rows)
		capacity := len(want.Index) + 1
		b := kernels.BuildEventsBuffers{
			Rows: garbage(r, "rows", 2*rows), Index: garbage(r, "index", capacity),
			Spikes: array(r, "spikes", spikes), Used: garbage(r, "used", 1),
		}
		r.run(func(stream *gpu.Stream) error {
			return k.Record(stream, b, kernels.BuildEventsParameters{
				Samples: uint32(c.samples), Steps: uint32(c.steps), Words: uint32(words), Capacity: uint32(capacity),
			})
		})
		same(r, "used", b.Used, []uint32{uint32(len(want.Index))})
		gotRows, index := words32(r, b.Rows, 2*rows), words32(r, b.Index, capacity)
		for row := range rows {
			begin, end := gotRows[2*row], gotRows[2*row+1]
			if begin > end || int(end) > len(want.Index) || !slices.Equal(index[begin:end], want.Row(row)) {
				r.Fatalf("row %d is %d to %d, of %d spikes: want %v", row, begin, end, len(want.Index), want.Row(row))
			}
		}
	})
}

// words32 reads numbers back.
func words32(r rig, from gpu.Binding, count int) []uint32 {
	r.Helper()
	content := make([]byte, 4*count)
	if err := from.Buffer.Download(content, from.Offset); err != nil {
		r.Fatal(err)
	}
	words := make([]uint32, count)
	for i := range words {
		words[i] = binary.NativeEndian.Uint32(content[4*i:])
	}
	return words
}
