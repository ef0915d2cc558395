package reproduce

import (
	"math"
)

// SpikeTrains describes the spike trains of a layer over all recorded trials.
type SpikeTrains struct {
	MeanInterval float64 `json:"mean_interval_ms"` // between spikes of a neuron in a trial
	MeanCV       float64 `json:"mean_cv"`          // over neurons with at least three intervals
	Silent       int     `json:"silent_neurons"`

	intervals, cv, rates []float64 // ms; per neuron; spikes per second per neuron
}

// spikeTrains measures a layer.
func (s *matchingShow) spikeTrains(layer int) SpikeTrains {
	neurons := s.network.Layers[layer].Neurons
	counts, intervals := make([]int, neurons), make([][]float64, neurons)
	for trial := range s.trials {
		last := make([]int, neurons)
		for i := range last {
			last[i] = -1
		}
		for _, spike := range s.spikes(layer, trial) {
			i := spike.Neuron
			counts[i]++
			if last[i] >= 0 {
				intervals[i] = append(intervals[i], 1000*matchingStep*float64(spike.Step-last[i]))
			}
			last[i] = spike.Step
		}
	}
	var trains SpikeTrains
	for i, own := range intervals {
		trains.rates = append(trains.rates, float64(counts[i])/(float64(s.trials*s.steps)*matchingStep))
		trains.intervals = append(trains.intervals, own...)
		if counts[i] == 0 {
			trains.Silent++
		}
		if len(own) >= 3 {
			mean, deviation := meanAndDeviation(own)
			trains.cv = append(trains.cv, deviation/mean)
		}
	}
	trains.MeanInterval, _ = meanAndDeviation(trains.intervals)
	trains.MeanCV, _ = meanAndDeviation(trains.cv)
	return trains
}

// meanAndDeviation divides by N, adds in order, and returns zeros for an empty list.
func meanAndDeviation(values []float64) (mean, deviation float64) {
	if len(values) == 0 {
		return 0, 0
	}
	count := float64(len(values))
	for _, v := range values {
		mean += v
	}
	mean /= count
	for _, v := range values {
		deviation += float64((v - mean) * (v - mean))
	}
	return mean, math.Sqrt(deviation / count)
}
