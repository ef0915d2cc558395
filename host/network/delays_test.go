package network

import (
	"slices"
	"strings"
	"testing"
)

// TestLearnedDelays: a layer's delays are an array with one number per input, after its constants,
// that starts spread from 0 to 1; networks that cannot learn them are rejected.
func TestLearnedDelays(t *testing.T) {
	n := validNetwork()
	n.Layers[1].LearnedDelay, n.Layers[1].Learn = 3, []string{"threshold"}
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	below := n.Layers[0].Neurons
	at := slices.Index(n.WeightNames(), "layer1.delays")
	if w := n.Weights()[at]; w != (Weight{Name: "layer1.delays", Rows: below, Columns: 1, LongestDelay: 3}) || !IsDelays(w.Name) || IsDelays("layer1.input") {
		t.Errorf("the delays are %+v", w)
	}
	if before := n.WeightNames()[at-1]; before != "layer1.log_threshold" {
		t.Errorf("the delays follow %s", before)
	}
	shares := n.Initialise(7)[at]
	if least, most := slices.Min(shares), slices.Max(shares); !(least >= 0 && most <= 1 && most-least > 0.5) {
		t.Errorf("shares of the longest delay start from %g to %g", least, most)
	}
	if seconds := n.DelayValues(1, []float32{0.5})[0]; seconds != 1.5*n.StepLength {
		t.Errorf("half of 3 steps is %g s", seconds)
	}
	for _, c := range []struct {
		change func(n *Network)
		says   string
	}{
		{func(n *Network) { n.Layers[0].LearnedDelay = n.Steps - 1 }, "because samples have"},
		{func(n *Network) { n.Layers[0].LearnedDelay = -1 }, "learned_delay = -1"},
		{func(n *Network) { n.Layers[1].LearnedDelay, n.Layers[1].From = 1, []string{"input", "layer0"} }, "network.layer 1: learned_delay = 1"},
		{func(n *Network) { n.Layers[1].LearnedDelay, n.Readout.From = 1, []string{"layer0", "layer1"} }, "layer0"},
		{func(n *Network) {
			n.Layers[0].Kind, n.Layers[0].Filters, n.Layers[0].Kernel, n.Layers[0].Stride = "conv1d", 2, 1, 1
			n.Layers[1].LearnedDelay = 1
		}, "conv1d"},
	} {
		other := validNetwork()
		c.change(other)
		if err := other.Validate(); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "learned_delay") {
			t.Errorf("%v does not say %q", err, c.says)
		}
	}
}

// TestLearnedNoise: β is learned for noise that has one, with the matched surrogate; the other mode
// and audits, which replace these, are exempt.
func TestLearnedNoise(t *testing.T) {
	valid := func() *Network {
		n := validNetwork()
		n.Layers[0].Noise, n.Layers[0].Surrogate, n.Layers[0].Learn = Noise{Kind: "sigmoid", Beta: 4}, Surrogate{Kind: Matched}, []string{"noise_beta"}
		return n
	}
	n := valid()
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	if values := n.Layers[0].ConstantValues("noise_beta", []float32{0}); values[0] != 4 {
		t.Errorf("β is %g where nothing is learned, want 4", values[0])
	}
	if factor := ConstantFactor[float32](&n.Layers[0], "noise_beta", n.StepLength); factor != 1 {
		t.Errorf("the factor of β'/β is %g", factor)
	}
	if err := n.OtherMode().Validate(); err != nil {
		t.Errorf("without noise: %v", err)
	}
	if err := n.Layers[0].ReplaceSurrogate("superspike:4"); err != nil || n.Validate() != nil {
		t.Errorf("with another surrogate, to compare: %v, %v", err, n.Validate())
	}
	for says, change := range map[string]func(l *Layer){
		"no steepness": func(l *Layer) { l.Noise = Noise{Kind: "exponential", P0: 0.1, DeltaU: 0.2} },
		"surrogate is": func(l *Layer) { l.Surrogate = Surrogate{Kind: "superspike", Beta: 4} },
	} {
		n := valid()
		change(&n.Layers[0])
		if err := n.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
}
