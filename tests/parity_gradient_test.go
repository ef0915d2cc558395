package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// connectionCase is the size of a connection between two layers.
type connectionCase struct{ below, neurons, samples, steps, delay int }

func (c connectionCase) String() string {
	return fmt.Sprintf("below=%d,neurons=%d,samples=%d,steps=%d,delay=%d", c.below, c.neurons, c.samples, c.steps, c.delay)
}

// The numbers of samples make one to three chunks, of which the last is not full.
var connectionCases = []connectionCase{
	{1, 1, 1, 1, 0}, {31, 32, 3, 33, 1}, {32, 31, 8, 70, 0}, {33, 33, 9, 33, 32}, {257, 20, 17, 33, 3}, {20, 257, 24, 33, 1}, {200, 33, 9, 33, 1},
}

func TestErrorBelow(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewErrorBelow(device, kernels.ErrorBelowChoice{})
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range connectionCases {
			t.Run(c.String(), func(t *testing.T) {
				r, s := rig{t, device}, &source{seed: uint32(i)}
				rows := c.samples * c.steps
				a := cpuref.ErrorBelowArguments[float32]{
					Error: make([]float32, rows*cpuref.Stride(c.below)),
					Above: s.rows(rows, c.neurons, -1, 1, 0.3), Transposed: s.rows(c.neurons, c.below, -1, 1, 0.1),
					Steps: c.steps, Neurons: c.neurons, Below: c.below, Delay: c.delay,
				}
				cpuref.ErrorBelow(&a, &cpuref.Workspace[float32]{}, 0, c.samples)
				b := kernels.ErrorBelowBuffers{
					Error: garbage(r, "error", len(a.Error)),
					Above: array(r, "above", a.Above), Transposed: array(r, "transposed", a.Transposed),
					Geometry: array(r, "geometry", kernels.WindowNumbers(a.Window)),
				}
				r.run(func(stream *gpu.Stream) error {
					return k.Record(stream, b, kernels.ErrorBelowParameters{
						Samples: uint32(c.samples), Steps: uint32(c.steps), Neurons: uint32(c.neurons), Below: uint32(c.below), Delay: uint32(c.delay),
					})
				})
				same(r, "error", b.Error, a.Error)
			})
		}
	})
}

func TestWeightGradient(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for _, choice := range []kernels.WeightGradientChoice{{}, {Blocks: 1, Spread: 1}, {Blocks: 3, Spread: 1}, {Blocks: 1, Spread: 8}, {Blocks: 3, Spread: 8}} {
			k, err := kernels.NewWeightGradient(device, choice)
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range connectionCases {
				t.Run(fmt.Sprintf("blocks=%d,spread=%d,%v", choice.Blocks, choice.Spread, c), func(t *testing.T) {
					checkWeightGradient(rig{t, device}, k, c, uint32(i))
				})
			}
		}
	})
}

func checkWeightGradient(r rig, k *kernels.WeightGradient, c connectionCase, seed uint32) {
	s := &source{seed: seed}
	size, copies := c.below*cpuref.Stride(c.neurons), 1+int(seed%3)
	want := make([]float32, cpuref.Chunks(c.samples)*size)
	a := cpuref.WeightGradientArguments[float32]{
		Trains: s.spikes(c.below*copies*c.samples, c.steps, 0.2), Copies: copies,
		Error: s.rows(c.samples*c.steps, c.neurons, -1, 1, 0.1),
		Steps: c.steps, Samples: c.samples, Neurons: c.neurons, Delay: c.delay,
		Scale: []float32{0, 10. / 7}[seed%2],
	}
	for chunk := range cpuref.Chunks(c.samples) {
		a.Partial = want[chunk*size:][:size]
		a.First, a.Last = chunk*cpuref.ChunkSamples, min((chunk+1)*cpuref.ChunkSamples, c.samples)
		cpuref.WeightGradient(&a, &cpuref.Workspace[float32]{}, 0, c.below)
	}
	b := kernels.WeightGradientBuffers{
		Partial: garbage(r, "partial", len(want)), Trains: array(r, "trains", a.Trains), Error: array(r, "error", a.Error),
		Geometry: array(r, "geometry", kernels.WindowNumbers(a.Window)),
	}
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.WeightGradientParameters{
			Samples: uint32(c.samples), Steps: uint32(c.steps), Inputs: uint32(c.below), Copies: uint32(copies), Neurons: uint32(c.neurons), Delay: uint32(c.delay),
			Scale: a.Scale,
		})
	})
	same(r, "partial", b.Partial, want)
}

func TestSumChunks(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewSumChunks(device)
		if err != nil {
			t.Fatal(err)
		}
		for _, count := range []int{1, 2, 3, 7, 8, 33} {
			for _, length := range []int{16, 528} {
				t.Run(fmt.Sprintf("count=%d,length=%d", count, length), func(t *testing.T) {
					r, s := rig{t, device}, &source{seed: uint32(count)}
					want := s.rows(count, length, -1, 1, 0)
					b := kernels.SumChunksBuffers{Partial: array(r, "partial", want)}
					cpuref.SumChunks(want, count, length, 0, length)
					r.run(func(stream *gpu.Stream) error {
						return k.Record(stream, b, uint32(count), uint32(length))
					})
					same(r, "partial", b.Partial, want)
				})
			}
		}
	})
}

func TestTranspose(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewTranspose(device)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range [][2]int{{1, 1}, {31, 33}, {32, 257}, {257, 1}} {
			t.Run(fmt.Sprintf("rows=%d,columns=%d", c[0], c[1]), func(t *testing.T) {
				r, s := rig{t, device}, &source{seed: uint32(c[0])}
				weights := s.rows(c[0], c[1], -1, 1, 0)
				want := make([]float32, c[1]*cpuref.Stride(c[0]))
				b := kernels.TransposeBuffers{Transposed: array(r, "transposed", want), Weights: array(r, "weights", weights)}
				cpuref.Transpose(want, weights, c[0], c[1], 1)
				r.run(func(stream *gpu.Stream) error {
					return k.Record(stream, b, kernels.TransposeParameters{Rows: uint32(c[0]), Columns: uint32(c[1])})
				})
				same(r, "transposed", b.Transposed, want)
			})
		}
	})
}
