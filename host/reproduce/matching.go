package reproduce

import (
	"context"
	"math"

	"spikegrad/host/figure"
	"spikegrad/host/network"
)

// MatchingNumbers is the content of spike-matching.json: networks that learn to spike at
// the dark pixels of a picture (Gygax & Zenke 2025). Distances are means over trials.
type MatchingNumbers struct {
	Target       string           `json:"target"` // a file, or what the program drew
	Inputs       int              `json:"inputs"`
	Hidden       int              `json:"hidden"`
	Outputs      int              `json:"outputs"`
	Steps        int              `json:"steps"`
	Updates      int              `json:"updates"`
	TargetSpikes int              `json:"target_spikes"`
	TargetRate   float64          `json:"target_rate"` // spikes per second of an output
	Methods      []MatchingMethod `json:"methods"`
	// StochasticOverDeterministic is, for each stochastic method, its van Rossum distance
	// over that of the deterministic one, both means over the last tenth of the updates.
	StochasticOverDeterministic map[string]float64 `json:"stochastic_over_deterministic"`
}

// MatchingMethod is a way to learn and what came of it. Curves have a number an update,
// from before the first to before the last one.
type MatchingMethod struct {
	Name         string    `json:"name"`
	Stochastic   bool      `json:"stochastic"`
	Trials       int       `json:"trials"` // of an update
	RateHidden   float64   `json:"learning_rate_hidden"`
	RateOutput   float64   `json:"learning_rate_output"`
	VanRossum    []float64 `json:"van_rossum"` // ½ Σ (ε∗S − ε∗target)², summed over outputs
	L2           []float64 `json:"l2"`         // ½ Σ (S − target)²
	HiddenRate   []float64 `json:"hidden_rate"`
	OutputRate   []float64 `json:"output_rate"`
	Final        Matched   `json:"final"`                 // after the last update, with other noise
	OtherMode    Matched   `json:"other_mode"`            // the same weights with the noise off or on
	Late         float64   `json:"van_rossum_late"`       // mean over the last tenth of the updates
	OverTheStart float64   `json:"van_rossum_over_start"` // that, over the first

	surrogate string         // of the hidden layer
	raster    []figure.Spike // of the outputs, a trial of Final
}

// Matched is how far a network is from its target; rates are spikes per second and neuron.
type Matched struct {
	VanRossum  float64 `json:"van_rossum"`
	L2         float64 `json:"l2"`
	HiddenRate float64 `json:"hidden_rate"`
	OutputRate float64 `json:"output_rate"`
}

// SpikeMatchingOptions are what the experiment has on top.
type SpikeMatchingOptions struct {
	Options
	Target string // a PNG picture; empty for one that the program draws
}

// SpikeMatching trains networks with frozen random input to spike at the dark pixels of
// a picture, by three methods. It writes spike-matching.json and pictures to the folder
// out.
func SpikeMatching(ctx context.Context, out string, o SpikeMatchingOptions) error {
	m := &matching{inputs: 200, hidden: 200, outputs: 200, steps: 189, updates: 1500, trials: 10, seed: o.Seed}
	if o.Quick {
		m.updates = 60
	}
	return m.reproduce(ctx, out, o)
}

// matching is the experiment's size.
type matching struct {
	inputs, hidden, outputs, steps, updates, trials int
	seed                                            uint32
	target                                          *spikeImage
	bits                                            []uint32 // of the target
}

const (
	matchingStep      = 0.001 // seconds
	matchingInputRate = 50    // spikes per second
	matchingMembrane  = 0.01  // seconds
	matchingSynapse   = 0.005
	// matchingError is what the difference between an output spike and its target is
	// divided by.
	matchingError = 0.013
)

// methods are the three of the paper. Its rates are those of the deterministic network;
// of sums over ten trials the stochastic ones take a tenth, so that all make steps of the
// same size: with 1e-5 in the hidden layer the matched derivative, which reaches β/4, does
// not settle.
func (m *matching) methods() []MatchingMethod {
	return []MatchingMethod{
		{Name: "SuperSpike, deterministic", surrogate: "superspike", Trials: 1, RateHidden: 1e-5, RateOutput: 1e-4},
		{Name: "matched sigmoid, stochastic", surrogate: "matched", Stochastic: true, Trials: m.trials, RateHidden: 1e-6, RateOutput: 1e-5},
		{Name: "MultilayerSpiker, stochastic", surrogate: "multilayerspiker", Stochastic: true, Trials: m.trials, RateHidden: 1e-6, RateOutput: 1e-5},
	}
}

// network is the one that a method trains. At the output the error meets the membrane as
// it is: (S − target)/0.013, the derivative of the log-likelihood of the target spikes;
// the surrogate derivative of the method is that of the hidden layer.
func (m *matching) network(method *MatchingMethod) *network.Network {
	n := &network.Network{
		Inputs: m.inputs, Classes: m.outputs, Steps: m.steps, StepLength: matchingStep,
		Readout: network.Readout{Kind: "spikes", Loss: "spike_difference", LossScale: 1 / matchingError},
	}
	for _, size := range []struct {
		neurons int
		beta    float64
	}{{m.hidden, 10}, {m.outputs, 100}} {
		l := network.DefaultLayer()
		l.Neurons, l.Recurrent, l.Delay = size.neurons, false, 0
		l.TauMembrane, l.TauSynapse, l.Reset = matchingMembrane, matchingSynapse, "membrane_only"
		l.Noise = network.Noise{Kind: "sigmoid", Beta: size.beta}
		if !method.Stochastic {
			l.Noise.Kind = "threshold"
		}
		// σ_w = σ_U/√(n·f·ε̂) with ε̂ = τ_syn²/(2(τ_syn + τ_mem)), σ_U = 1.
		response := matchingSynapse * matchingSynapse / (2 * (matchingSynapse + matchingMembrane))
		l.Initial = network.Initial{Kind: "normal", Scale: 1 / math.Sqrt(matchingInputRate*response)}
		n.Layers = append(n.Layers, l)
	}
	n.Layers[0].Surrogate = network.Surrogate{Kind: method.surrogate, Beta: 10}
	n.Layers[1].Surrogate = network.Surrogate{Kind: "straight_through"}
	return n
}
