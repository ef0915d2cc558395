package reproduce

import (
	"context"
	"math"

	"spikegrad/host/figure"
	"spikegrad/host/network"
)

// MatchingNumbers is the content of spike-matching.json: networks that learn to spike at
// the dark pixels of a picture (Gygax & Zenke 2025). Distances are in the paper's units: ½
// Σ_t (ε∗(z−S))² with ε(t) = 0.2·(exp(−t/τ_mem) − exp(−t/τ_syn)), averaged over outputs and
// trials.
type MatchingNumbers struct {
	Target       string  `json:"target"` // a file, or what the program drew
	Inputs       int     `json:"inputs"`
	Hidden       int     `json:"hidden"`
	Outputs      int     `json:"outputs"`
	Steps        int     `json:"steps"`
	Updates      int     `json:"updates"`
	TargetSpikes int     `json:"target_spikes"`
	TargetRate   float64 `json:"target_rate"` // spikes per second per output
	// LossPerDistance is the program's own van Rossum loss, which sums over outputs and
	// whose kernel is the membrane's response to the synapse, in units of the distance.
	LossPerDistance float64          `json:"van_rossum_loss_per_distance"`
	Methods         []MatchingMethod `json:"methods"`
	// StochasticOverDeterministic is, for each stochastic method, the ratio of its distance
	// to that of the deterministic one, both averaged over the last tenth of the updates.
	StochasticOverDeterministic map[string]float64 `json:"stochastic_over_deterministic"`
}

// MatchingMethod is a learning method and its results.
type MatchingMethod struct {
	Name       string         `json:"name"`
	Stochastic bool           `json:"stochastic"`
	Trials     int            `json:"trials"`    // per update
	Optimizer  string         `json:"optimizer"` // sgd or smorms3
	RateHidden float64        `json:"learning_rate_hidden"`
	RateOutput float64        `json:"learning_rate_output"`
	Curves     MatchingCurves `json:"curves"`            // as trained
	OtherMode  MatchingCurves `json:"other_mode_curves"` // the same weights with the noise off or on, every tenth update
	Before     Matched        `json:"before"`            // with the initial weights
	Final      Matched        `json:"final"`             // after the last update
	FinalOther Matched        `json:"final_other_mode"`
	// Hidden and Output describe the spike trains after the last update.
	Hidden       SpikeTrains `json:"hidden_spike_trains"`
	Output       SpikeTrains `json:"output_spike_trains"`
	Late         float64     `json:"distance_late"`       // mean over the last tenth of the updates
	OverTheStart float64     `json:"distance_over_start"` // that, divided by the mean over the first tenth

	key           string // in names of files
	surrogate     string // of the hidden layer
	before, after matchedTrial
}

// MatchingCurves have a value per update, or for every tenth, each measured before the
// update. Fano factors are over an update's trials, in windows of 10 steps, and zero for
// networks without noise.
type MatchingCurves struct {
	Distance   []float64 `json:"distance"`
	L2         []float64 `json:"l2"` // ½ Σ_t (S − z)², averaged over outputs and trials
	HiddenRate []float64 `json:"hidden_rate"`
	OutputRate []float64 `json:"output_rate"`
	HiddenFano []float64 `json:"hidden_fano"`
	OutputFano []float64 `json:"output_fano"`
}

// Matched is how far a network is from its target; rates are spikes per second per neuron.
type Matched struct {
	Distance   float64 `json:"distance"`
	L2         float64 `json:"l2"`
	HiddenRate float64 `json:"hidden_rate"`
	OutputRate float64 `json:"output_rate"`
	HiddenFano float64 `json:"hidden_fano"`
	OutputFano float64 `json:"output_fano"`
}

func (c *MatchingCurves) add(m Matched) {
	c.Distance, c.L2 = append(c.Distance, m.Distance), append(c.L2, m.L2)
	c.HiddenRate, c.OutputRate = append(c.HiddenRate, m.HiddenRate), append(c.OutputRate, m.OutputRate)
	c.HiddenFano, c.OutputFano = append(c.HiddenFano, m.HiddenFano), append(c.OutputFano, m.OutputFano)
}

// matchedTrial is the spikes of one trial.
type matchedTrial struct{ hidden, output []figure.Spike }

// SpikeMatchingOptions are the options of the experiment.
type SpikeMatchingOptions struct {
	Options
	Target string // a PNG picture; empty for one that the program draws
}

// SpikeMatching trains networks with frozen random input to spike at the dark pixels of
// a picture, by several methods. It writes spike-matching.json and pictures to the folder
// out.
func SpikeMatching(ctx context.Context, out string, o SpikeMatchingOptions) error {
	m := &matching{inputs: 200, hidden: 200, outputs: 200, steps: 189, updates: 1500, trials: 10, seed: o.Seed}
	if o.Quick {
		m.updates = 60
	}
	return m.reproduce(ctx, out, o)
}

// matching holds the sizes and the target of the experiment.
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
	matchingAmplitude = 0.2 // of the kernel ε
	// matchingError divides the difference between an output spike and its target.
	matchingError  = 0.013
	matchingWindow = 10 // steps, of Fano factors
	// matchingOtherEvery is the number of updates between measurements in the other mode.
	matchingOtherEvery = 10
)

// methods are the paper's three, with its authors' learning rates except for
// MultilayerSpiker; their rate of 20 for it comes last. That is no limit, since SMORMS3 uses
// the minimum of the rate and a ratio that is at most 1.
func (m *matching) methods() []MatchingMethod {
	methods := []MatchingMethod{
		{Name: "SuperSpike, deterministic", key: "deterministic", surrogate: "superspike", RateHidden: 1e-5, RateOutput: 1e-4},
		{Name: "matched sigmoid, stochastic", key: "matched", surrogate: "matched", Stochastic: true, RateHidden: 1e-5, RateOutput: 1e-5},
		{Name: "MultilayerSpiker, stochastic", key: "multilayerspiker", surrogate: "multilayerspiker", Stochastic: true, Optimizer: "smorms3", RateHidden: 0.01, RateOutput: 0.01},
		{Name: "MultilayerSpiker, rate 20", key: "multilayerspiker_20", surrogate: "multilayerspiker", Stochastic: true, Optimizer: "smorms3", RateHidden: 20, RateOutput: 20},
	}
	for i := range methods {
		if methods[i].Trials = 1; methods[i].Stochastic {
			methods[i].Trials = m.trials
		}
		if methods[i].Optimizer == "" {
			methods[i].Optimizer = "sgd"
		}
	}
	return methods
}

// network is the network that a method trains, by [matchingRule]. Its surrogate derivative
// is that of the hidden layer.
func (m *matching) network(method *MatchingMethod) *network.Network {
	n := &network.Network{
		Inputs: m.inputs, Classes: m.outputs, Steps: m.steps, StepLength: matchingStep,
		Readout: network.Readout{Kind: "spikes", Loss: "van_rossum"},
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
	n.Layers[1].Surrogate = network.Surrogate{Kind: "superspike", Beta: 10} // the rule has none there
	return n
}
