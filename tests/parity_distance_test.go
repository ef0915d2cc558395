package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

func TestSpikeDistance(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for _, kind := range []cpuref.Loss{cpuref.LossVanRossum, cpuref.LossSpikeDifference} {
			for _, write := range []bool{false, true} {
				k, err := kernels.NewSpikeDistance(device, kernels.SpikeDistanceChoice{Kind: uint32(kind), WriteError: write})
				if err != nil {
					t.Fatal(err)
				}
				for i, c := range readoutCases {
					t.Run(fmt.Sprintf("loss=%d,error=%v,%v", kind, write, c), func(t *testing.T) {
						checkSpikeDistance(rig{t, device}, k, kind, write, c, uint32(i))
					})
				}
			}
		}
	})
}

// checkSpikeDistance compares one case; the classes are the neurons; inputs and delay are
// ignored.
func checkSpikeDistance(r rig, k *kernels.SpikeDistance, kind cpuref.Loss, write bool, c readoutCase, seed uint32) {
	s := &source{seed: seed}
	stride, rows := cpuref.Stride(c.classes), c.samples*c.steps
	a := cpuref.SpikeDistanceArguments[float32]{
		Distance: make([]float32, c.samples*stride),
		Spikes:   s.spikes(rows, c.classes, 0.3), Targets: s.spikes(rows, c.classes, 0.1),
		Steps: c.steps, Neurons: c.classes, Kind: kind,
		DecayMembrane: 0.9, DriveMembrane: 0.1, DecaySynapse: 0.8, Scale: 0.7, HalfScale: 0.35,
	}
	b := kernels.SpikeDistanceBuffers{
		Distance: garbage(r, "distance", len(a.Distance)),
		Spikes:   array(r, "spikes", a.Spikes), Targets: array(r, "targets", a.Targets),
	}
	if write {
		a.Error = make([]float32, rows*stride)
		b.Error = garbage(r, "error", len(a.Error))
	}
	cpuref.SpikeDistance(&a, &cpuref.Workspace[float32]{}, 0, c.samples)
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.SpikeDistanceParameters{
			Samples: uint32(c.samples), Steps: uint32(c.steps), Neurons: uint32(c.classes),
			DecayMembrane: a.DecayMembrane, DriveMembrane: a.DriveMembrane, DecaySynapse: a.DecaySynapse,
			Scale: a.Scale, HalfScale: a.HalfScale,
		})
	})
	same(r, "distance", b.Distance, a.Distance)
	if write {
		same(r, "error", b.Error, a.Error)
	}
}

func TestRowSums(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewRowSums(device)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ rows, columns int }{{1, 1}, {3, 31}, {8, 32}, {70, 33}, {2, 257}} {
			t.Run(fmt.Sprintf("%dx%d", c.rows, c.columns), func(t *testing.T) {
				r, s := rig{t, device}, &source{seed: uint32(c.columns)}
				values, want := s.rows(c.rows, c.columns, -1, 1, 0.1), make([]float32, c.rows)
				cpuref.RowSums(want, values, c.columns, 0, c.rows)
				b := kernels.RowSumsBuffers{Sums: garbage(r, "sums", c.rows), Values: array(r, "values", values)}
				r.run(func(stream *gpu.Stream) error {
					return k.Record(stream, b, kernels.RowSumsParameters{Rows: uint32(c.rows), Columns: uint32(c.columns)})
				})
				same(r, "sums", b.Sums, want)
			})
		}
	})
}
