package cpuref

import (
	"fmt"
	"math"
	"testing"
)

// vectorInputs are random numbers for a test, the same on every run.
type vectorInputs struct{ counter uint32 }

func (v *vectorInputs) uniform() float32 {
	v.counter++
	return Uniform[float32](Philox([2]uint32{7, 7}, [4]uint32{v.counter})[0])
}

func (v *vectorInputs) array(n int, scale float32) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = FlushWeight((2*v.uniform() - 1) * scale)
	}
	return values
}

// rows returns rows of n random numbers, padded to the stride with zeros.
func (v *vectorInputs) rows(count, n int, scale float32) []float32 {
	stride := Stride(n)
	values := make([]float32, count*stride)
	for r := range count {
		copy(values[r*stride:], v.array(n, scale))
	}
	return values
}

// TestVectorLoops runs every kernel with vector loops under every instruction set
// that this build and processor have: the bits must be those of the plain loops.
func TestVectorLoops(t *testing.T) {
	used := UsedInstructions()
	defer UseInstructions(used)
	for _, set := range vectorSets {
		if !UseInstructions(set) {
			t.Logf("%s is not in this build or processor", set)
			continue
		}
		for _, neurons := range []int{1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 130} {
			for kind := range uint32(surrogates) {
				neuron := Neuron[float32]{
					Model: []NeuronModel{NeuronLIF, NeuronLIFDelta, NeuronAdaptive}[kind/3%3], DecayAdaptation: 0.9, Adaptation: 0.2,
					DecayMembrane: 0.9, DriveMembrane: 0.1, DecaySynapse: 0.8, Threshold: 1,
					Reset: Reset(kind % 3), DifferentiateReset: kind%2 == 1,
					Noise: EscapeNoise(kind % 4), NoiseParameters: [2]float32{3, 4},
					Surrogate: Surrogate(kind), SurrogateParameter: [3]float32{2, 0.7, 0.3},
				}
				if kind%2 == 0 { // constants differ between neurons
					neuron.Learn = LearnedSet(1 + (7*kind)%63)
				}
				if kind >= 6 {
					neuron.Support = Support[float32]{true, -1.01, 0.4} // so low that resting neurons are inside
				}
				neuron.Refractory = int(kind % 4)
				name := fmt.Sprintf("%s, %d neurons, kind %d", set, neurons, kind)
				UseInstructions(PlainInstructions)
				want := runVectorKernels(neuron, neurons)
				UseInstructions(set)
				got := runVectorKernels(neuron, neurons)
				for i := range want {
					if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
						t.Fatalf("%s: value %d is %v, plain loops give %v", name, i, got[i], want[i])
					}
				}
			}
		}
	}
}

// runVectorKernels runs a recurrent layer forward and backward and returns everything it computed.
func runVectorKernels(neuron Neuron[float32], neurons int) []float32 {
	const samples, steps, inputs = 5, 9, 21
	v := &vectorInputs{counter: uint32(neurons) << 16}
	stride, words, rows := Stride(neurons), Words(neurons), samples*steps
	events := Events{Rows: make([][2]uint32, rows)}
	for r := range rows {
		begin := len(events.Index)
		for i := range inputs {
			if v.uniform() < 0.3 {
				events.Index = append(events.Index, uint32(i))
			}
		}
		events.Rows[r] = [2]uint32{uint32(begin), uint32(len(events.Index))}
	}
	forward := LIFForwardArguments[float32]{
		Spikes: make([]uint32, rows*words), Membrane: make([]float32, rows*stride), Lost: make([]float32, rows*stride),
		Events: events, InputWeights: v.rows(inputs, neurons, 2), RecurrentWeights: v.rows(neurons, neurons, 1),
		Numbers: []uint32{3, 1, 4, 15, 9}, Steps: steps, Neurons: neurons, Delay: 1, RecurrentDelay: 2,
		Key: [2]uint32{5, 6}, Layer: 2, Neuron: neuron,
	}
	if neuron.Learn != 0 {
		forward.Constants, forward.Trace = v.rows(LearnedRows, neurons, 1), make([]float32, rows*neuron.Model.States()*stride)
	}
	var work Workspace[float32]
	LIFForward(&forward, &work, 0, samples)
	out := append(append([]float32{}, forward.Membrane...), forward.Lost...)
	for _, word := range forward.Spikes {
		out = append(out, math.Float32frombits(word))
	}

	backward := LIFBackwardArguments[float32]{
		Error: v.rows(rows, neurons, 1), Spikes: forward.Spikes, Membrane: forward.Membrane, Lost: forward.Lost,
		SpikeError: v.rows(samples, neurons, 0.1), RecurrentTransposed: v.rows(neurons, neurons, 1),
		Steps: steps, Neurons: neurons, RecurrentDelay: 2, Neuron: neuron,
		Constants: forward.Constants, Trace: forward.Trace, ConstantErrors: v.array(samples*neuron.Learn.Count()*stride, 1),
	}
	LIFBackward(&backward, &work, 0, samples)
	out = append(append(out, backward.Error...), backward.ConstantErrors...)

	below := ErrorBelowArguments[float32]{
		Error: make([]float32, rows*Stride(inputs)), Above: backward.Error, Transposed: v.rows(neurons, inputs, 1),
		Steps: steps, Neurons: neurons, Below: inputs, Delay: 1,
	}
	ErrorBelow(&below, &Workspace[float32]{}, 0, samples)
	out = append(out, below.Error...)

	trains := make([]uint32, inputs*samples*Words(steps))
	SpikeTrains(trains, events, inputs, samples, steps, 0, samples)
	gradient := WeightGradientArguments[float32]{
		Partial: make([]float32, inputs*stride), Trains: trains, Error: backward.Error,
		Samples: samples, Steps: steps, Neurons: neurons, Delay: 1, First: 0, Last: samples,
	}
	WeightGradient(&gradient, &work, 0, inputs)
	return append(out, gradient.Partial...)
}

// TestVectorUpdates runs every optimizer and the sum of chunks, both over ranges of any length,
// under every instruction set.
func TestVectorUpdates(t *testing.T) {
	used := UsedInstructions()
	defer UseInstructions(used)
	const size, first = 203, 5
	run := func(kind Optimizer) []float32 {
		v := &vectorInputs{counter: uint32(kind) << 16}
		a := OptimizerArguments[float32]{
			Weights: v.array(size, 1), Gradient: v.array(size, 1), Kind: kind,
			State: [3][]float32{v.array(size, 1e-3), make([]float32, size), make([]float32, size)},
			Parameters: UpdateParameters[float32]{
				InverseBatch: 0.01, LearningRate: 0.003, WeightDecay: 0.1, Momentum: 0.9, Momentum1: 0.1,
				SecondMoment: 0.99, SecondMoment1: 0.01, Correction: 2, Correction2: 3, Epsilon: 1e-8,
			},
		}
		for i := range size {
			a.State[2][i] = 1 + v.uniform()
			if i%7 == 0 {
				a.Gradient[i] = 0
			}
		}
		for range 3 {
			OptimizerUpdate(&a, first, size)
		}
		out := append([]float32{}, a.Weights...)
		for _, state := range a.State {
			out = append(out, state...)
		}
		const chunks = 7
		partial := v.array(chunks*size, 1)
		SumChunks(partial, chunks, size, first, size)
		return append(out, partial[:size]...)
	}
	for _, set := range vectorSets {
		for kind := range OptimizerSMORMS3 + 1 {
			UseInstructions(PlainInstructions)
			want := run(kind)
			if !UseInstructions(set) {
				t.Logf("%s is not in this build or processor", set)
				continue
			}
			for i, got := range run(kind) {
				if math.Float32bits(want[i]) != math.Float32bits(got) {
					t.Fatalf("%s, optimizer %d: value %d is %v, plain loops give %v", set, kind, i, got, want[i])
				}
			}
		}
	}
}

// TestVectorSums runs the sums of the backward pass, with few and many spikes per word and with as
// many rows as tiles have, and more and fewer, under every instruction set.
func TestVectorSums(t *testing.T) {
	used := UsedInstructions()
	defer UseInstructions(used)
	const samples, steps, inputs = 5, 137, 33
	run := func(neurons int, rate float32) []float32 {
		v := &vectorInputs{counter: uint32(neurons) << 16}
		stride, words := Stride(neurons), Words(steps)
		trains := make([]uint32, inputs*samples*words)
		for i := range trains {
			for bit := range min(32, steps-i%words*32) {
				if v.uniform() < rate {
					trains[i] |= 1 << bit
				}
			}
		}
		gradient := WeightGradientArguments[float32]{
			Partial: make([]float32, inputs*stride), Trains: trains, Error: v.rows(samples*steps, neurons, 1),
			Samples: samples, Steps: steps, Neurons: neurons, Delay: 1, Last: samples,
		}
		var work Workspace[float32]
		WeightGradient(&gradient, &work, 0, inputs)
		out := gradient.Partial
		for rows := 1; rows < 30; rows++ {
			product := productArguments[float32]{
				dst: v.rows(rows, neurons, 1), x: v.rows(rows, 7*inputs, 1), weights: v.rows(8*inputs, neurons, 1),
				dstStride: stride, xStride: Stride(7 * inputs), rows: rows, inner: inputs, columns: stride,
				lines: 2, parts: 3, xStep: inputs, weightStep: -inputs * stride,
				xLine: 4 * inputs, weightLine: -5 * inputs * stride, weightFirst: 7 * inputs * stride,
			}
			products(&product)
			out = append(out, product.dst...)
		}
		spikes := patch[float32]{
			dst: v.rows(12, neurons, 1), weights: v.rows(inputs+10, neurons, 1), unit: stride, height: 2, width: 3,
			at: stride, down: 5 * stride, row: 9, rowDown: -5, rowRight: -2,
		}
		for i := range inputs {
			if v.uniform() < rate {
				spikes.index = append(spikes.index, uint32(i))
			}
		}
		addPatch(&spikes)
		out = append(out, spikes.dst...)
		return out
	}
	for _, neurons := range []int{4, 16, 20, 40, 70, 130, 260} {
		for _, rate := range []float32{0, 0.05, 0.3, 0.9} {
			UseInstructions(PlainInstructions)
			want := run(neurons, rate)
			for _, set := range vectorSets {
				if !UseInstructions(set) {
					t.Logf("%s is not in this build or processor", set)
					continue
				}
				for i, got := range run(neurons, rate) {
					if math.Float32bits(want[i]) != math.Float32bits(got) {
						t.Fatalf("%s, %d neurons, rate %v: value %d is %v, plain loops give %v", set, neurons, rate, i, got, want[i])
					}
				}
			}
		}
	}
}

// TestVectorLoopsAllocateNothing: products and random numbers, which are computed in every step,
// create no garbage.
func TestVectorLoopsAllocateNothing(t *testing.T) {
	defer UseInstructions(UsedInstructions())
	v := &vectorInputs{}
	const rows, inner, columns = 19, 20, 112
	product := productArguments[float32]{
		dst: v.rows(rows, columns, 1), x: v.rows(rows, inner, 1), weights: v.rows(inner, columns, 1),
		dstStride: columns, xStride: Stride(inner), rows: rows, inner: inner, columns: columns, lines: 1, parts: 1,
	}
	choice := decision[float32]{uniform: make([]float32, columns)}
	for _, set := range append([]Instructions{PlainInstructions}, vectorSets...) {
		if !UseInstructions(set) {
			t.Logf("%s is not in this build or processor", set)
			continue
		}
		if allocations := testing.AllocsPerRun(10, func() {
			products(&product)
			drawUniform(&choice)
		}); allocations != 0 {
			t.Errorf("%s: %v allocations", set, allocations)
		}
	}
}
