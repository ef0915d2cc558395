package network

import (
	"reflect"
	"slices"
	"testing"

	"spikegrad/cpuref"
)

func TestWeights(t *testing.T) {
	n := validNetwork()
	n.Layers[0].Neurons, n.Layers[1].Neurons, n.Layers[1].Recurrent = 5, 6, false
	n.Layers[1].Bias, n.Readout.Bias = true, true
	want := []Weight{
		{"layer0.input", 5, 8, 0, 0, false, "", 0}, {"layer0.recurrent", 5, 5, 0, 0, false, "", 0}, {"layer1.input", 6, 5, 0, 0, false, "", 0}, {"layer1.bias", 6, 1, 0, 0, true, "", 0},
		{"readout", 3, 6, 0, 0, false, "", 0}, {"readout.bias", 3, 1, 0, 0, true, "", 0},
	}
	if got := n.Weights(); !slices.Equal(got, want) {
		t.Errorf("a leaky network has weights %v: want %v", got, want)
	}
	n.Readout.Kind = "spikes"
	if got := n.Weights(); !slices.Equal(got, want[:4]) {
		t.Errorf("a spiking network has weights %v: want %v", got, want[:4])
	}
}

// TestOtherModeInWords: noise of all layers, of none and of one.
func TestOtherModeInWords(t *testing.T) {
	for want, kinds := range map[string][2]string{"noise off": {"sigmoid", "superspike"}, "noise on": {"threshold", "threshold"}, "noise toggled": {"threshold", "sigmoid"}} {
		n := validNetwork()
		n.Layers = n.Layers[:2]
		for l, kind := range kinds {
			n.Layers[l].Noise.Kind = kind
		}
		if noise, of := n.OtherModeInWords(); noise != want || of == "" {
			t.Errorf("%v: %q, %q, want %q", kinds, noise, of, want)
		}
	}
}

// TestOtherMode: in the other mode of every noise, spikes are decided differently
// and everything else stays the same, including the surrogate derivative.
func TestOtherMode(t *testing.T) {
	for _, noise := range Noises.List() {
		kinds := Surrogates.List()
		if noise != "threshold" {
			kinds = append(kinds, "matched")
		}
		for _, surrogate := range kinds {
			n := validNetwork()
			for l := range n.Layers {
				n.Layers[l].Noise.Kind, n.Layers[l].Surrogate.Kind = noise, surrogate
				n.Layers[l].Noise.Rate, n.Layers[l].Noise.DeltaU = 30, 0.2 // different from the surrogate's
			}
			before := NeuronParameters[float64](&n.Layers[1], n.StepLength)
			other := n.OtherMode()
			if err := other.Validate(); err != nil {
				t.Errorf("%s noise with %s: the other mode is not valid: %v", noise, surrogate, err)
			}
			if again := NeuronParameters[float64](&n.Layers[1], n.StepLength); again != before {
				t.Errorf("%s noise with %s: the network itself was changed", noise, surrogate)
			}
			after := NeuronParameters[float64](&other.Layers[1], n.StepLength)
			want := before
			want.Noise, want.NoiseParameters = cpuref.NoiseThreshold, [2]float64{}
			if noise == "threshold" {
				want.Noise, want.NoiseParameters = cpuref.NoiseSigmoid, [2]float64{10}
			}
			if after != want {
				t.Errorf("%s noise with %s: the other mode has neurons %+v, want %+v", noise, surrogate, after, want)
			}
			other.Layers = n.Layers
			if !reflect.DeepEqual(n, other) {
				t.Errorf("%s noise with %s: the other mode changes more than layers", noise, surrogate)
			}
		}
	}
}

// TestNeuronParameters: parameters have the surrogate that the description names.
func TestNeuronParameters(t *testing.T) {
	layer := DefaultLayer()
	for noise, want := range map[string]cpuref.Surrogate{
		"sigmoid": cpuref.SurrogateSigmoid, "exponential": cpuref.SurrogateLimitedExponential, "hazard": cpuref.SurrogateHazard,
		"superspike": cpuref.SurrogateScaledSuperSpike,
	} {
		layer.Noise = Noise{Kind: noise, Beta: 7, P0: 0.4, DeltaU: 0.3, Rate: 90}
		layer.Surrogate.Kind = "matched"
		p := NeuronParameters[float64](&layer, 0.001)
		if p.Surrogate != want {
			t.Errorf("%s noise is matched by surrogate %d: want %d", noise, p.Surrogate, want)
		}
		const u, h = -0.21, 1e-6
		probability := func(u float64) float64 { return cpuref.SpikeProbability(p.Noise, p.NoiseParameters, u) }
		derivative := (probability(u+h) - probability(u-h)) / (2 * h)
		if got := cpuref.SurrogateDerivative(p.Surrogate, p.SurrogateParameter, u, false); !(got > 0.99999*derivative && got < 1.00001*derivative) {
			t.Errorf("%s noise: the matched surrogate is %g, the derivative of p %g", noise, got, derivative)
		}
	}
}
