package network

import (
	"fmt"
	"math"
	"slices"

	"spikegrad/cpuref"
)

// What a layer hands up.
const (
	outputSpikes    = "spikes"
	outputPotential = "potential"
)

// HandsPotential reports whether the neurons of a layer never spike and hand up their membrane
// potential instead.
func (l *Layer) HandsPotential() bool { return l.Output == outputPotential }

// Potentials reports whether any layer hands up potentials.
func (n *Network) Potentials() bool { return slices.ContainsFunc(n.Layers, handsPotential) }

func handsPotential(l Layer) bool { return l.HandsPotential() }

// RefusePotentials rejects networks in which a layer hands up potentials, with the given reason.
func (n *Network) RefusePotentials(why string) error {
	if l := slices.IndexFunc(n.Layers, handsPotential); l >= 0 {
		return fmt.Errorf("layer %d has output = %q, and %s", l, outputPotential, why)
	}
	return nil
}

// validateOutput checks what a layer hands up, and that nothing is requested that needs spikes it does
// not have.
func (l *Layer) validateOutput() error {
	refused := ""
	switch {
	case l.Output == outputSpikes || l.Output == "":
		return nil
	case !l.HandsPotential():
		return fmt.Errorf("output = %q is unknown; want %s or %s", l.Output, outputSpikes, outputPotential)
	case l.Convolutional():
		refused = fmt.Sprintf("kind = %q: only dense layers can pass on potentials", l.Kind)
	case l.Recurrent:
		refused = "the layer is recurrent: set recurrent = false"
	case Neurons.Number(l.Neuron).Adapts():
		refused = fmt.Sprintf("neuron = %q needs spikes to adapt: choose lif, lif_delta or if", l.Neuron)
	case l.RefractorySteps > 0:
		refused = fmt.Sprintf("refractory_steps = %d: without spikes there is no refractory period: set it to 0", l.RefractorySteps)
	case l.Dropout > 0:
		refused = fmt.Sprintf("dropout = %g drops spikes, which the layer does not have: set it to 0", l.Dropout)
	case len(l.Regularizers) > 0:
		refused = "regularizers count spikes, which the layer does not have: leave them out"
	default:
		for _, name := range l.Learn {
			if c := Constants.Find(name); c != nil && c.Number != cpuref.ConstantTauMembrane && c.Number != cpuref.ConstantTauSynapse {
				return fmt.Errorf("output = %q, and learn names %q, which affects only spikes: leave it out", l.Output, name)
			}
		}
		return nil
	}
	return fmt.Errorf("output = %q, and %s", l.Output, refused)
}

// checkPotentials checks that a layer can take the potentials of its sources, and that the readout can
// take its own.
func (n *Network) checkPotentials(layer int) error {
	for _, source := range n.Sources(layer) {
		if l := &n.Layers[layer]; source >= 0 && n.Layers[source].HandsPotential() && l.LearnedDelay > 0 {
			return fmt.Errorf("learned_delay = %d, and layer %d passes on potentials: delays can be learned only for spikes", l.LearnedDelay, source)
		}
	}
	if top := len(n.Layers) - 1; layer == top && n.Spiking() && n.Layers[top].HandsPotential() {
		return fmt.Errorf("output = %q, but network.readout with kind = \"spikes\" needs its spikes: use kind = \"leaky\"", outputPotential)
	}
	return nil
}

// silence changes a neuron's kernel parameters so that it never spikes: its potential stays below the
// threshold, and the error of what it hands up is that of the potential itself.
func silence[T cpuref.Float](neuron *cpuref.Neuron[T]) {
	neuron.Threshold = math.MaxFloat32
	neuron.Noise, neuron.NoiseParameters = cpuref.NoiseThreshold, [2]T{}
	neuron.Surrogate, neuron.SurrogateParameter = cpuref.SurrogateStraightThrough, [3]T{}
	neuron.Reset, neuron.DifferentiateReset = cpuref.ResetMembraneOnly, false
}

// variance returns that of the membrane for the given number of inputs from a source, with weights of
// variance 1: for independent Poisson spikes of rate ν, n·ν·ε̂ with ε̂ = Σ ε(t)²·dt, where ε is the
// membrane's response to one spike. A slowly changing potential, with the standard deviation that its own
// layer's weights are drawn for, is multiplied by Σ ε(t).
func (i Initial) variance(n *Network, layer *Layer, source, inputs int) float64 {
	energy, gain := response(layer, n.StepLength, n.Steps)
	if source < 0 || !n.Layers[source].HandsPotential() {
		return float64(float64(inputs) * i.Rate * energy)
	}
	if below := n.Layers[source].Initial; below.Kind == "fluctuation" {
		gain *= below.SigmaU * Threshold
	}
	return float64(float64(inputs) * gain * gain)
}
