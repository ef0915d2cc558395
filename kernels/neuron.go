package kernels

import "spikegrad/cpuref"

// NeuronConstants are the numbers that the neurons of a layer share, in the order of
// shaders/neuron.glsl. They lie in a buffer: kernels read them anew in every run.
func NeuronConstants(p *cpuref.Neuron[float32]) []float32 {
	return []float32{
		p.DecayMembrane, p.DriveMembrane, p.DecaySynapse, p.Threshold,
		p.NoiseParameters[0], p.NoiseParameters[1],
		p.SurrogateParameter[0], p.SurrogateParameter[1], p.SurrogateParameter[2],
		p.Support.From, p.Support.To,
		p.DecayAdaptation, p.Adaptation,
	}
}

// constantBytes is how much memory [NeuronConstants] take.
var constantBytes = bytes(uint64(len(NeuronConstants(new(cpuref.Neuron[float32])))))
