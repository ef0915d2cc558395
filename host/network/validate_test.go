package network

import (
	"math"
	"strings"
	"testing"
)

// validNetwork has everything that is checked.
func validNetwork() *Network {
	n := &Network{
		Inputs: 8, Classes: 3, Steps: 20, StepLength: 0.001,
		Layers: []Layer{DefaultLayer(), DefaultLayer()}, Readout: DefaultReadout(),
	}
	n.Layers[1].Regularizers = []Regularizer{DefaultRegularizer(), DefaultRegularizer()}
	return n
}

// spikingNetwork counts the spikes of its last layer.
func spikingNetwork() *Network {
	n := validNetwork()
	n.Layers[1].Neurons = n.Classes
	n.Readout.Kind, n.Readout.Loss = "spikes", "counts"
	return n
}

func TestValidateAccepts(t *testing.T) {
	networks := map[string]*Network{"default": validNetwork(), "spiking": spikingNetwork()}
	for _, noise := range Noises.List() {
		for _, surrogate := range Surrogates.List() {
			n := validNetwork()
			n.Layers[0].Noise.Kind, n.Layers[0].Surrogate.Kind = noise, surrogate
			networks[noise+" with "+surrogate] = n
		}
		if noise != "threshold" {
			n := validNetwork()
			n.Layers[0].Noise.Kind = noise
			networks["matched "+noise] = n
		}
	}
	for _, loss := range []string{"max_over_time", "sum_of_softmax", "last_step"} {
		n := validNetwork()
		n.Readout.Loss, n.Readout.Tau = loss, 0.1
		networks[loss] = n
	}
	for _, loss := range []string{"van_rossum", "spike_difference"} {
		n := spikingNetwork()
		n.Readout.Loss = loss
		networks[loss] = n
	}
	edge := validNetwork()
	edge.Layers[0].Delay, edge.Layers[0].RecurrentDelay, edge.Readout.Delay = 19, 0, 19
	edge.Layers[0].Initial.Alpha, edge.Layers[1].Regularizers[0].Strength = 1, 0
	edge.Layers[0].RefractorySteps = 31
	networks["edges"] = edge
	feedForward := validNetwork() // keys without an effect are not checked
	feedForward.Layers[0].Recurrent, feedForward.Layers[0].RecurrentDelay = false, 99
	networks["feed-forward"] = feedForward
	for name, n := range networks {
		if err := n.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestValidateRefuses changes one thing at a time: the message names the key, what
// was found and what is possible.
func TestValidateRefuses(t *testing.T) {
	nan, infinite := math.NaN(), math.Inf(1)
	layer := func(change func(l *Layer)) func(n *Network) { return func(n *Network) { change(&n.Layers[1]) } }
	noise := func(kind string, change func(s *Noise)) func(n *Network) {
		return func(n *Network) { n.Layers[1].Noise.Kind = kind; change(&n.Layers[1].Noise) }
	}
	surrogate := func(kind string, change func(s *Surrogate)) func(n *Network) {
		return func(n *Network) { n.Layers[1].Surrogate.Kind = kind; change(&n.Layers[1].Surrogate) }
	}
	regularizer := func(change func(r *Regularizer)) func(n *Network) {
		return func(n *Network) { change(&n.Layers[1].Regularizers[1]) }
	}
	initial := func(kind string, change func(i *Initial)) func(n *Network) {
		return func(n *Network) { n.Layers[1].Initial.Kind = kind; change(&n.Layers[1].Initial) }
	}
	readout := func(change func(r *Readout)) func(n *Network) { return func(n *Network) { change(&n.Readout) } }
	cases := []struct {
		change func(n *Network)
		words  []string // that the message must have
	}{
		{func(n *Network) { n.Inputs = 0 }, []string{"0 input channels", "at least 1"}},
		{func(n *Network) { n.Classes = -2 }, []string{"-2 classes", "at least 1"}},
		{func(n *Network) { n.Steps = 0 }, []string{"0 steps", "at least 1"}},
		{func(n *Network) { n.StepLength = 0 }, []string{"step length", "0 s"}},
		{func(n *Network) { n.StepLength = nan }, []string{"step length", "NaN"}},
		{func(n *Network) { n.StepLength = infinite }, []string{"step length", "+Inf"}},
		{func(n *Network) { n.StepLength = 1e300 }, []string{"step length", "1e+300"}},
		{func(n *Network) { n.Layers = nil }, []string{"no layer", "[[network.layer]]"}},

		{layer(func(l *Layer) { l.Neurons = 0 }), []string{"network.layer 1", "neurons = 0"}},
		{layer(func(l *Layer) { l.Neurons = 1<<20 + 1 }), []string{"network.layer 1", "neurons = 1048577", "1048576"}},
		{layer(func(l *Layer) { l.Delay = -1 }), []string{"network.layer 1: delay = -1", "0 to 19"}},
		{layer(func(l *Layer) { l.Delay = 20 }), []string{"network.layer 1: delay = 20", "0 to 19"}},
		{layer(func(l *Layer) { l.RecurrentDelay = 20 }), []string{"recurrent_delay = 20", "0 to 19"}},
		{layer(func(l *Layer) { l.Dropout = -0.1 }), []string{"network.layer 1: dropout = -0.1", "0 (none) to 0.99"}},
		{layer(func(l *Layer) { l.Dropout = 1 }), []string{"network.layer 1: dropout = 1", "0.99"}},
		{layer(func(l *Layer) { l.Dropout = nan }), []string{"network.layer 1: dropout = NaN"}},
		{layer(func(l *Layer) { l.Dropout, l.DropoutPer = 0.5, "step" }), []string{"network.layer 1", `dropout_per = "step"`, "neuron or spike"}},
		{func(n *Network) {
			n.Layers[1].Neurons, n.Layers[1].Dropout, n.Readout.Kind, n.Readout.Loss = 3, 0.5, "spikes", "counts"
		}, []string{"network.layer 1: dropout = 0.5", "this is the last layer"}},
		{layer(func(l *Layer) { l.RefractorySteps = -1 }), []string{"network.layer 1: refractory_steps = -1", "0 (none) to 31"}},
		{layer(func(l *Layer) { l.RefractorySteps = 32 }), []string{"refractory_steps = 32"}},
		{layer(func(l *Layer) { l.TauMembrane = 0 }), []string{"tau_membrane = 0"}},
		{layer(func(l *Layer) { l.TauMembrane = infinite }), []string{"tau_membrane = +Inf"}},
		{layer(func(l *Layer) { l.TauSynapse = -0.01 }), []string{"tau_synapse = -0.01"}},
		{layer(func(l *Layer) { l.TauSynapse = nan }), []string{"tau_synapse = NaN"}},
		{layer(func(l *Layer) { l.Reset = "none" }), []string{`reset = "none"`, "membrane_only, multiplicative, subtractive"}},

		{noise("gauss", func(*Noise) {}), []string{"noise", `kind = "gauss"`, "exponential, hazard, sigmoid, superspike, threshold"}},
		{noise("sigmoid", func(s *Noise) { s.Beta = 0 }), []string{"noise: beta = 0"}},
		{noise("exponential", func(s *Noise) { s.P0 = -1 }), []string{"noise: p0 = -1"}},
		{noise("exponential", func(s *Noise) { s.DeltaU = nan }), []string{"noise: delta_u = NaN"}},
		{noise("hazard", func(s *Noise) { s.Rate = 1e7 }), []string{"noise: rate = 1e+07"}},
		{noise("hazard", func(s *Noise) { s.DeltaU = 0 }), []string{"noise: delta_u = 0"}},
		{layer(func(l *Layer) { l.Noise.Kind, l.Surrogate.Kind = "threshold", Matched }), []string{"surrogate", `"matched"`, "threshold", "superspike"}},

		{surrogate("tanh", func(*Surrogate) {}), []string{"surrogate", `kind = "tanh"`, "matched, arctangent"}},
		{surrogate("superspike", func(s *Surrogate) { s.Beta = 0 }), []string{"surrogate: beta = 0"}},
		{surrogate("scaled_superspike", func(s *Surrogate) { s.Beta = -3 }), []string{"surrogate: beta = -3"}},
		{surrogate("sigmoid", func(s *Surrogate) { s.Beta = infinite }), []string{"surrogate: beta = +Inf"}},
		{surrogate("exponential", func(s *Surrogate) { s.P0 = 0 }), []string{"surrogate: p0 = 0"}},
		{surrogate("limited_exponential", func(s *Surrogate) { s.DeltaU = 0 }), []string{"surrogate: delta_u = 0"}},
		{surrogate("hazard", func(s *Surrogate) { s.Rate = 0 }), []string{"surrogate: rate = 0"}},
		{surrogate("hazard", func(s *Surrogate) { s.DeltaU = -1 }), []string{"surrogate: delta_u = -1"}},
		{surrogate("gaussian", func(s *Surrogate) { s.Width = 0 }), []string{"surrogate: width = 0"}},
		{surrogate("triangular", func(s *Surrogate) { s.Width = nan }), []string{"surrogate: width = NaN"}},
		{surrogate("rectangular", func(s *Surrogate) { s.Width = -1 }), []string{"surrogate: width = -1"}},
		{surrogate("arctangent", func(s *Surrogate) { s.Alpha = 0 }), []string{"surrogate: alpha = 0"}},

		{regularizer(func(r *Regularizer) { r.Kind = "middle" }), []string{"regularizer 1", `kind = "middle"`, "lower, upper"}},
		{regularizer(func(r *Regularizer) { r.Power = 3 }), []string{"regularizer 1", "power = 3", "must be 1 or 2"}},
		{regularizer(func(r *Regularizer) { r.Average = "filter" }), []string{"regularizer 1", `average = "filter"`, "none or layer"}},
		{regularizer(func(r *Regularizer) { r.Strength = -0.1 }), []string{"regularizer 1", "strength = -0.1"}},
		{regularizer(func(r *Regularizer) { r.Strength = nan }), []string{"regularizer 1", "strength = NaN"}},
		{regularizer(func(r *Regularizer) { r.Threshold = infinite }), []string{"regularizer 1", "threshold = +Inf"}},
		{regularizer(func(r *Regularizer) { r.Threshold = -1 }), []string{"regularizer 1", "threshold = -1"}},

		{initial("zero", func(*Initial) {}), []string{"initial", `kind = "zero"`, "fluctuation, normal, uniform"}},
		{initial("normal", func(i *Initial) { i.Scale = 0 }), []string{"initial: scale = 0"}},
		{initial("uniform", func(i *Initial) { i.Scale = nan }), []string{"initial: scale = NaN"}},
		{initial("fluctuation", func(i *Initial) { i.SigmaU = 0 }), []string{"initial: sigma_u = 0"}},
		{initial("fluctuation", func(i *Initial) { i.Rate = -15 }), []string{"initial: rate = -15"}},
		{initial("fluctuation", func(i *Initial) { i.Alpha = 1.5 }), []string{"initial: alpha = 1.5"}},
		{initial("fluctuation", func(i *Initial) { i.Alpha = 0 }), []string{"initial: alpha = 0"}},

		{readout(func(r *Readout) { r.Kind = "dense" }), []string{"network.readout", `kind = "dense"`, "leaky or spikes"}},
		{readout(func(r *Readout) { r.Loss = "hinge" }), []string{"network.readout", `loss = "hinge"`, "last_step"}},
		{readout(func(r *Readout) { r.Loss = "counts" }), []string{`loss = "counts"`, `kind = "spikes"`}},
		{readout(func(r *Readout) { r.Loss = "van_rossum" }), []string{`loss = "van_rossum"`, `kind = "spikes"`}},
		{func(n *Network) {
			n.Layers[1].Neurons, n.Readout.Kind, n.Readout.Loss, n.Readout.LossScale = 3, "spikes", "spike_difference", -1
		}, []string{"loss_scale = -1"}},
		{readout(func(r *Readout) { r.Kind = "spikes" }), []string{`loss = "max_over_time"`, `kind = "leaky"`}},
		{readout(func(r *Readout) { r.Kind, r.Loss = "spikes", "counts" }), []string{"128 neurons", "3 classes"}},
		{readout(func(r *Readout) { r.Tau = -1 }), []string{"network.readout: tau = -1"}},
		{readout(func(r *Readout) { r.TauSynapse = 0 }), []string{"network.readout: tau_synapse = 0"}},
		{readout(func(r *Readout) { r.Initial = nan }), []string{"network.readout: initial = NaN"}},
		{readout(func(r *Readout) { r.Scale = 0 }), []string{"network.readout: scale = 0"}},
		{readout(func(r *Readout) { r.Delay = 20 }), []string{"network.readout: delay = 20", "0 to 19"}},
	}
	for _, c := range cases {
		n := validNetwork()
		c.change(n)
		err := n.Validate()
		if err == nil {
			t.Errorf("a network was accepted of which the error should say %q", c.words)
			continue
		}
		for _, word := range c.words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("the error %q does not say %q", err, word)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("the error %q has more than one line", err)
		}
	}
}
