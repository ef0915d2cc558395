package reproduce

import (
	"context"
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/host/estimate"
	"spikegrad/host/figure"
	"spikegrad/host/network"
)

// LimitNumbers is the content of limit.json: surrogate gradients at a fixed steepness β_SG
// of the surrogate derivative as the escape noise becomes steeper, and those of the same
// neurons without noise.
type LimitNumbers struct {
	BetaSG  float64    `json:"beta_sg"`
	Beta    []float64  `json:"beta"` // of the escape noise
	Trials  int        `json:"trials"`
	Neuron  LimitCurve `json:"neuron"`
	Network LimitCurve `json:"network"`
}

// LimitCurve is the distance of mean surrogate gradients from the deterministic one.
type LimitCurve struct {
	Name     string    `json:"name"`
	Length   float64   `json:"deterministic_length"` // of the deterministic surrogate gradient
	Distance []float64 `json:"relative_distance"`    // [β]: of the mean over trials, over that length
}

const limitBetaSG = 10

// limitSurrogate is the derivative of a sigmoid of steepness β_SG.
func limitSurrogate() estimate.Surrogate {
	return estimate.Surrogate{Label: "surrogate", Kind: cpuref.SurrogateSigmoid, Parameters: [3]float64{limitBetaSG}}
}

// Limit shows that the surrogate gradient of a deterministic network is the limit of the mean
// surrogate gradient of stochastic ones as their noise becomes steep while the surrogate derivative
// stays the same: for a single LIF neuron over its input weight, and for two recurrent layers. It
// writes limit.json and pictures to the folder out.
func Limit(ctx context.Context, out string, o Options) error {
	numbers := LimitNumbers{BetaSG: limitBetaSG, Beta: []float64{3, 10, 30, 100, 1e3, 1e4, 1e5}, Trials: 2000}
	if o.Quick {
		numbers.Trials = 200
	}
	weights := spaced(0, 1.2, 61)
	neuron := figure.Lines{
		Title: "LIF neuron: surrogate derivative of its spikes in 12 steps, β_SG = 10", XLabel: "input weight", YLabel: "mean surrogate derivative",
	}
	layers := figure.Lines{
		Title: "Two recurrent layers: each component of the surrogate gradient", XLabel: "without noise", YLabel: "mean over trials with noise",
	}
	var deterministicNeuron, deterministicNetwork []float64
	for i := -1; i < len(numbers.Beta); i++ {
		noise, name, trials := limitNoise(0), "deterministic", 1
		if i >= 0 {
			noise, name, trials = limitNoise(numbers.Beta[i]), fmt.Sprintf("β = %g", numbers.Beta[i]), numbers.Trials
		}
		single, err := limitNeuron(ctx, noise, weights, trials, o)
		if err != nil {
			return err
		}
		several, err := limitNetwork(ctx, noise, trials, o)
		if err != nil {
			return err
		}
		if i < 0 {
			deterministicNeuron, deterministicNetwork = single, several
			numbers.Neuron = LimitCurve{Name: "a LIF neuron over its weight", Length: norm(single)}
			numbers.Network = LimitCurve{Name: "two recurrent layers of 8 LIF neurons", Length: norm(several)}
		} else {
			numbers.Neuron.Distance = append(numbers.Neuron.Distance, relativeDistance(single, deterministicNeuron))
			numbers.Network.Distance = append(numbers.Network.Distance, relativeDistance(several, deterministicNetwork))
		}
		if i < 0 || i == 0 || i == 1 || i == 3 || i == 5 {
			neuron.Series = append(neuron.Series, figure.Series{Name: name, X: weights, Y: single})
			if i >= 0 {
				layers.Series = append(layers.Series, figure.Series{Name: name, Scattered: true, X: deterministicNetwork, Y: several})
			}
		}
	}
	distance := figure.Lines{
		Title: "Surrogate gradients with noise converge to the deterministic one", XLabel: "steepness β of the escape noise",
		YLabel: "relative distance", LogX: true, LogY: true,
	}
	for _, c := range []LimitCurve{numbers.Neuron, numbers.Network} {
		distance.Series = append(distance.Series, figure.Series{Name: c.Name, X: numbers.Beta, Y: floored(c.Distance), Points: true})
	}
	return save(out, "limit", numbers, picture{"limit_neuron", neuron}, picture{"limit_network", layers}, picture{"limit_distance", distance})
}

// limitNoise is sigmoid escape noise; β = 0 stands for no noise.
func limitNoise(beta float64) network.Noise {
	if beta == 0 {
		return network.Noise{Kind: "threshold"}
	}
	return network.Noise{Kind: "sigmoid", Beta: beta}
}

func relativeDistance(found, want []float64) float64 {
	difference := make([]float64, len(want))
	for i := range want {
		difference[i] = found[i] - want[i]
	}
	return norm(difference) / norm(want)
}

// limitNeuron is the mean surrogate derivative of a LIF neuron's spike count in 12 steps,
// at every weight.
func limitNeuron(ctx context.Context, noise network.Noise, weights []float64, trials int, o Options) ([]float64, error) {
	input := make([]float64, 12)
	for step := range input {
		input[step] = 1
	}
	circuit, err := estimate.NewLIF(oneNeuron(noise, len(input)), input, estimate.Output{})
	if err != nil {
		return nil, err
	}
	var derivatives []float64
	for i, w := range weights {
		problem := estimate.Problem{Circuit: circuit, Parameters: []float64{w}, Seed: o.Seed + uint32(i)}
		measured, err := estimate.Measure(ctx, problem, limitSurrogate(), trials, o.Workers)
		if err != nil {
			return nil, err
		}
		derivatives = append(derivatives, measured.Mean[0])
	}
	return derivatives, nil
}

// limitNetwork is the mean surrogate gradient of the van Rossum loss of two recurrent
// layers under frozen input spikes.
func limitNetwork(ctx context.Context, noise network.Noise, trials int, o Options) ([]float64, error) {
	const inputs, steps, neurons = 10, 50, 8
	n := &network.Network{Inputs: inputs, Classes: 2, Steps: steps, StepLength: 0.001, Readout: network.DefaultReadout()}
	for range 2 {
		layer := network.DefaultLayer()
		layer.Neurons, layer.TauMembrane, layer.TauSynapse = neurons, 0.01, 0.005
		layer.Noise, layer.Initial.Rate = noise, 50
		n.Layers = append(n.Layers, layer)
	}
	draw := func(columns int, chance float64, use uint32) []float64 {
		list := make([]float64, steps*columns)
		for i := range list {
			word := cpuref.Philox([2]uint32{o.Seed, uint32(cpuref.StreamDataset)}, [4]uint32{uint32(i), use})[0]
			if cpuref.Uniform[float64](word) < chance {
				list[i] = 1
			}
		}
		return list
	}
	var target [][]float64
	for flat := draw(neurons, 0.05, 1); len(flat) > 0; flat = flat[neurons:] {
		target = append(target, flat[:neurons])
	}
	last := n.Layers[len(n.Layers)-1]
	circuit, err := estimate.NewLIF(n, draw(inputs, 0.1, 0), estimate.NewVanRossum(target, last.TauMembrane, last.TauSynapse, n.StepLength))
	if err != nil {
		return nil, err
	}
	var parameters []float64
	for _, array := range n.Initialise(o.Seed)[:4] { // without the readout
		for _, w := range array {
			parameters = append(parameters, float64(w))
		}
	}
	measured, err := estimate.Measure(ctx, estimate.Problem{Circuit: circuit, Parameters: parameters, Seed: o.Seed}, limitSurrogate(), trials, o.Workers)
	if err != nil {
		return nil, err
	}
	return measured.Mean, nil
}
