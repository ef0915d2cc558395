package cpuref

import (
	"fmt"
	"testing"
)

// BenchmarkProducts times dense products of errors with every instruction set: GFLOP/s.
func BenchmarkProducts(b *testing.B) {
	used := UsedInstructions()
	defer UseInstructions(used)
	v := &vectorInputs{}
	for _, shape := range []struct {
		name                        string
		rows, inner, columns, parts int
	}{
		{"256x512x512", 256, 512, 512, 1}, {"500x200x208", 500, 200, 208, 1}, {"50x128x128", 50, 128, 128, 1}, {"350x21x16x16", 350, 16, 16, 21},
	} {
		product := productArguments[float32]{
			dst: v.rows(shape.rows, shape.columns, 1), x: v.rows(shape.rows, shape.parts*shape.inner, 1),
			weights:   v.rows(shape.parts*shape.inner, shape.columns, 1),
			dstStride: shape.columns, xStride: Stride(shape.parts * shape.inner), rows: shape.rows, inner: shape.inner, columns: shape.columns,
			lines: 1, parts: shape.parts, xStep: shape.inner, weightStep: shape.inner * shape.columns,
		}
		for _, set := range append([]Instructions{PlainInstructions}, vectorSets...) {
			b.Run(fmt.Sprintf("%s/%s", shape.name, set), func(b *testing.B) {
				if !UseInstructions(set) {
					b.Skipf("%s is not in this build or processor", set)
				}
				for b.Loop() {
					products(&product)
				}
				operations := 2 * float64(shape.rows*shape.inner*shape.columns*shape.parts)
				b.ReportMetric(operations*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}

// BenchmarkNeurons times the loops over neurons, one step of a layer at a time, with every
// instruction set: ns/neuron.
func BenchmarkNeurons(b *testing.B) {
	used := UsedInstructions()
	defer UseInstructions(used)
	const stride = 128
	v := &vectorInputs{}
	neuron := Neuron[float32]{
		DecayMembrane: 0.9, DriveMembrane: 0.1, DecaySynapse: 0.8, Threshold: 1,
		Noise: NoiseSigmoid, NoiseParameters: [2]float32{10}, Surrogate: SurrogateSuperSpike, SurrogateParameter: [3]float32{10},
	}
	row := func() []float32 { return v.array(stride, 1) }
	choice := decision[float32]{
		spikes: make([]uint32, Words(stride)), gates: row(), potential: row(), uniform: row(),
		noise: neuron.Noise, parameters: neuron.NoiseParameters, threshold: 1, filters: stride,
	}
	state := neuronRows[float32]{states: [MostStates][]float32{row(), row(), row()}, potential: row(), input: row(), recurrent: row(), gates: choice.gates}
	adjoints := adjointRows[float32]{
		states: [MostStates][]float32{row(), row(), row()}, errors: row(), recurrent: row(), spikeError: row(), before: row(), lost: row(),
		derivative: row(), spikes: choice.spikes,
	}
	adjoints.received = adjoints.states[1]
	parameters := UpdateParameters[float32]{
		InverseBatch: 0.01, LearningRate: 0.001, Momentum: 0.9, Momentum1: 0.1, SecondMoment: 0.99, SecondMoment1: 0.01,
		Correction: 2, Correction2: 3, Epsilon: 1e-8,
	}
	update := OptimizerArguments[float32]{
		Weights: row(), State: [3][]float32{row(), make([]float32, stride), row()}, Gradient: row(), Kind: OptimizerAdam, Parameters: parameters,
	}
	for _, set := range append([]Instructions{PlainInstructions}, vectorSets...) {
		for _, loop := range []struct {
			name string
			do   func()
		}{
			{"drawUniform", func() { drawUniform(&choice) }},
			{"decide", func() { decide(&choice) }},
			{"integrate", func() { integrate(&neuron, &state) }},
			{"adjoint", func() { adjoint(&neuron, &adjoints) }},
			{"update", func() { OptimizerUpdate(&update, 0, stride) }},
		} {
			b.Run(fmt.Sprintf("%s/%s", loop.name, set), func(b *testing.B) {
				if !UseInstructions(set) {
					b.Skipf("%s is not in this build or processor", set)
				}
				for b.Loop() {
					loop.do()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/stride, "ns/neuron")
			})
		}
	}
}
