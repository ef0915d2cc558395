package network

import (
	"fmt"
	"math"
	"slices"

	"spikegrad/cpuref"
)

// Validate completes a network whose data are known with the sizes that follow from the
// geometry of its layers, and checks it. The error names the key, what was found and what
// is possible.
func (n *Network) Validate() error {
	switch {
	case n.Inputs < 1:
		return fmt.Errorf("the data have %d input channels: at least 1 is needed", n.Inputs)
	case n.Classes < 1:
		return fmt.Errorf("the data have %d classes: at least 1 is needed", n.Classes)
	case n.Steps < 1:
		return fmt.Errorf("the data have %d steps: at least 1 is needed", n.Steps)
	case !(n.StepLength >= minimum && n.StepLength <= maximum):
		return fmt.Errorf("the step length is %g s: must be from %g to %g s", n.StepLength, minimum, float64(maximum))
	case len(n.Layers) == 0:
		return fmt.Errorf("the network has no layer: add at least one [[network.layer]]")
	}
	if err := n.resolve(); err != nil {
		return err
	}
	for l := range n.Layers {
		if err := n.Layers[l].validate(n.Steps); err != nil {
			return fmt.Errorf("network.layer %d: %w", l, err)
		}
	}
	for l := range n.Layers {
		if err := n.checkDropout(l); err != nil {
			return fmt.Errorf("network.layer %d: %w", l, err)
		}
		if err := n.checkLearnedDelay(l); err != nil {
			return fmt.Errorf("network.layer %d: %w", l, err)
		}
		if err := n.checkPotentials(l); err != nil {
			return fmt.Errorf("network.layer %d: %w", l, err)
		}
	}
	if err := n.Readout.validate(n.Steps); err != nil {
		return fmt.Errorf("network.readout: %w", err)
	}
	top := len(n.Layers) - 1
	if positions := n.Geometry(top).Positions(); n.Spiking() && positions > 1 {
		return fmt.Errorf("network.readout: kind = \"spikes\" needs one neuron per class, but the last layer is a %s with %d positions: add a dense layer on top", n.Layers[top].Kind, positions)
	}
	if last := n.Layers[top].Neurons; n.Spiking() && last != n.Classes {
		return fmt.Errorf("network.readout: kind = \"spikes\" needs one neuron per class: the last layer has %d neurons, but the data have %d classes", last, n.Classes)
	}
	return nil
}

func (l *Layer) validate(steps int) error {
	if l.Neurons < 1 || l.Neurons > 1<<20 {
		return fmt.Errorf("neurons = %d: must be from 1 to %d", l.Neurons, 1<<20)
	}
	if err := delay("delay", l.Delay, steps); err != nil {
		return err
	}
	if l.Recurrent {
		if err := delay("recurrent_delay", l.RecurrentDelay, steps); err != nil {
			return err
		}
	}
	if err := Neurons.known("neuron", l.Neuron); err != nil {
		return err
	}
	if err := checkAll(Neurons.Find(l.Neuron).Parameters, l); err != nil {
		return err
	}
	if err := positive("tau_membrane", l.TauMembrane); err != nil {
		return err
	}
	if err := positive("tau_synapse", l.TauSynapse); err != nil {
		return err
	}
	if l.RefractorySteps < 0 || l.RefractorySteps > cpuref.MostRefractory {
		return fmt.Errorf("refractory_steps = %d: must be from 0 (none) to %d", l.RefractorySteps, cpuref.MostRefractory)
	}
	if err := l.validateOutput(); err != nil {
		return err
	}
	if err := l.validateLearned(); err != nil {
		return err
	}
	if err := Resets.known("reset", l.Reset); err != nil {
		return err
	}
	if err := Noises.Validate(l.Noise.Kind, &l.Noise); err != nil {
		return fmt.Errorf("noise: %w", err)
	}
	if err := l.Surrogate.validate(l.Noise); err != nil {
		return fmt.Errorf("surrogate: %w", err)
	}
	for i, r := range l.Regularizers {
		if err := r.validate(); err != nil {
			return fmt.Errorf("regularizer %d: %w", i, err)
		}
	}
	if err := Initials.Validate(l.Initial.Kind, &l.Initial); err != nil {
		return fmt.Errorf("initial: %w", err)
	}
	return nil
}

// mostDropout bounds the weight of kept spikes.
const mostDropout = 0.99

// checkDropout checks a layer's dropout, and that something takes what it hands up.
func (n *Network) checkDropout(layer int) error {
	l := &n.Layers[layer]
	switch {
	case !(l.Dropout >= 0 && l.Dropout <= mostDropout):
		return fmt.Errorf("dropout = %g: must be from 0 (none) to %g", l.Dropout, mostDropout)
	case l.Dropout == 0:
		return nil
	case l.DropoutPer != perSpike && l.DropoutPer != perNeuron:
		return fmt.Errorf("dropout_per = %q is unknown; want %s or %s", l.DropoutPer, perNeuron, perSpike)
	case n.Spiking() && layer == len(n.Layers)-1:
		return fmt.Errorf("dropout = %g drops spikes on their way to the layer above, but this is the last layer and the loss uses all its spikes: set it to 0", l.Dropout)
	}
	return nil
}

// Drops reports whether, in training, spikes are dropped on their way up.
func (n *Network) Drops() bool {
	return slices.ContainsFunc(n.Layers, func(l Layer) bool { return l.Dropout > 0 })
}

func (s Surrogate) validate(noise Noise) error {
	if !(s.SkipBelow >= 0 && s.SkipBelow <= maximum) {
		return fmt.Errorf("skip_below = %g: must be from 0 (nothing is skipped) to %g", s.SkipBelow, float64(maximum))
	}
	if s.Kind != Matched {
		if Surrogates.Find(s.Kind) == nil {
			return fmt.Errorf("kind = %q is unknown; want one of %s, %s", s.Kind, Matched, Surrogates.Names())
		}
		return Surrogates.Validate(s.Kind, &s)
	}
	if Noises.Find(noise.Kind).Matched == "" {
		return fmt.Errorf("kind = \"matched\" is the derivative of the escape noise, but kind = threshold has no noise: choose a surrogate (%s)", Surrogates.Names())
	}
	return nil
}

func (r Regularizer) validate() error {
	if err := Regularizers.Validate(r.Kind, &r); err != nil {
		return err
	}
	if r.Power != 1 && r.Power != 2 {
		return fmt.Errorf("power = %d: must be 1 or 2", r.Power)
	}
	if r.Average != "none" && r.Average != "layer" {
		return fmt.Errorf("average = %q is unknown; want none or layer", r.Average)
	}
	return nil
}

func (r Readout) validate(steps int) error {
	if r.Kind != "leaky" && r.Kind != "spikes" {
		return fmt.Errorf("kind = %q is unknown; want leaky or spikes", r.Kind)
	}
	if err := Losses.known("loss", r.Loss); err != nil {
		return err
	}
	loss := Losses.Find(r.Loss)
	switch {
	case r.Kind == "spikes" && !loss.Spikes:
		return fmt.Errorf("loss = %q needs kind = \"leaky\": spikes are read out with loss = %s", r.Loss, lossesOf(true).Names())
	case r.Kind == "leaky" && loss.Spikes:
		return fmt.Errorf("loss = %q needs kind = \"spikes\": a leaky readout has no spikes", r.Loss)
	case r.Kind == "spikes" && (!loss.Targets || r.LossScale == 0):
		return nil
	case r.Kind == "spikes":
		return positive("loss_scale", r.LossScale)
	}
	if r.Tau != 0 {
		if err := positive("tau", r.Tau); err != nil {
			return err
		}
	}
	if err := positive("tau_synapse", r.TauSynapse); err != nil {
		return err
	}
	if !(math.Abs(r.Initial) <= maximum) {
		return fmt.Errorf("initial = %g: the magnitude must be at most %g", r.Initial, float64(maximum))
	}
	if err := positive("scale", r.Scale); err != nil {
		return err
	}
	return delay("delay", r.Delay, steps)
}

func positive(key string, value float64) error {
	if !(value >= minimum && value <= maximum) {
		return fmt.Errorf("%s = %g: must be from %g to %g", key, value, minimum, float64(maximum))
	}
	return nil
}

func delay(key string, value, steps int) error {
	if value < 0 || value >= steps {
		return fmt.Errorf("%s = %d steps: must be from 0 to %d for samples of %d steps", key, value, steps-1, steps)
	}
	return nil
}

// lossesOf returns the losses that use spikes, or the others.
func lossesOf(spikes bool) Kinds[cpuref.Loss, Readout] {
	return slices.DeleteFunc(slices.Clone(Losses), func(k Kind[cpuref.Loss, Readout]) bool { return k.Spikes != spikes })
}

// ReadoutLosses lists the losses for data with classes, by what they use.
func ReadoutLosses() string {
	counted := slices.DeleteFunc(lossesOf(true), func(k Kind[cpuref.Loss, Readout]) bool { return k.Targets })
	return fmt.Sprintf("%s (leaky), %s (spikes)", lossesOf(false).Names(), counted.Names())
}
