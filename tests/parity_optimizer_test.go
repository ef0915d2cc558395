package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestOptimizer makes several updates in a row, with different parameters each time, from
// gradients of very different magnitudes, including zero and values whose square is not
// finite.
func TestOptimizer(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for kind := cpuref.OptimizerSGD; kind <= cpuref.OptimizerSMORMS3; kind++ {
			for _, count := range []int{16, 528, 8000} {
				t.Run(fmt.Sprintf("optimizer=%d,count=%d", kind, count), func(t *testing.T) {
					checkOptimizer(rig{t, device}, kind, count)
				})
			}
		}
	})
}

func checkOptimizer(r rig, kind cpuref.Optimizer, count int) {
	k, err := kernels.NewOptimizer(r.device, kernels.OptimizerChoice{Kind: uint32(kind)})
	if err != nil {
		r.Fatal(err)
	}
	s := &source{seed: uint32(count)}
	a := cpuref.OptimizerArguments[float32]{Weights: s.rows(1, count, -1, 1, 0.1), Kind: kind}
	for i := range a.State {
		a.State[i] = make([]float32, count)
	}
	if kind == cpuref.OptimizerSMORMS3 {
		for i := range a.State[2] {
			a.State[2][i] = 1
		}
	}
	b := kernels.OptimizerBuffers{
		Weights: array(r, "weights", a.Weights), State0: array(r, "state 0", a.State[0]),
		State1: onlyIf(kind != cpuref.OptimizerSGD, array(r, "state 1", a.State[1])),
		State2: onlyIf(kind == cpuref.OptimizerSMORMS3, array(r, "state 2", a.State[2])),
	}
	for update := range 4 {
		a.Gradient = s.rows(1, count, -1, 1, 0.2)
		for i := range a.Gradient {
			for range s.word() % 6 {
				a.Gradient[i] *= 0x1p-8
			}
			if s.word()%16 == 0 {
				a.Gradient[i] *= 0x1p100
			}
			a.Gradient[i] = cpuref.FlushState(a.Gradient[i])
		}
		p := cpuref.UpdateParameters[float32]{
			InverseBatch: 0.125, LearningRate: 0.01 / float32(update+1), WeightDecay: 0.02,
			Momentum: 0.9, Momentum1: 0.1, SecondMoment: 0.999, SecondMoment1: 0.001,
			Correction: 10 / float32(update+1), Correction2: 1000 / float32(update+1), Epsilon: 1e-8,
		}
		if kind == cpuref.OptimizerSMORMS3 {
			p.Epsilon = 1e-16
		}
		a.Parameters = p
		b.Gradient = array(r, "gradient", a.Gradient)
		b.Update = array(r, "update", []float32{p.InverseBatch, p.LearningRate, p.WeightDecay, p.Momentum, p.Momentum1,
			p.SecondMoment, p.SecondMoment1, p.Correction, p.Correction2, p.Epsilon})
		cpuref.OptimizerUpdate(&a, 0, count)
		r.run(func(stream *gpu.Stream) error {
			return k.Record(stream, b, kernels.OptimizerParameters{Count: uint32(count)})
		})
		same(r, "weights", b.Weights, a.Weights)
		for i, binding := range []gpu.Binding{b.State0, b.State1, b.State2} {
			if binding.Buffer != nil {
				same(r, fmt.Sprintf("state %d", i), binding, a.State[i])
			}
		}
	}
}
