package tests

import (
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestPotentialGradient sums the gradients of weights applied to potentials, on the CPU in parts of
// chunks and of rows, also in samples that end before anything arrives.
func TestPotentialGradient(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewPotentialGradient(device)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []struct{ samples, steps, inputs, neurons, delay int }{
			{1, 1, 1, 1, 0}, {3, 2, 5, 17, 0}, {8, 33, 16, 16, 1}, {17, 40, 33, 70, 5}, {9, 70, 130, 5, 69}, {5, 7, 20, 31, 5},
		} {
			r, s := rig{t, device}, &source{seed: uint32(i)}
			rows, size := c.samples*c.steps, c.inputs*cpuref.Stride(c.neurons)
			a := cpuref.PotentialGradientArguments[float32]{
				Potential: s.rows(rows, c.inputs, -2, 2, 0.1), Error: s.rows(rows, c.neurons, -1, 1, 0.1),
				Steps: c.steps, Inputs: c.inputs, Neurons: c.neurons, Delay: c.delay,
			}
			want := make([]float32, cpuref.Chunks(c.samples)*size)
			for at := range want {
				want[at] = 7 // the previous content
			}
			var work cpuref.Workspace[float32]
			for first := 0; first < c.samples; first += 3 { // chunks of 8 in parts of 3
				for b := first; b < min(first+3, c.samples); {
					chunk := b / cpuref.ChunkSamples
					a.Partial, a.First, a.Last = want[chunk*size:][:size], b, min(first+3, c.samples, (chunk+1)*cpuref.ChunkSamples)
					a.Before = b > chunk*cpuref.ChunkSamples
					cpuref.PotentialGradient(&a, &work, 0, c.inputs/2)
					cpuref.PotentialGradient(&a, &work, c.inputs/2, c.inputs)
					b = a.Last
				}
			}
			b := kernels.PotentialGradientBuffers{
				Partial: garbage(r, "partial", len(want)), Potential: array(r, "potentials", a.Potential), Error: array(r, "error", a.Error),
			}
			r.run(func(stream *gpu.Stream) error {
				return k.Record(stream, b, kernels.PotentialGradientParameters{
					Samples: uint32(c.samples), Steps: uint32(c.steps), Inputs: uint32(c.inputs), Neurons: uint32(c.neurons), Delay: uint32(c.delay),
				})
			})
			same(r, "partial", b.Partial, want)
		}
	})
}
