package tests

import (
	"math"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestExactFunctions compares at least 2²⁴ arguments of each exact function, spread evenly
// over the bit patterns of its range.
func TestExactFunctions(t *testing.T) {
	const runs, count = 4, 1<<22 + 1024
	type span struct{ first, last float32 }
	functions := []struct {
		name      string
		function  uint32
		reference func(float32) float32
		spans     []span
	}{
		{"exp", kernels.FunctionExp, cpuref.Exp[float32], []span{{0x1p-60, 88}, {-0x1p-60, -87}}},
		{"log", kernels.FunctionLog, cpuref.Log[float32], []span{{0x1p-126, math.MaxFloat32}}},
		{"reciprocal", kernels.FunctionReciprocal, cpuref.Reciprocal[float32], []span{{0x1p-125, 0x1p100}}},
		{"sqrt", kernels.FunctionSqrt, cpuref.Sqrt[float32], []span{{0x1p-100, 0x1p125}}},
	}
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for _, f := range functions {
			t.Run(f.name, func(t *testing.T) {
				r := rig{t, device}
				k, err := kernels.NewExactFunctions(device, kernels.ExactFunctionsChoice{Function: f.function})
				if err != nil {
					t.Fatal(err)
				}
				results := gpu.Binding{}
				if results.Buffer, err = device.NewBuffer("results", 4*count); err != nil {
					t.Fatal(err)
				}
				defer results.Buffer.Free()
				want := make([]float32, count)
				for run := range uint32(runs) {
					// Each run takes arguments between those of the previous ones.
					s := f.spans[int(run)%len(f.spans)]
					first, last := math.Float32bits(s.first), math.Float32bits(s.last)
					increment := (last - first) / count
					first += run * increment / runs
					for i := range want {
						want[i] = f.reference(math.Float32frombits(first + uint32(i)*increment))
					}
					r.run(func(stream *gpu.Stream) error {
						return k.Record(stream, kernels.ExactFunctionsBuffers{Results: results},
							kernels.ExactFunctionsParameters{Count: count, First: first, Increment: increment})
					})
					same(r, f.name, results, want)
				}
			})
		}
	})
}

// TestPhilox compares both generators with the known answers published in the Random123
// distribution (kat_vectors, philox4x32 10), and with each other.
func TestPhilox(t *testing.T) {
	const ones = 0xffffffff
	counters := [][4]uint32{{}, {ones, ones, ones, ones}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}
	keys := [][2]uint32{{}, {ones, ones}, {0xa4093822, 0x299f31d0}}
	known := [][4]uint32{
		{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
	}
	for i, want := range known {
		if got := cpuref.Philox(keys[i], counters[i]); got != want {
			t.Errorf("cpuref.Philox(%08x, %08x) = %08x, want %08x", keys[i], counters[i], got, want)
		}
	}
	s := &source{seed: 1}
	for range 1000 {
		counters = append(counters, [4]uint32{s.word(), s.word(), s.word(), s.word()})
		keys = append(keys, [2]uint32{s.word(), s.word()})
	}
	var want, flatCounters, flatKeys []uint32
	for i := range counters {
		words := cpuref.Philox(keys[i], counters[i])
		want = append(want, words[:]...)
		flatCounters = append(flatCounters, counters[i][:]...)
		flatKeys = append(flatKeys, keys[i][:]...)
	}
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		r := rig{t, device}
		k, err := kernels.NewPhilox(device)
		if err != nil {
			t.Fatal(err)
		}
		b := kernels.PhiloxBuffers{
			Words: garbage(r, "words", len(want)), Counters: array(r, "counters", flatCounters), Keys: array(r, "keys", flatKeys),
		}
		r.run(func(stream *gpu.Stream) error {
			return k.Record(stream, b, kernels.PhiloxParameters{Count: uint32(len(counters))})
		})
		same(r, "words", b.Words, want)
	})
}
