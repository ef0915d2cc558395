package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestToyLoop follows a closed curve in random directions, flat and steep.
func TestToyLoop(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewToyLoop(device)
		if err != nil {
			t.Fatal(err)
		}
		for _, points := range []int{1, 63, 64, 65, 5000} {
			for _, beta := range [][2]float32{{1, 5}, {20, 1}, {1e4, 20}} {
				t.Run(fmt.Sprintf("points=%d/beta=%g", points, beta[0]), func(t *testing.T) {
					r, s := rig{t, device}, &source{seed: uint32(points)}
					angles := make([][2]float32, points)
					flat := make([]float32, 0, 2*points)
					for i := range angles {
						turn := float64(i) / float64(points)
						angles[i] = [2]float32{float32(cpuref.SinTurns(turn)), float32(cpuref.SinTurns(turn + 0.25))}
						flat = append(flat, angles[i][:]...)
					}
					directions := s.rows(1, 20, -2, 2, 0)[:20]
					blocks := (points + cpuref.ToyLoopPoints - 1) / cpuref.ToyLoopPoints
					want := make([]float32, 4*blocks)
					cpuref.ToyLoop(&cpuref.ToyLoopArguments[float32]{
						Partial: want, Angles: angles, Directions: directions, Points: points, Beta: beta[0], BetaSurrogate: beta[1],
					}, 0, blocks)
					b := kernels.ToyLoopBuffers{
						Partial: garbage(r, "partial", len(want)), Angles: array(r, "angles", flat), Directions: array(r, "directions", directions),
					}
					r.run(func(stream *gpu.Stream) error {
						return k.Record(stream, b, kernels.ToyLoopParameters{Points: uint32(points), Beta: beta[0], BetaSurrogate: beta[1]})
					})
					same(r, "partial", b.Partial, want)
				})
			}
		}
	})
}
