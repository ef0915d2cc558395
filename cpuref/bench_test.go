package cpuref

import (
	"fmt"
	"testing"
)

// BenchmarkNeurons times the loops over neurons, a step of a layer at a time, with
// every instruction set: ns/neuron.
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
		spikes: make([]uint32, Words(stride)), gates: row(), membrane: row(), uniform: row(),
		noise: neuron.Noise, parameters: neuron.NoiseParameters, threshold: 1, filters: stride,
	}
	state := neuronRows[float32]{current: row(), membrane: row(), input: row(), recurrent: row(), gates: choice.gates}
	adjoints := adjointRows[float32]{
		current: row(), membrane: row(), errors: row(), recurrent: row(), spikeError: row(), before: row(), currentBefore: row(),
		derivative: row(), spikes: choice.spikes,
	}
	parameters := UpdateParameters[float32]{
		InverseBatch: 0.01, LearningRate: 0.001, Momentum: 0.9, Momentum1: 0.1, SecondMoment: 0.99, SecondMoment1: 0.01,
		Correction: 2, Correction2: 3, Epsilon: 1e-8,
	}
	update := OptimizerArguments[float32]{
		Weights: row(), State: [3][]float32{row(), make([]float32, stride), row()}, Gradient: row(), Kind: OptimizerAdam, Parameters: parameters,
	}
	for _, set := range []Instructions{PlainInstructions, AVX2Instructions, AVX512Instructions} {
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
