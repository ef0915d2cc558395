package cpuref

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestInputSums compares sums over one source and over two with sums of small integer weights,
// which are exact, also in segments.
func TestInputSums(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const samples, steps, neurons, inputs = 3, 9, 18, 7
	events := Events{}
	for range samples * steps {
		begin := uint32(len(events.Index))
		for i := range uint32(inputs) {
			if random.IntN(3) == 0 {
				events.Index = append(events.Index, i)
			}
		}
		events.Rows = append(events.Rows, [2]uint32{begin, uint32(len(events.Index))})
	}
	for _, delay := range []int{0, 1, 8, 9} {
		for _, segment := range []Segment{{}, {First: 3, Last: 7, Origin: 2, Rows: 6}} {
			held := segment.Of(steps)
			sums := filled(samples*held.Rows*Stride(neurons), float32(77))
			want := slices.Clone(sums)
			for pass := range 2 {
				weights := smallIntegers(random, inputs*Stride(neurons))
				InputSums(&InputSumsArguments[float32]{
					Sums: sums, Events: events, Weights: weights, Steps: steps, Neurons: neurons, Delay: delay, Segment: segment, Add: pass == 1,
				}, &Workspace[float32]{}, 0, samples)
				for b := range samples {
					for t := held.First; t < held.Last; t++ {
						row := want[held.row(b, t)*Stride(neurons):][:Stride(neurons)]
						for n := range row {
							if pass == 0 {
								row[n] = 0
							}
							if t >= delay {
								for _, i := range events.Row(b*steps + t - delay) {
									row[n] += weights[int(i)*Stride(neurons)+n]
								}
							}
						}
					}
				}
				if !slices.Equal(sums, want) {
					t.Fatalf("delay %d, segment %+v, source %d: other sums", delay, segment, pass)
				}
			}
		}
	}
}

// TestErrorBelowAdds: adding errors gives the errors alone plus what was there.
func TestErrorBelowAdds(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const samples, steps, neurons, below = 3, 6, 18, 33
	for _, delay := range []int{0, 2, 6} {
		a := ErrorBelowArguments[float32]{
			Error: make([]float32, samples*steps*Stride(below)), Above: smallIntegers(random, samples*steps*Stride(neurons)),
			Transposed: smallIntegers(random, neurons*Stride(below)), Steps: steps, Neurons: neurons, Below: below, Delay: delay,
		}
		ErrorBelow(&a, &Workspace[float32]{}, 0, samples)
		alone := slices.Clone(a.Error)
		before := smallIntegers(random, len(alone))
		copy(a.Error, before)
		a.Add = true
		ErrorBelow(&a, &Workspace[float32]{}, 0, samples)
		for i, e := range a.Error {
			if e != alone[i]+before[i] {
				t.Fatalf("delay %d, number %d: %g, want %g + %g", delay, i, e, before[i], alone[i])
			}
		}
	}
}

// TestDrive: input from further sources counts like a connection of its own, whether or not it is
// stored where the membranes or the derivatives go.
func TestDrive(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	const steps, neurons, inputs = 40, 20, 6
	var events Events
	for range steps {
		begin := uint32(len(events.Index))
		for i := range uint32(inputs) {
			if random.IntN(3) == 0 {
				events.Index = append(events.Index, i)
			}
		}
		events.Rows = append(events.Rows, [2]uint32{begin, uint32(len(events.Index))})
	}
	stride := Stride(neurons)
	p := Neuron[float32]{
		Model: NeuronLIF, DecayMembrane: 0.9, DriveMembrane: 0.1, DecaySynapse: 0.8, Threshold: 1, Noise: NoiseSigmoid, NoiseParameters: [2]float32{5},
		Surrogate: SurrogateSigmoid, SurrogateParameter: [3]float32{5},
	}
	weights := smallIntegers(random, inputs*stride)
	run := func(delay int, change func(a *LIFForwardArguments[float32])) LIFForwardArguments[float32] {
		a := LIFForwardArguments[float32]{
			Spikes: make([]uint32, steps*Words(neurons)), Membrane: make([]float32, steps*stride), Events: events, InputWeights: weights,
			Numbers: []uint32{5}, Steps: steps, Neurons: neurons, Delay: delay, Key: [2]uint32{1, 2}, Neuron: p,
		}
		change(&a)
		LIFForward(&a, &Workspace[float32]{}, 0, 1)
		return a
	}
	sums := func(add bool, to []float32) {
		InputSums(&InputSumsArguments[float32]{
			Sums: to, Events: events, Weights: weights, Steps: steps, Neurons: neurons, Delay: 1, Add: add,
		}, &Workspace[float32]{}, 0, 1)
	}
	plain := run(1, func(*LIFForwardArguments[float32]) {})
	if !slices.ContainsFunc(plain.Spikes, func(word uint32) bool { return word != 0 }) {
		t.Fatal("no neuron spikes")
	}
	alone := run(steps, func(a *LIFForwardArguments[float32]) { // without an input of its own
		sums(false, a.Membrane)
		a.Drive = a.Membrane
	})
	if !slices.Equal(plain.Spikes, alone.Spikes) || !slices.Equal(plain.Membrane, alone.Membrane) {
		t.Error("sums in place of the events make another run of them")
	}
	apart := run(1, func(a *LIFForwardArguments[float32]) {
		a.Drive = make([]float32, len(a.Membrane))
		sums(false, a.Drive)
	})
	if slices.Equal(apart.Membrane, plain.Membrane) {
		t.Error("sums besides the events change nothing")
	}
	there := run(1, func(a *LIFForwardArguments[float32]) {
		sums(false, a.Membrane)
		a.Drive = a.Membrane
	})
	derived := run(1, func(a *LIFForwardArguments[float32]) {
		a.Derivative, a.Membrane = a.Membrane, nil
		sums(false, a.Derivative)
		a.Drive = a.Derivative
	})
	if !slices.Equal(there.Membrane, apart.Membrane) || !slices.Equal(derived.Spikes, apart.Spikes) {
		t.Error("it matters where the sums lie")
	}
}
