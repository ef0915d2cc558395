package estimate

import (
	"fmt"
	"strconv"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// EstimateOptions specify what is estimated, and how. Zero fields get the defaults named.
type EstimateOptions struct {
	// Net is perceptron (one unit), mlp:H or mlp:H1,H2 (hidden layers of binary
	// units, one output unit), or NEURON:H1,H2, such as lif:H1,H2 (recurrent layers of
	// spiking neurons, one of [network.Neurons]; any number of layers).
	Net        string
	Beta       float64 // steepness of the sigmoid escape noise; 5
	Inputs     int     // 2, for spiking neurons 10
	Steps      int     // of spiking neurons; 50
	Loss       string  // output, squared or van_rossum; output, for spiking neurons van_rossum
	Estimators string  // comma-separated names, or all
	Trials     int     // 10⁵
	Seed       uint32  // of weights, inputs, targets and noise
	Workers    int     // goroutines; 0 for one per processor
	Out        string  // folder for report and pictures; empty for none
	// Device measures in float32 what it supports; nil stands for float64 on the CPU.
	Device Device
	// Team shares the trials among processes, of which only the first writes; nil for one process.
	// A device shares them itself.
	Team Team
}

// withDefaults fills zero fields.
func (o EstimateOptions) withDefaults() EstimateOptions {
	neuron, _, _ := strings.Cut(o.Net, ":")
	spiking := network.Neurons.Find(neuron) != nil
	choose := func(field *int, usual, overTime int) {
		if *field == 0 && spiking {
			*field = overTime
		} else if *field == 0 {
			*field = usual
		}
	}
	choose(&o.Inputs, 2, 10)
	choose(&o.Steps, 1, 50)
	choose(&o.Trials, 100_000, 100_000)
	if o.Team == nil {
		o.Team = alone{}
	}
	if o.Beta == 0 {
		o.Beta = 5
	}
	if o.Estimators == "" {
		o.Estimators = "all"
	}
	if o.Loss == "" {
		o.Loss = "output"
		if spiking {
			o.Loss = "van_rossum"
		}
	}
	return o
}

// NewProblem makes the network described by the options, with weights, inputs and targets drawn
// from the seed.
func NewProblem(o EstimateOptions) (Problem, error) {
	o = o.withDefaults()
	kind, sizes, _ := strings.Cut(o.Net, ":")
	layers, err := parseSizes(sizes)
	switch {
	case err != nil:
		return Problem{}, fmt.Errorf("net %q: %w", o.Net, err)
	case o.Inputs < 1 || o.Inputs > 1<<16 || o.Steps < 1 || o.Steps > 1<<16:
		return Problem{}, fmt.Errorf("%d inputs and %d steps: must be from 1 to %d", o.Inputs, o.Steps, 1<<16)
	case !(o.Beta >= 1e-3 && o.Beta <= 1e4):
		return Problem{}, fmt.Errorf("beta = %g: must be from 0.001 to 10000", o.Beta)
	case kind == "perceptron" && len(layers) == 0:
		return newPerceptronProblem(o, []int{1})
	case kind == "mlp" && len(layers) > 0:
		return newPerceptronProblem(o, append(layers, 1))
	case network.Neurons.Find(kind) != nil && len(layers) > 0:
		return newLIFProblem(o, kind, layers)
	}
	return Problem{}, fmt.Errorf("net %q is unknown; want perceptron, mlp:H, mlp:H1,H2 or NEURON:H1,H2, with numbers of units, and one of the neurons %s", o.Net, network.Neurons.Names())
}

func parseSizes(sizes string) ([]int, error) {
	var list []int
	if sizes == "" {
		return nil, nil
	}
	for text := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || n > 1<<16 {
			return nil, fmt.Errorf("%q is not a number of units; it must be from 1 to %d", text, 1<<16)
		}
		list = append(list, n)
	}
	return list, nil
}

// dataset draws numbers in (0, 1) for one purpose from the seed.
func dataset(n int, seed, use uint32) []float64 {
	list := make([]float64, n)
	for i := range list {
		words := cpuref.Philox([2]uint32{seed, uint32(cpuref.StreamDataset)}, [4]uint32{uint32(i), use, 0, 0})
		list[i] = cpuref.Uniform[float64](words[0])
	}
	return list
}

// spikeTrains returns frozen spikes with the given probability in every step, [step][neuron].
func spikeTrains(steps, neurons int, chance float64, seed, use uint32) [][]float64 {
	drawn := dataset(steps*neurons, seed, use)
	rows := make([][]float64, steps)
	for step := range rows {
		rows[step] = drawn[step*neurons:][:neurons]
		for n, x := range rows[step] {
			rows[step][n] = 0
			if x < chance {
				rows[step][n] = 1
			}
		}
	}
	return rows
}

func (o EstimateOptions) head(target [][]float64, layer network.Layer, stepLength float64) (Head, error) {
	switch o.Loss {
	case "output":
		return Output{}, nil
	case "squared":
		return SquaredDifference{Target: target}, nil
	case "van_rossum":
		return NewVanRossum(target, layer.TauMembrane, layer.TauSynapse, stepLength), nil
	}
	return nil, fmt.Errorf("loss %q is unknown; want output, squared or van_rossum", o.Loss)
}

func newPerceptronProblem(o EstimateOptions, layers []int) (Problem, error) {
	input := dataset(o.Inputs, o.Seed, 0)
	for i := range input {
		input[i] += 0.5
	}
	if o.Loss == "van_rossum" {
		return Problem{}, fmt.Errorf("loss van_rossum compares spike trains: %s has no time, use output or squared", o.Net)
	}
	head, err := o.head([][]float64{{1}}, network.DefaultLayer(), 1)
	if err != nil {
		return Problem{}, err
	}
	circuit, err := NewPerceptron(PerceptronOptions{
		Input: input, Layers: layers, Noise: network.Noise{Kind: "sigmoid", Beta: o.Beta}, Bias: true, Head: head,
	})
	if err != nil {
		return Problem{}, err
	}
	return Problem{Circuit: circuit, Parameters: circuit.Undecided(o.Seed, o.Beta), Seed: o.Seed}, nil
}

// newLIFProblem makes a network of one kind of neuron with frozen Poisson inputs of 100 spikes per
// second and targets of 50, with the time constants of the paper's spike matching. Thresholds of
// adaptive neurons recover as fast as membranes, so that few steps show adaptation.
func newLIFProblem(o EstimateOptions, kind string, layers []int) (Problem, error) {
	const inputChance, targetChance = 0.1, 0.05
	n := &network.Network{Inputs: o.Inputs, Classes: 2, Steps: o.Steps, StepLength: 0.001, Readout: network.DefaultReadout()}
	n.Readout.Delay = 0
	for _, neurons := range layers {
		layer := network.DefaultLayer()
		layer.Neuron, layer.Neurons, layer.TauMembrane, layer.TauSynapse = kind, neurons, 0.01, 0.005
		layer.TauAdaptation = layer.TauMembrane
		layer.Delay, layer.RecurrentDelay = 0, 0
		layer.Noise.Beta = o.Beta
		layer.Initial.Rate = 50
		n.Layers = append(n.Layers, layer)
	}
	if err := n.Validate(); err != nil {
		return Problem{}, err
	}
	last := n.Layers[len(n.Layers)-1]
	target := spikeTrains(o.Steps, last.Neurons, targetChance, o.Seed, 1)
	head, err := o.head(target, last, n.StepLength)
	if err != nil {
		return Problem{}, err
	}
	var input []float64
	for _, row := range spikeTrains(o.Steps, o.Inputs, inputChance, o.Seed, 0) {
		input = append(input, row...)
	}
	circuit, err := NewLIF(n, input, head)
	if err != nil {
		return Problem{}, err
	}
	var parameters []float64
	weights := n.Initialise(o.Seed)
	weights = weights[:len(weights)-1] // the last array is the readout's
	for _, array := range weights {
		for _, w := range array {
			parameters = append(parameters, float64(w))
		}
	}
	return Problem{
		Circuit: circuit, Parameters: parameters, Seed: o.Seed,
		Spiking: spiking(n, weights, input, target, o.Loss, o.Seed),
	}, nil
}
