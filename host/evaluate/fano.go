package evaluate

import (
	"context"
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/stat"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// FanoOptions specify how variability is measured; [DefaultFano] gives those of the reproduced
// experiments.
type FanoOptions struct {
	Trials  int     `json:"trials"`  // of each sample, at least 2
	Window  int     `json:"window"`  // steps over which spikes are counted
	Minimum float64 `json:"minimum"` // mean count above which a window is used
}

// DefaultFano returns 400 trials and windows of 10 steps, as in Gygax & Zenke 2025. Distributions
// leave out windows with less than one spike in ten trials: there, the variance equals the mean
// whatever the neuron does.
func DefaultFano() FanoOptions {
	return FanoOptions{Trials: 400, Window: 10, Minimum: 0.1}
}

// Variability is how much spike counts vary over trials of the same sample.
type Variability struct {
	FanoOptions
	Samples []int       `json:"samples"`
	Layers  []LayerFano `json:"layers"`
}

// LayerFano summarizes the Fano factors of a layer. A neuron counts once for every sample.
type LayerFano struct {
	// AllWindows is the Fano factor by the paper's definition; nil for a silent layer.
	AllWindows *MeanFano `json:"all_windows"`
	// Neurons is the distribution over neurons of each neuron's mean over windows with
	// more spikes than the minimum; nil if no neuron has such a window.
	Neurons *Spread `json:"neurons"`
	// Windows is the distribution over such neurons in each window that has any.
	Windows []WindowFano `json:"windows"`
}

// WindowFano is the distribution of Fano factors in the window that starts at a step.
type WindowFano struct {
	Step int `json:"step"`
	Spread
}

// Spread describes a set of numbers.
type Spread struct {
	Count  int     `json:"count"`
	Mean   float64 `json:"mean"`
	Lower  float64 `json:"lower_quartile"`
	Median float64 `json:"median"`
	Upper  float64 `json:"upper_quartile"`
}

// Fano measures the Fano factor, variance over mean, of the spike counts of every neuron in a
// window that moves over the steps one by one; variance (with N−1) and mean are over trials of the
// same sample. It is 0 if all trials are equal, 1 for a Poisson process, and 1−p for spikes that
// occur independently with probability p in each step. It needs memory for two sums per neuron per
// window, and for a batch.
func Fano(ctx context.Context, s *Subject, samples []int, options FanoOptions) (*Variability, error) {
	if err := options.check(s.Network); err != nil {
		return nil, err
	}
	result := &Variability{FanoOptions: options, Samples: samples}
	gathered := make([]fanoGathered, len(s.Network.Layers))
	windows := s.Network.Steps - options.Window + 1
	sums := make([]*WindowCounts, len(s.Network.Layers))
	for l := range s.Network.Layers {
		sums[l] = NewWindowCounts(s.Network.Layers[l].Neurons, s.Network.Steps, options.Window)
		gathered[l].windows = make([][]float64, windows)
	}
	if len(samples) == 0 {
		return nil, s.check(samples, options.Trials)
	}
	for i, sample := range samples {
		for l := range sums {
			sums[l].Reset()
		}
		subject := *s
		if s.Each != nil {
			subject.Each = func(done, _ int) { s.Each(i*options.Trials+done, len(samples)*options.Trials) }
		}
		err := subject.present(ctx, []int{sample}, options.Trials, s.spikeRecord, func(shown presented) {
			for l := range sums {
				words := cpuref.Words(s.Network.Layers[l].Neurons)
				for trial := range shown.count {
					sums[l].Add(func(step int) []uint32 { return stepBits(shown.record, l, trial*s.Network.Steps+step, words) })
				}
			}
		})
		if err != nil {
			return nil, err
		}
		for l := range sums {
			gathered[l].gather(sums[l], options.Minimum)
		}
	}
	for l := range gathered {
		result.Layers = append(result.Layers, gathered[l].summarise())
	}
	return result, nil
}

func (o *FanoOptions) check(n *network.Network) error {
	switch {
	case o.Window < 1 || o.Window > n.Steps:
		return fmt.Errorf("a window of %d steps: must be from 1 to the %d steps of a sample", o.Window, n.Steps)
	case o.Trials < 2:
		return fmt.Errorf("a variance over %d trials: at least 2 are needed", o.Trials)
	case float64(o.Trials)*float64(o.Window)*float64(o.Window) > math.MaxUint32:
		return fmt.Errorf("%d trials with a window of %d steps: trials times the window squared may be at most %d", o.Trials, o.Window, uint32(math.MaxUint32))
	case o.Minimum < 0 || math.IsNaN(o.Minimum):
		return fmt.Errorf("a minimum of %g spikes in a window: give at least 0", o.Minimum)
	}
	return nil
}

// fanoGathered holds the Fano factors of a layer for all samples.
type fanoGathered struct {
	windows [][]float64 // [window][neuron with enough spikes]
	neurons []float64   // [neuron with such a window]: mean over them
	all     fanoSum
}

func (g *fanoGathered) gather(sums *WindowCounts, minimum float64) {
	g.all.add(sums)
	for neuron := range sums.neurons {
		var own []float64
		for window := range g.windows {
			if factor, enough := sums.factor(window*sums.neurons+neuron, minimum); enough {
				g.windows[window] = append(g.windows[window], factor)
				own = append(own, factor)
			}
		}
		if len(own) > 0 {
			g.neurons = append(g.neurons, stat.Mean(own, nil))
		}
	}
}

func (g *fanoGathered) summarise() LayerFano {
	layer := LayerFano{AllWindows: g.all.mean()}
	if len(g.neurons) > 0 {
		spread := spreadOf(g.neurons)
		layer.Neurons = &spread
	}
	for step, factors := range g.windows {
		if len(factors) > 0 {
			layer.Windows = append(layer.Windows, WindowFano{step, spreadOf(factors)})
		}
	}
	return layer
}

// spreadOf describes a set of numbers, which it sorts.
func spreadOf(values []float64) Spread {
	mean := stat.Mean(values, nil)
	sort.Float64s(values)
	quantile := func(share float64) float64 { return stat.Quantile(share, stat.Empirical, values, nil) }
	return Spread{len(values), mean, quantile(0.25), quantile(0.5), quantile(0.75)}
}

// stepBits returns the spike bits of one row, sample·steps + step, of a record.
func stepBits(record *engine.Record, layer, row, words int) []uint32 {
	return record.Spikes[layer][row*words : (row+1)*words]
}
