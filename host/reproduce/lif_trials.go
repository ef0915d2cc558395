package reproduce

import (
	"spikegrad/host/estimate"
	"spikegrad/host/network"
)

// lifSteps is the length of the trials of a single LIF neuron, in steps of 1 ms.
const lifSteps = 120

// lifRun is the activity of a single LIF neuron over all trials.
type lifRun struct {
	spikes    [][]int     // [trial]: steps
	membranes [][]float64 // [trial][step], of the first trials
	decisions [][2]float64
}

// oneNeuron is a LIF neuron with one input channel and one weight.
func oneNeuron(noise network.Noise, steps int) *network.Network {
	layer := network.DefaultLayer()
	layer.Neurons, layer.Recurrent, layer.Delay = 1, false, 0
	layer.TauMembrane, layer.TauSynapse = 0.01, 0.005
	layer.Noise = noise
	layer.Surrogate.Kind = network.DefaultSurrogate(&layer)
	n := &network.Network{Inputs: 1, Classes: 1, Steps: steps, StepLength: 0.001, Layers: []network.Layer{layer}, Readout: network.DefaultReadout()}
	n.Readout.Delay = 0
	return n
}

// lifTrials runs a LIF neuron under a constant input that drives it slightly above
// threshold.
func lifTrials(noise string, seed uint32, trials int) (*lifRun, error) {
	const shown = 3
	input := make([]float64, lifSteps)
	for step := range input {
		input[step] = 1
	}
	kind := sigmoidNoise()
	kind.Kind = noise
	circuit, err := estimate.NewLIF(oneNeuron(kind, lifSteps), input, estimate.Output{})
	if err != nil {
		return nil, err
	}
	// Without spikes, a weight of 0.21 holds the membrane at 0.21/(1−exp(−1/5)) = 1.16.
	worker := estimate.NewWorker(estimate.Problem{Circuit: circuit, Parameters: []float64{0.21}, Seed: seed})
	run := &lifRun{spikes: make([][]int, trials)}
	for trial := range trials {
		trace := worker.Trial(uint32(trial))
		var membrane []float64
		for step, u := range trace.Potential {
			membrane = append(membrane, u+network.Threshold)
			run.decisions = append(run.decisions, [2]float64{u, trace.Spike[step]})
			if trace.Spike[step] != 0 {
				run.spikes[trial] = append(run.spikes[trial], step)
			}
		}
		if trial < shown {
			run.membranes = append(run.membranes, membrane)
		}
	}
	return run, nil
}

// firing sorts all decisions by potential into bins of 0.1; a bin's probability is the mean
// over its decisions.
func (r *lifRun) firing() []FiringAt {
	const width, lowest, bins = 0.1, -1.05, 14
	var spikes, count [bins]int
	var potential, probability [bins]float64
	for _, d := range r.decisions {
		bin := int((d[0] - lowest) / width)
		if bin < 0 || bin >= bins {
			continue
		}
		count[bin]++
		spikes[bin] += int(d[1])
		potential[bin] += d[0]
		probability[bin] += estimate.SigmoidProbability(d[0], neuronBeta)
	}
	var list []FiringAt
	for bin, n := range count {
		if n < 30 {
			continue // too few for a share
		}
		f := firingAt(potential[bin]/float64(n), spikes[bin], n)
		f.Probability = probability[bin] / float64(n)
		list = append(list, f)
	}
	return list
}

// summary computes the mean and the Fano factor of the spike count.
func (r *lifRun) summary(noise string) NeuronSummary {
	sum, squares := 0.0, 0.0
	for _, spikes := range r.spikes {
		n := float64(len(spikes))
		sum += n
		squares += float64(n * n)
	}
	trials := float64(len(r.spikes))
	mean := sum / trials
	s := NeuronSummary{Noise: noise, MeanCount: mean}
	if mean > 0 {
		s.Fano = (squares/trials - float64(mean*mean)) / mean
	}
	return s
}
