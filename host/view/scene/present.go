package scene

import (
	"math"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
)

// shown is a sample passing through the network.
type shown struct {
	arrays      *arrays
	label       int
	predicted   int
	inputSpikes int
	layerSpikes []float64 // per neuron per presentation
}

// Present runs the chosen sample through the network with the current weights.
func (s *Scene) Present(choice Choice) error {
	n, source := s.subject.Network, s.subject.Source
	choice.Sample = wrapped(choice.Sample, source.Len())
	choice.Weights = wrapped(choice.Weights, len(n.Weights()))
	presentations := 1
	if choice.IsPicked {
		presentations += trials
	}
	samples, inputs := make([]int, presentations), make([]uint32, presentations)
	noise := make([]uint32, presentations)
	for i := range presentations {
		samples[i], inputs[i] = choice.Sample, uint32(choice.Sample)
		noise[i] = noiseNumber(choice.Sample, i-1, source.Len())
	}
	noise[0] = noiseNumber(choice.Sample, choice.Trial, source.Len())
	var batch engine.Batch
	if err := data.Fill(&batch, source, samples, inputs); err != nil {
		return err
	}
	batch.Numbers = noise // only the noise of the neurons is fresh
	record := &engine.Record{Predicted: make([]uint32, presentations)}
	found, outcome, err := s.sight.look(&batch, choice.OtherMode, record)
	if err != nil {
		return err
	}
	if err := s.uploadInput(&batch); err != nil {
		return err
	}
	s.choice = choice
	s.shown = &shown{
		arrays: found, label: int(batch.Labels[0]), predicted: int(record.Predicted[0]),
		inputSpikes: int(batch.Rows[n.Steps-1][1]),
	}
	for l, spikes := range outcome.Spikes {
		s.shown.layerSpikes = append(s.shown.layerSpikes, float64(spikes)/float64(n.Layers[l].Neurons*presentations))
	}
	return nil
}

// noiseNumber is the noise number of a sample's trial, the same as in evaluations.
func noiseNumber(sample, trial, samples int) uint32 {
	return uint32((uint64(trial)*uint64(samples) + uint64(sample)) & math.MaxUint32)
}

// wrapped maps a number into the range 0 to count−1.
func wrapped(number, count int) int { return ((number % count) + count) % count }

// uploadInput uploads the spikes of the first presentation as bits.
func (s *Scene) uploadInput(batch *engine.Batch) error {
	n := s.subject.Network
	words := cpuref.Words(n.Inputs)
	bits := make([]uint32, n.Steps*words)
	for step, row := range batch.Rows[:n.Steps] {
		for _, channel := range batch.Index[row[0]:row[1]] {
			bits[step*words+int(channel/32)] |= 1 << (channel % 32)
		}
	}
	return s.input.Upload(0, asBytes(bits))
}
