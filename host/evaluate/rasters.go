package evaluate

import (
	"context"
	"fmt"
	"math/bits"
	"sort"

	"spikegrad/cpuref"
	"spikegrad/host/figure"
)

// NeuronTrials runs trials of one sample and plots, for every layer, the spikes of one typical
// neuron in all of them: the one with the median spike count among the neurons that fire in trial 0
// (neuron 0 in a silent layer).
func NeuronTrials(ctx context.Context, s *Subject, sample, trials int) ([]figure.Trials, error) {
	steps := s.Network.Steps
	drawings := make([]figure.Trials, len(s.Network.Layers))
	neurons := make([]int, len(drawings))
	err := s.present(ctx, []int{sample}, trials, s.spikeRecord, func(shown presented) {
		for l := range drawings {
			words := cpuref.Words(s.Network.Layers[l].Neurons)
			if shown.first == 0 {
				neurons[l] = typical(s.Network.Layers[l].Neurons, func(spiked func(int)) {
					for step := range steps {
						forSpikes(stepBits(shown.record, l, step, words), spiked)
					}
				})
			}
			for trial := range shown.count {
				fired := []int{}
				for step := range steps {
					word := stepBits(shown.record, l, trial*steps+step, words)[neurons[l]/32]
					if word>>(neurons[l]%32)&1 != 0 {
						fired = append(fired, step)
					}
				}
				drawings[l].Spikes = append(drawings[l].Spikes, fired)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for l := range drawings {
		d := &drawings[l]
		d.Title = fmt.Sprintf("layer %d, neuron %d, sample %d", l, neurons[l], sample)
		d.StepMS, d.Steps, d.Window = 1000*s.Network.StepLength, steps, 5
	}
	return drawings, nil
}

// typical returns the neuron with the median of the counts above zero.
func typical(neurons int, spikes func(spiked func(neuron int))) int {
	count := make([]int, neurons)
	spikes(func(neuron int) { count[neuron]++ })
	var firing []int
	for neuron := range count {
		if count[neuron] > 0 {
			firing = append(firing, neuron)
		}
	}
	if len(firing) == 0 {
		return 0
	}
	sort.SliceStable(firing, func(i, j int) bool { return count[firing[i]] < count[firing[j]] })
	return firing[len(firing)/2]
}

// forSpikes calls do for every neuron whose bit is set.
func forSpikes(row []uint32, do func(neuron int)) {
	for i, word := range row {
		for ; word != 0; word &= word - 1 {
			do(32*i + bits.TrailingZeros32(word))
		}
	}
}
