package report

import (
	"fmt"
	"strings"

	"spikegrad/host/data"
	"spikegrad/host/evaluate"
	"spikegrad/host/network"
)

// facts summarizes a run.
func (s *section) facts() {
	if s.Summary == nil {
		s.Facts = []fact{{"epochs so far", fmt.Sprintf("%d of %d", len(s.Epochs), s.Config.Training.Epochs), ""}}
		return
	}
	m := s.Summary
	add := func(name, value, note string) { s.Facts = append(s.Facts, fact{name, value, note}) }
	if m.TestAccuracy != nil {
		add("test accuracy", percent(*m.TestAccuracy), fmt.Sprintf("%d samples", m.TestSamples))
	}
	if m.TestAccuracyOtherMode != nil {
		noise, of := s.Config.Network.OtherModeInWords()
		add(noise, percent(*m.TestAccuracyOtherMode), of)
	}
	if m.ValidationAccuracy != nil {
		add("validation accuracy", percent(*m.ValidationAccuracy), fmt.Sprintf("%d samples, epoch %d", m.ValidationSamples, m.KeptEpoch))
	}
	add("training accuracy", percent(m.TrainAccuracy), fmt.Sprintf("%d samples", m.TrainSamples))
	add("spikes", fmt.Sprintf("%.3g", m.SpikesPerNeuron), "per neuron per sample")
	add("weights", fmt.Sprint(m.Weights), "SHA-256 "+shortened(m.WeightsSHA256))
	add("updates", fmt.Sprint(m.Steps), fmt.Sprintf("%d epochs, %s", m.Epochs, s.Config.Training.Optimizer.Kind))
	add("speed", fmt.Sprintf("%.0f /s", m.SamplesPerSecond), "samples in training, "+m.Device)
}

// modeFacts summarizes the measurements in a mode, of the samples of a part.
func modeFacts(m *evaluate.Mode, part string) []fact {
	p := m.Performance
	facts := []fact{
		{"accuracy", percent(p.Accuracy), trialsNote(p, part)},
		{"loss", fmt.Sprintf("%.4f", p.Loss), "cross-entropy, mean"},
	}
	if p.Trials > 1 {
		facts = append(facts,
			fact{"agreement of trials", percent(p.Agreement), "pairs of trials with the same prediction"},
			fact{"majority vote", percent(p.Voted), "class predicted most often"})
	}
	for l, layer := range p.Activity {
		facts = append(facts, fact{fmt.Sprintf("layer %d", l), fmt.Sprintf("%.3g Hz", layer.Rate), "Fano factor " + fanoText(m.Fano, l)})
	}
	return facts
}

func trialsNote(p *evaluate.Performance, part string) string {
	if p.Trials == 1 {
		return data.SamplesOf(part, p.Samples) + ", one trial"
	}
	return fmt.Sprintf("± %.2f over %d trials of %s", 100*p.AccuracySpread, p.Trials, data.SamplesOf(part, p.Samples))
}

// fanoText gives the Fano factor of a layer by the paper's definition, and in busy windows.
func fanoText(v *evaluate.Variability, layer int) string {
	if v == nil || layer >= len(v.Layers) || v.Layers[layer].AllWindows == nil {
		return "unknown" // also for evaluations older than that definition
	}
	text := fmt.Sprintf("%.3f", v.Layers[layer].AllWindows.Mean)
	if busy := v.Layers[layer].Neurons; busy != nil {
		text += fmt.Sprintf(" (%.3f in busy windows)", busy.Mean)
	}
	return text
}

// layers describes the layers.
func (s *section) layers() {
	for i := range s.Config.Network.Layers {
		l := &s.Config.Network.Layers[i]
		f := layerFacts{
			Number: i, Size: fmt.Sprintf("%d neurons", l.Neurons), Connection: "feed-forward",
			Neuron: network.Neurons.Describe(l.Neuron, *l),
			Noise:  network.Noises.Describe(l.Noise.Kind, l.Noise), Surrogate: network.Surrogates.Describe(l.Surrogate.Kind, l.Surrogate),
			Taus: fmt.Sprintf("%g / %g ms", 1000*l.TauMembrane, 1000*l.TauSynapse),
		}
		if l.Convolutional() {
			kernel, stride := fmt.Sprint(l.Kernel), fmt.Sprint(l.Stride)
			if w := l.Window(); l.Kind == "conv2d" {
				kernel, stride = fmt.Sprintf("%d×%d", w.Kernel.Height, w.Kernel.Width), fmt.Sprintf("%d×%d", w.Stride.Height, w.Stride.Width)
			}
			f.Size = fmt.Sprintf("%s, %d filters of %s, stride %s", l.Kind, l.Filters, kernel, stride)
		}
		if l.Recurrent {
			f.Connection = "recurrent"
		}
		if len(l.From) > 0 {
			f.Connection += ", from " + strings.Join(l.From, ", ")
		}
		f.Connection += fmt.Sprintf(", delay %d", l.Delay)
		if l.LearnedDelay > 0 {
			f.Connection += fmt.Sprintf(" and up to %d learned", l.LearnedDelay)
		}
		if l.Dropout > 0 {
			f.Connection += fmt.Sprintf(", dropout %g of every %s", l.Dropout, l.DropoutPer)
		}
		if l.RefractorySteps > 0 {
			f.Neuron += fmt.Sprintf(", %d steps of rest", l.RefractorySteps)
		}
		if l.HandsPotential() {
			f.Neuron, f.Noise, f.Surrogate = f.Neuron+", hands up its potential", "none", "none: exact"
		} else if s.Summary != nil && i < len(s.Summary.LayerSpikes) {
			f.Activity = fmt.Sprintf("%.3g", s.Summary.LayerSpikes[i])
		}
		s.Layers = append(s.Layers, f)
	}
}

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

func shortened(hash string) string { return hash[:min(len(hash), 16)] }
