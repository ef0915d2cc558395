package tests

import (
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestDelays moves events by learned delays, random and rounded, propagates errors back, computes
// gradients and limits shares.
func TestDelays(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		var failed [4]error
		events, err := kernels.NewDelayEvents(device)
		failed[0] = err
		errors, err := kernels.NewDelayErrors(device)
		failed[1] = err
		gradient, err := kernels.NewDelayGradient(device)
		failed[2] = err
		limit, err := kernels.NewLimitShares(device)
		failed[3] = err
		for _, err := range failed {
			if err != nil {
				t.Fatal(err)
			}
		}
		for i, inputs := range []int{1, 31, 257, 48, 130} {
			r, s, samples, steps := rig{t, device}, &source{seed: uint32(i)}, sizesOfCases[i][0], sizesOfCases[i][1]
			shares := s.rows(1, inputs, -1, 2, 0.2)
			sharesOf := array(r, "shares", shares)
			cpuref.LimitShares(shares, 0, len(shares))
			r.run(func(stream *gpu.Stream) error {
				return limit.Record(stream, kernels.LimitSharesBuffers{Shares: sharesOf}, kernels.LimitSharesParameters{Count: uint32(len(shares))})
			})
			same(r, "shares", sharesOf, shares)
			numbers := dropoutNumbers(s, s.word(), samples)
			d := cpuref.Delays[float32]{Share: shares, Longest: max(1, steps*2/3), Seed: numbers[0], Layer: uint32(i)}
			p := kernels.DelayEventsParameters{Samples: uint32(samples), Steps: uint32(steps), Inputs: uint32(inputs), Layer: d.Layer, Longest: uint32(d.Longest)}
			for _, d.Drawn = range []bool{false, true} {
				checkDelays(r, events, errors, s, d, p, numbers, sharesOf)
				p.Drawn = 1
			}
			checkDelayGradient(r, gradient, s, samples, inputs, []int{1, 16, 33, 5, 130}[i], d.Longest)
		}
	})
}

func checkDelays(r rig, events *kernels.DelayEvents, errors *kernels.DelayErrors, s *source, d cpuref.Delays[float32], p kernels.DelayEventsParameters, numbers []uint32, shares gpu.Binding) {
	r.Helper()
	samples, steps, inputs, work := int(p.Samples), int(p.Steps), int(p.Inputs), &cpuref.Workspace[float32]{}
	moved := cpuref.DelayEventsArguments[float32]{
		Spikes: make([]uint32, samples*steps*cpuref.Words(inputs)), Events: s.events(samples*steps, inputs, 0.3), Numbers: numbers[2:],
		Steps: steps, Inputs: inputs, Delays: d,
	}
	for i := range moved.Spikes { // the previous content
		moved.Spikes[i] = s.word()
	}
	b := kernels.DelayEventsBuffers{
		Spikes: array(r, "spikes", moved.Spikes), Rows: array(r, "rows", flat(moved.Events.Rows)), Index: array(r, "index", moved.Events.Index),
		Numbers: array(r, "numbers", numbers), Shares: shares,
	}
	cpuref.DelayEvents(&moved, work, 0, samples)
	r.run(func(stream *gpu.Stream) error { return events.Record(stream, b, p) })
	same(r, "spikes", b.Spikes, moved.Spikes)

	back := cpuref.DelayErrorsArguments[float32]{
		Error: s.rows(samples*steps, inputs, -1, 1, 0.2), Numbers: numbers[2:], Steps: steps, Inputs: inputs, Delays: d,
	}
	at := kernels.DelayErrorsBuffers{Error: array(r, "error", back.Error), Numbers: b.Numbers, Shares: shares}
	cpuref.DelayErrors(&back, work, 0, samples)
	r.run(func(stream *gpu.Stream) error { return errors.Record(stream, at, kernels.DelayErrorsParameters(p)) })
	same(r, "error", at.Error, back.Error)
}

func checkDelayGradient(r rig, k *kernels.DelayGradient, s *source, samples, inputs, neurons, longest int) {
	r.Helper()
	chunks := cpuref.Chunks(samples)
	weights, sums, later := s.rows(inputs, neurons, -1, 1, 0.1), s.rows(chunks*inputs, neurons, -1, 1, 0.1), s.rows(chunks*inputs, neurons, -1, 1, 0.1)
	partial := make([]float32, chunks*cpuref.Stride(inputs))
	b := kernels.DelayGradientBuffers{
		Partial: array(r, "partial gradients", partial), Weights: array(r, "weights", weights), Sums: array(r, "sums", sums), Later: array(r, "later", later),
	}
	for c, size := 0, len(weights); c < chunks; c++ {
		cpuref.DelayGradient(&cpuref.DelayGradientArguments[float32]{
			Partial: partial[c*cpuref.Stride(inputs):][:cpuref.Stride(inputs)], Weights: weights, Sums: sums[c*size:][:size], Later: later[c*size:][:size],
			Inputs: inputs, Neurons: neurons, Longest: longest,
		})
	}
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.DelayGradientParameters{
			Chunks: uint32(chunks), Inputs: uint32(inputs), Neurons: uint32(neurons), Longest: uint32(longest),
		})
	})
	same(r, "partial gradients", b.Partial, partial)
}
