package cpuref

import (
	"fmt"
	"math"
	"testing"
)

// TestSharedDerivatives: a forward pass that leaves derivatives, with a backward pass that reads
// them, gives the same bits as passes using membranes, under every instruction set.
func TestSharedDerivatives(t *testing.T) {
	used := UsedInstructions()
	defer UseInstructions(used)
	for _, set := range []Instructions{PlainInstructions, AVX2Instructions, AVX512Instructions} {
		if !UseInstructions(set) {
			t.Logf("%s is not in this build or processor", set)
			continue
		}
		for _, neurons := range []int{1, 15, 16, 17, 33, 100} {
			for kind := range 6 {
				neuron := Neuron[float32]{
					DecayMembrane: 0.9, DriveMembrane: 0.1, DecaySynapse: 0.8, Threshold: 1, Reset: Reset(kind % 3),
					Noise: NoiseSigmoid, NoiseParameters: [2]float32{3},
					Surrogate: SurrogateSigmoid, SurrogateParameter: [3]float32{3},
				}
				if kind%2 == 1 {
					neuron.Model, neuron.DecayAdaptation, neuron.Adaptation = NeuronAdaptive, 0.9, 0.2
				}
				if kind >= 3 {
					neuron.Support = Support[float32]{true, -0.9, 0.4}
				}
				neuron.DifferentiateReset = kind%2 == 1
				if !neuron.SharesExponential() {
					t.Fatal("the neuron does not share its exponential")
				}
				checkSharedDerivatives(t, fmt.Sprintf("%s, %d neurons, kind %d", set, neurons, kind), neuron, neurons)
			}
		}
	}
}

func checkSharedDerivatives(t *testing.T, name string, neuron Neuron[float32], neurons int) {
	t.Helper()
	const samples, steps, inputs = 3, 11, 7
	v := &vectorInputs{counter: uint32(neurons) << 16}
	stride, rows := Stride(neurons), samples*steps
	forward := LIFForwardArguments[float32]{
		Spikes: make([]uint32, rows*Words(neurons)), Membrane: make([]float32, rows*stride), Lost: make([]float32, rows*stride),
		Drive: v.rows(rows, neurons, 2), RecurrentWeights: v.rows(neurons, neurons, 1), Numbers: []uint32{3, 1, 4},
		Steps: steps, Delay: steps, Neurons: neurons, Key: [2]uint32{5, 6}, Neuron: neuron,
	}
	var work Workspace[float32]
	LIFForward(&forward, &work, 0, samples)
	shared := forward
	shared.Membrane, shared.Derivative = nil, make([]float32, rows*stride)
	LIFForward(&shared, &work, 0, samples)
	large := 0
	for row := range rows {
		for n := range stride {
			u := -neuron.Threshold
			if row%steps > 0 {
				u += forward.Membrane[(row-1)*stride+n]
			}
			found, want := shared.Derivative[row*stride+n], neuron.Derivative(u, false)
			if math.Float32bits(found) != math.Float32bits(want) {
				t.Fatalf("%s: row %d, neuron %d: derivative %v, must be %v", name, row, n, found, want)
			}
			if found > 0.1 {
				large++
			}
		}
	}
	if large == 0 {
		t.Errorf("%s: all derivatives are small", name)
	}
	errors := func(membrane, derivative []float32) []float32 {
		v.counter = 1 << 31
		a := LIFBackwardArguments[float32]{
			Error: v.rows(rows, neurons, 1), Spikes: forward.Spikes, Membrane: membrane, Derivative: derivative, Lost: forward.Lost,
			SpikeError: v.rows(samples, neurons, 0.1), RecurrentTransposed: v.rows(neurons, neurons, 1),
			Steps: steps, Neurons: neurons, RecurrentDelay: 2, Neuron: neuron,
		}
		LIFBackward(&a, &work, 0, samples)
		return a.Error
	}
	want, found := errors(forward.Membrane, nil), errors(nil, shared.Derivative)
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(found[i]) {
			t.Fatalf("%s: error %d is %v, by membranes %v", name, i, found[i], want[i])
		}
	}
}

// TestSharesExponential checks where derivatives may replace membranes.
func TestSharesExponential(t *testing.T) {
	neuron := Neuron[float32]{
		Noise: NoiseSigmoid, NoiseParameters: [2]float32{3}, Surrogate: SurrogateSigmoid, SurrogateParameter: [3]float32{3},
	}
	for name, change := range map[string]func(p *Neuron[float32]){
		"threshold":         func(p *Neuron[float32]) { p.Noise = NoiseThreshold },
		"another surrogate": func(p *Neuron[float32]) { p.Surrogate = SurrogateSuperSpike },
		"another steepness": func(p *Neuron[float32]) { p.SurrogateParameter[0] = 4 },
	} {
		changed := neuron
		change(&changed)
		if !neuron.SharesExponential() || changed.SharesExponential() {
			t.Errorf("%s: shares its exponential", name)
		}
	}
}
