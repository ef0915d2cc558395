package reproduce

import (
	"context"
	"fmt"
	"math"

	"spikegrad/host/estimate"
	"spikegrad/host/figure"
	"spikegrad/host/network"
)

// NeuronsNumbers is the content of neurons.json: how often single neurons fire.
type NeuronsNumbers struct {
	Beta       float64         `json:"beta"`
	Trials     int             `json:"trials"`
	Perceptron []FiringAt      `json:"perceptron"`
	LIF        []FiringAt      `json:"lif"` // steps of all trials, sorted by potential
	Neurons    []NeuronSummary `json:"lif_trials"`
}

// FiringAt is the firing of a stochastic neuron at a membrane potential (minus the
// threshold).
type FiringAt struct {
	Potential     float64 `json:"potential"`
	Decisions     int     `json:"decisions"`
	Share         float64 `json:"share_of_spikes"`
	StandardError float64 `json:"standard_error"`
	Probability   float64 `json:"probability"` // the escape noise's
}

// NeuronSummary is the spike count of a neuron over trials.
type NeuronSummary struct {
	Noise     string  `json:"noise"`
	MeanCount float64 `json:"mean_count"`
	Fano      float64 `json:"fano_factor"` // variance / mean of the count
}

// neuronBeta is the steepness of the noise of single neurons.
const neuronBeta = 10

func sigmoidNoise() network.Noise { return network.Noise{Kind: "sigmoid", Beta: neuronBeta} }

// Neurons runs trials of a deterministic and a stochastic perceptron and LIF neuron:
// spikes against membrane potential and over time. It writes neurons.json and
// pictures to the folder out.
func Neurons(ctx context.Context, out string, o Options) error {
	trials := 2000
	if o.Quick {
		trials = 200
	}
	numbers := NeuronsNumbers{Beta: neuronBeta, Trials: trials}
	perceptron, spikes, err := perceptronTrials(o.Seed, trials)
	if err != nil {
		return err
	}
	numbers.Perceptron = perceptron
	pictures := append(perceptronRasters(spikes), picture{"perceptron", firingPicture("Perceptron", numbers.Perceptron)})

	membranes := figure.Lines{
		Title: "Membrane potential of a LIF neuron under constant input", XLabel: "time (ms)", YLabel: "membrane potential U",
		Levels: []figure.Level{{Name: "threshold", Value: network.Threshold}},
	}
	for _, noise := range []string{"threshold", "sigmoid"} {
		if err := ctx.Err(); err != nil {
			return err
		}
		run, err := lifTrials(noise, o.Seed, trials)
		if err != nil {
			return err
		}
		name := "deterministic"
		if noise == "sigmoid" {
			name = "stochastic"
			numbers.LIF = run.firing()
		}
		numbers.Neurons = append(numbers.Neurons, run.summary(noise))
		pictures = append(pictures, picture{"lif_trials_" + name, figure.Trials{
			Title: "LIF neuron, " + name, StepMS: 1, Steps: lifSteps, Spikes: run.spikes[:min(trials, 100)], Window: 2,
		}})
		for trial, membrane := range run.membranes {
			label := name
			if noise == "sigmoid" {
				label = fmt.Sprintf("%s, trial %d", name, trial+1)
			} else if trial > 0 {
				break // all trials are the same
			}
			membranes.Series = append(membranes.Series, figure.Series{Name: label, X: spaced(0, lifSteps-1, lifSteps), Y: membrane})
		}
	}
	pictures = append(pictures, picture{"lif_membrane", membranes}, picture{"lif", firingPicture("LIF neuron", numbers.LIF)})
	return save(out, "neurons", numbers, pictures...)
}

// dots are the spikes of the two perceptrons: potentials and trials.
type dots struct{ potential, trial [2][]float64 }

// perceptronTrials counts a stochastic perceptron's spikes at each potential, and keeps the
// spikes of its first trials and of the deterministic perceptron.
func perceptronTrials(seed uint32, trials int) ([]FiringAt, dots, error) {
	const potentials, shown = 41, 30
	var firing []FiringAt
	var kept dots
	for _, u := range spaced(-0.6, 0.6, potentials) {
		for kind, noise := range []network.Noise{{Kind: "threshold"}, sigmoidNoise()} {
			circuit, err := estimate.NewPerceptron(estimate.PerceptronOptions{Input: []float64{u}, Layers: []int{1}, Noise: noise, Head: estimate.Output{}})
			if err != nil {
				return nil, kept, err
			}
			// The seed differs for each potential; otherwise all would see the same noise.
			worker := estimate.NewWorker(estimate.Problem{Circuit: circuit, Parameters: []float64{1}, Seed: seed + uint32(len(firing))})
			spikes := 0
			for trial := range trials {
				if worker.Trial(uint32(trial)).Spike[0] == 0 {
					continue
				}
				spikes++
				if trial < shown {
					kept.potential[kind] = append(kept.potential[kind], u)
					kept.trial[kind] = append(kept.trial[kind], float64(trial+1))
				}
			}
			if kind == 1 {
				firing = append(firing, firingAt(u, spikes, trials))
			}
		}
	}
	return firing, kept, nil
}

// firingAt compares the share of spikes with the probability at a potential.
func firingAt(u float64, spikes, decisions int) FiringAt {
	p := estimate.SigmoidProbability(u, neuronBeta)
	return FiringAt{
		Potential: u, Decisions: decisions, Probability: p,
		Share:         float64(spikes) / float64(decisions),
		StandardError: math.Sqrt(float64(p*(1-p)) / float64(decisions)),
	}
}

// perceptronRasters draws the spikes of the two perceptrons, trial by trial.
func perceptronRasters(d dots) []picture {
	var pictures []picture
	for kind, name := range []string{"deterministic", "stochastic"} {
		pictures = append(pictures, picture{"perceptron_trials_" + name, figure.Lines{
			Title:  "Spikes of a " + name + " perceptron in 30 trials at every potential",
			XLabel: "membrane potential minus threshold", YLabel: "trial",
			Series: []figure.Series{
				{X: []float64{-0.6, 0.6}, Y: []float64{0, 0}}, // so that both have the same axes
				{Scattered: true, X: d.potential[kind], Y: d.trial[kind]},
			},
		}})
	}
	return pictures
}

// firingPicture draws measured shares over the escape noise.
func firingPicture(title string, firing []FiringAt) figure.Drawing {
	measured := figure.Series{Name: "share of spikes, with two standard errors", Scattered: true, Spread: figure.ErrorBars}
	first, last := firing[0].Potential, firing[len(firing)-1].Potential
	curve := figure.Series{Name: "escape noise p(u), β = 10", X: spaced(first, last, 201)}
	step := figure.Series{Name: "deterministic neuron", X: []float64{first, 0, 0, last}, Y: []float64{0, 0, 1, 1}}
	for _, u := range curve.X {
		curve.Y = append(curve.Y, estimate.SigmoidProbability(u, neuronBeta))
	}
	for _, f := range firing {
		measured.X = append(measured.X, f.Potential)
		measured.Y = append(measured.Y, f.Share)
		measured.Low = append(measured.Low, f.Share-2*f.StandardError)
		measured.High = append(measured.High, f.Share+2*f.StandardError)
	}
	return figure.Lines{
		Title: title + ": spikes against membrane potential", XLabel: "membrane potential minus threshold", YLabel: "probability of a spike",
		Series: []figure.Series{curve, step, measured},
	}
}
