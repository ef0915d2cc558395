package engine

import (
	"fmt"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/gpu/gputest"
)

// openings open a device whose memory the host maps where it can, and one where it does not.
var openings = map[string]func(t testing.TB, index int) *gpu.Device{"mapped": gputest.Open, "staged": gputest.OpenStaged}

// TestTraffic: a training step submits to a device twice, three times with a limit on the norm, and
// waits as often, whether or not the host can map its memory and the batch was prepared. The host
// allocates next to nothing for it, and the weights are those of the CPU engine.
func TestTraffic(t *testing.T) {
	const updates = 4
	n, batch := probed()
	n.Readout.Bias = true
	if err := batch.CheckEvents(n.Inputs, n.Steps); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []float64{0, 0.01} {
		options := Options{Seed: 9, Optimizer: cpuref.OptimizerAdam}
		update := Update{LearningRate: 0.01, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8, ClipNorm: limit}
		steps := func(t *testing.T, e Engine) [][]float32 {
			if err := e.SetWeights(n.Initialise(2)); err != nil {
				t.Fatal(err)
			}
			for update.Number = 1; update.Number <= updates; update.Number++ {
				if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
					t.Fatal(err)
				}
				if err := e.Update(update); err != nil {
					t.Fatal(err)
				}
			}
			weights, err := e.Weights()
			if err != nil {
				t.Fatal(err)
			}
			return weights
		}
		reference, err := NewCPU[float32](n, options)
		if err != nil {
			t.Fatal(err)
		}
		want := steps(t, reference)
		for _, info := range gputest.Devices(t) {
			for name, open := range openings {
				t.Run(fmt.Sprintf("%s/limit=%g,%s", info.Driver, limit, name), func(t *testing.T) {
					device := open(t, info.Index)
					e, err := OpenVulkanOn(n, device, options)
					if err != nil {
						t.Fatal(err)
					}
					defer e.Close()
					if !slices.EqualFunc(steps(t, e), want, slices.Equal) {
						t.Fatal("other weights than on the CPU")
					}
					update.Number = updates
					step := func() {
						update.Number++
						e.Prepare(batch)
						if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
							t.Fatal(err)
						}
						if err := e.Update(update); err != nil {
							t.Fatal(err)
						}
					}
					step()
					step() // with the other input room
					before := device.Traffic()
					const repeats = 3
					for range repeats {
						step()
					}
					after := device.Traffic()
					found := gpu.Traffic{Submits: after.Submits - before.Submits, Waits: after.Waits - before.Waits}
					each, allocations := uint64(2), 4.0
					if limit > 0 {
						each, allocations = 3, 12
					}
					if found != (gpu.Traffic{Submits: each * repeats, Waits: each * repeats}) {
						t.Errorf("%+v in %d steps, want %d of each per step", found, repeats, each)
					}
					if count := testing.AllocsPerRun(2, step); count > allocations {
						t.Errorf("%g allocations in a step, want at most %g", count, allocations)
					}
				})
			}
		}
	}
}
