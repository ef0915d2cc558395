package tests

import (
	"fmt"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestCopySamples copies the beginnings of samples, some of them several times and some not at
// all.
func TestCopySamples(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewCopySamples(device)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []kernels.CopySamplesParameters{
			{Samples: 1, Words: 1, ToStride: 1, FromStride: 1},
			{Samples: 9, Words: 16, ToStride: 16, FromStride: 16},
			{Samples: 17, Words: 31, ToStride: 33, FromStride: 40},
			{Samples: 300, Words: 65, ToStride: 70, FromStride: 65},
		} {
			t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
				r, s := rig{t, device}, &source{seed: c.Samples}
				const sources = 5
				from, samples := make([]uint32, sources*c.FromStride), make([]uint32, c.Samples)
				for i := range from {
					from[i] = s.word()
				}
				for i := range samples {
					samples[i] = s.word() % sources
				}
				want := slices.Repeat([]uint32{7}, int(c.Samples*c.ToStride))
				b := kernels.CopySamplesBuffers{To: array(r, "to", want), From: array(r, "from", from), Sources: array(r, "sources", samples)}
				cpuref.CopySamples(want, from, samples, int(c.Words), int(c.ToStride), int(c.FromStride), 0, len(samples))
				r.run(func(stream *gpu.Stream) error { return k.Record(stream, b, c) })
				same(r, "to", b.To, want)
			})
		}
	})
}
