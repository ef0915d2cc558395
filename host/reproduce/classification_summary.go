package reproduce

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"spikegrad/host/evaluate"
)

// OverSeeds is a quantity measured in several runs.
type OverSeeds struct {
	Values    []float64 `json:"values"` // [run]
	Mean      float64   `json:"mean"`
	Deviation float64   `json:"deviation"` // standard deviation; 0 for a single run
}

// ModeResult summarizes how the networks of a method behave with or without noise.
type ModeResult struct {
	Noise     bool        `json:"noise"`
	Accuracy  OverSeeds   `json:"accuracy"`
	Agreement OverSeeds   `json:"agreement"`
	Loss      OverSeeds   `json:"loss"`
	Spikes    []OverSeeds `json:"spikes_per_neuron"` // [layer]
	Rates     []OverSeeds `json:"rate_hz"`           // [layer]
	// Fano are the Fano factors of each layer by the paper's definition, over the runs in
	// which the layer fires; FanoBusy is the mean over neurons in windows with more spikes
	// than the minimum, over the runs in which there are any.
	Fano     []OverSeeds `json:"fano"`
	FanoBusy []OverSeeds `json:"fano_busy"`
}

// Difference is how much better one method is than another in the test, each in the mode it
// was trained in, paired by seed.
type Difference struct {
	Method string    `json:"method"`
	Minus  string    `json:"minus"`
	Test   OverSeeds `json:"accuracy"`
	// Low and High are the ends of the 95 % confidence interval of the mean, by
	// Student's t; nil with a single run.
	Low  *float64 `json:"confidence_95_low"`
	High *float64 `json:"confidence_95_high"`
}

func overSeeds(values []float64) OverSeeds {
	switch len(values) {
	case 0:
		return OverSeeds{}
	case 1:
		return OverSeeds{Values: values, Mean: values[0]}
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	return OverSeeds{values, mean, deviation}
}

// collect measures a quantity in every run.
func (m *MethodResult) collect(measure func(r *RunResult) (value float64, found bool)) OverSeeds {
	var values []float64
	for i := range m.Runs {
		if value, found := measure(&m.Runs[i]); found {
			values = append(values, value)
		}
	}
	return overSeeds(values)
}

func (m *MethodResult) summarise() {
	m.Trained = m.mode(func(r *evaluate.Report) *evaluate.Mode { return &r.Trained })
	m.Other = m.mode(func(r *evaluate.Report) *evaluate.Mode { return &r.Other })
}

func (m *MethodResult) mode(of func(*evaluate.Report) *evaluate.Mode) ModeResult {
	performance := func(measure func(*evaluate.Performance) float64) OverSeeds {
		return m.collect(func(r *RunResult) (float64, bool) { return measure(of(r.Evaluation).Performance), true })
	}
	first := of(m.Runs[0].Evaluation)
	result := ModeResult{
		Noise:     first.Noise,
		Accuracy:  performance(func(p *evaluate.Performance) float64 { return p.Accuracy }),
		Agreement: performance(func(p *evaluate.Performance) float64 { return p.Agreement }),
		Loss:      performance(func(p *evaluate.Performance) float64 { return p.Loss }),
	}
	for l := range first.Performance.Activity {
		result.Spikes = append(result.Spikes, performance(func(p *evaluate.Performance) float64 { return p.Activity[l].SpikesPerNeuron }))
		result.Rates = append(result.Rates, performance(func(p *evaluate.Performance) float64 { return p.Activity[l].Rate }))
		result.Fano = append(result.Fano, m.collect(func(r *RunResult) (float64, bool) {
			all := of(r.Evaluation).Fano.Layers[l].AllWindows
			if all == nil {
				return 0, false
			}
			return all.Mean, true
		}))
		result.FanoBusy = append(result.FanoBusy, m.collect(func(r *RunResult) (float64, bool) {
			neurons := of(r.Evaluation).Fano.Layers[l].Neurons
			if neurons == nil {
				return 0, false
			}
			return neurons.Mean, true
		}))
	}
	return result
}

// accuracyDifference compares two methods whose runs have the same seeds.
func accuracyDifference(a, b *MethodResult) Difference {
	var values []float64
	for i, accuracy := range a.Trained.Accuracy.Values {
		values = append(values, accuracy-b.Trained.Accuracy.Values[i])
	}
	d := Difference{Method: a.Key, Minus: b.Key, Test: overSeeds(values)}
	if half, known := confidence95(d.Test); known {
		low, high := d.Test.Mean-half, d.Test.Mean+half
		d.Low, d.High = &low, &high
	}
	return d
}

// confidence95 is half the width of the 95 % confidence interval of a mean over runs, by
// Student's t; unknown for a single run.
func confidence95(x OverSeeds) (half float64, known bool) {
	n := float64(len(x.Values))
	if n < 2 {
		return 0, false
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975)
	return t * x.Deviation / math.Sqrt(n), true
}
