package tests

import (
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestLIFForwardSegments runs layers in segments, the first of them twice: the stored
// values of the last segment, its final states and the spikes of all segments must equal
// those of cpuref.
func TestLIFForwardSegments(t *testing.T) {
	cases := lifCases(false)
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for i, c := range cases {
			if c.steps < 70 || c.delay > 20 || c.recurrentDelay > 20 && c.recurrent {
				continue
			}
			t.Run(c.String(), func(t *testing.T) { checkLIFForwardSegments(rig{t, device}, c, uint32(i)) })
		}
	})
}

func checkLIFForwardSegments(r rig, c lifCase, seed uint32) {
	run := runLIF(c, seed)
	a := run.forward
	stride := cpuref.Stride(c.neurons)
	const held = 40 // rows
	a.Spikes = make([]uint32, len(a.Spikes))
	a.Membrane, a.Lost = make([]float32, c.samples*held*stride), make([]float32, c.samples*held*stride)
	a.States = make([]float32, c.samples*c.model.States()*stride)
	k, err := kernels.NewLIFForward(r.device, kernels.LIFForwardChoice{
		Neurons: uint32(c.neurons), Model: uint32(c.model), Noise: uint32(c.noise), Reset: uint32(c.reset),
		Recurrent: c.recurrent, Bias: c.bias, StoreLost: true, Spread: c.spread, Refractory: uint32(c.refractory),
	})
	if err != nil {
		r.Fatal(err)
	}
	b := kernels.LIFForwardBuffers{
		Spikes: array(r, "spikes", a.Spikes), Membrane: array(r, "membrane", a.Membrane), Lost: array(r, "lost", a.Lost),
		Rows: array(r, "rows", flat(a.Events.Rows)), Index: array(r, "index", a.Events.Index),
		InputWeights: array(r, "input weights", a.InputWeights), RecurrentWeights: onlyIf(c.recurrent, array(r, "recurrent weights", a.RecurrentWeights)),
		Numbers: array(r, "numbers", append(a.Key[:], a.Numbers...)), States: array(r, "states", a.States),
		Bias: onlyIf(c.bias, array(r, "bias", a.Bias)), ConstantsOfLayer: array(r, "constants", kernels.NeuronConstants(&a.Neuron)),
	}
	work := cpuref.Workspace[float32]{}
	for s, first := range []int{0, 0, 32, 64} {
		a.Segment = cpuref.Segment{First: first, Last: min(first+32, c.steps), Origin: first - 1, Rows: held}
		cpuref.LIFForward(&a, &work, 0, c.samples)
		r.run(func(stream *gpu.Stream) error {
			return k.Record(stream, b, kernels.LIFForwardParameters{
				Samples: uint32(c.samples), Steps: uint32(c.steps), Neurons: uint32(c.neurons),
				Delay: uint32(c.delay), RecurrentDelay: uint32(c.recurrentDelay), Layer: a.Layer,
				InputScale: a.InputScale, Segment: a.Segment,
			})
		})
		same(r, "spikes", b.Spikes, a.Spikes)
		same(r, "membrane", b.Membrane, a.Membrane)
		same(r, "lost", b.Lost, a.Lost)
		same(r, "states", b.States, a.States)
		if r.Failed() {
			r.Fatalf("in run %d, of the segment from step %d", s, first)
		}
	}
	for w, word := range a.Spikes {
		if word != run.forward.Spikes[w] {
			r.Fatalf("word %d of the spikes differs from that of whole samples", w)
		}
	}
}
