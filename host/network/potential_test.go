package network

import (
	"math"
	"strings"
	"testing"
)

// potentialNetwork has a layer of 40 neurons that hands up potentials, below one that spikes.
func potentialNetwork() *Network {
	n := &Network{Inputs: 6, Classes: 3, Steps: 20, StepLength: 0.002, Layers: []Layer{DefaultLayer(), DefaultLayer()}, Readout: DefaultReadout()}
	below := &n.Layers[0]
	below.Output, below.Recurrent, below.Neurons = "potential", false, 40
	return n
}

func TestPotentialRefused(t *testing.T) {
	for _, c := range []struct {
		change func(n *Network)
		want   string
	}{
		{func(n *Network) { n.Layers[0].Output = "current" }, `network.layer 0: output = "current" is unknown; want spikes or potential`},
		{func(n *Network) { n.Layers[0].Recurrent = true }, "set recurrent = false"},
		{func(n *Network) { n.Layers[0].Kind, n.Layers[0].Kernel = "conv1d", 3 }, "only dense layers can pass on potentials"},
		{func(n *Network) { n.Layers[0].Neuron = "adaptive" }, "choose lif, lif_delta or if"},
		{func(n *Network) { n.Layers[0].RefractorySteps = 2 }, "refractory_steps = 2"},
		{func(n *Network) { n.Layers[0].Dropout, n.Layers[0].DropoutPer = 0.5, "spike" }, "dropout = 0.5"},
		{func(n *Network) { n.Layers[0].Regularizers = []Regularizer{DefaultRegularizer()} }, "regularizers count spikes"},
		{func(n *Network) { n.Layers[0].Learn = []string{"tau_membrane", "threshold"} }, `learn names "threshold", which affects only spikes`},
		{func(n *Network) { n.Layers[1].LearnedDelay = 3 }, "delays can be learned only for spikes"},
		{func(n *Network) {
			n.Layers = n.Layers[:1]
			n.Layers[0].Neurons, n.Readout.Kind, n.Readout.Loss = 3, "spikes", "counts"
		}, `use kind = "leaky"`},
	} {
		n := potentialNetwork()
		c.change(n)
		if err := n.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: want %q", err, c.want)
		}
	}
	if err := potentialNetwork().RefusePotentials("why"); err == nil || err.Error() != `layer 0 has output = "potential", and why` {
		t.Error(err)
	}
}

// TestPotentialInitial: given constant potentials of deviation σ_U, the membranes of a layer have
// the deviation that its own weights are drawn for.
func TestPotentialInitial(t *testing.T) {
	n := potentialNetwork()
	n.Layers[0].Initial.SigmaU, n.Layers[1].Initial.SigmaU, n.Layers[1].Recurrent, n.Layers[1].Neurons = 1.7, 0.8, false, 900
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	square, weights := 0.0, n.Initialise(5)[1]
	for _, w := range weights {
		square += float64(w) * float64(w)
	}
	gain := 1 / (1 - math.Exp(-n.StepLength/n.Layers[1].TauSynapse))
	got := math.Sqrt(square/float64(len(weights))) * math.Sqrt(40) * gain * 1.7
	if math.Abs(got-0.8) > 0.8*4/math.Sqrt(2*float64(len(weights))) { // four standard errors
		t.Errorf("the deviation of the membranes would be %g, want 0.8", got)
	}
}
