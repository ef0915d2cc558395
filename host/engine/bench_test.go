package engine

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// spokenDigits is a recurrent network of 128 neurons on 700 channels, 175 steps, with a batch of
// 100 samples in which 1 channel in 30 spikes per step.
func spokenDigits() (*network.Network, *Batch) {
	const samples = 100
	n := &network.Network{
		Inputs: 700, Classes: 20, Steps: 175, StepLength: 0.004,
		Layers: []network.Layer{network.DefaultLayer()}, Readout: network.DefaultReadout(),
	}
	n.Layers[0].Surrogate.Kind = network.Matched
	batch := &Batch{}
	for b := range uint32(samples) {
		batch.Labels = append(batch.Labels, b%uint32(n.Classes))
		batch.Numbers = append(batch.Numbers, b)
		for t := range uint32(n.Steps) {
			begin := uint32(len(batch.Index))
			for i := range uint32(n.Inputs) {
				if cpuref.Philox([2]uint32{}, [4]uint32{b, t, i, 0})[0] < 1<<32/30 {
					batch.Index = append(batch.Index, i)
				}
			}
			batch.Rows = append(batch.Rows, [2]uint32{begin, uint32(len(batch.Index))})
		}
	}
	return n, batch
}

func BenchmarkGradient(b *testing.B) {
	used := cpuref.UsedInstructions()
	defer cpuref.UseInstructions(used)
	n, batch := spokenDigits()
	for _, set := range []cpuref.Instructions{cpuref.PlainInstructions, cpuref.AVX2Instructions, cpuref.AVX512Instructions, cpuref.NEONInstructions} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%dworkers", set, workers), func(b *testing.B) {
				if !cpuref.UseInstructions(set) {
					b.Skipf("%s is not in this build or processor", set)
				}
				e, err := NewCPU[float32](n, Options{Workers: workers})
				if err == nil {
					err = e.SetWeights(n.Initialise(1))
				}
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(batch.Samples()*b.N)/b.Elapsed().Seconds(), "samples/s")
			})
		}
	}
}
