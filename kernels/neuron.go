package kernels

import "spikegrad/cpuref"

// NeuronConstants returns the numbers shared by the neurons of a layer, in the order of
// shaders/neuron.glsl. They are in a buffer, which kernels read again in every run.
func NeuronConstants(p *cpuref.Neuron[float32]) []float32 {
	return []float32{
		p.DecayMembrane, p.DriveMembrane, p.DecaySynapse, p.Threshold,
		p.NoiseParameters[0], p.NoiseParameters[1],
		p.SurrogateParameter[0], p.SurrogateParameter[1], p.SurrogateParameter[2],
		p.Support.From, p.Support.To,
		p.DecayAdaptation, p.Adaptation,
	}
}

// constantBytes is the size of [NeuronConstants].
var constantBytes = bytes(uint64(len(NeuronConstants(new(cpuref.Neuron[float32])))))
