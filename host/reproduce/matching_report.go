package reproduce

import (
	"context"
	"slices"

	"spikegrad/host/figure"
)

// reproduce runs the experiment and writes its results.
func (m *matching) reproduce(ctx context.Context, out string, o SpikeMatchingOptions) (err error) {
	name := "a picture drawn by the program"
	m.target = drawnTarget(m.outputs, m.steps)
	if o.Target != "" {
		name = o.Target
		if m.target, err = readTarget(o.Target, m.outputs, m.steps); err != nil {
			return err
		}
	}
	m.bits = m.target.bits()
	methods, err := m.run(ctx, o.Workers)
	if err != nil {
		return err
	}
	numbers := MatchingNumbers{
		Target: name, Inputs: m.inputs, Hidden: m.hidden, Outputs: m.outputs, Steps: m.steps, Updates: m.updates,
		TargetSpikes:                m.target.spikes(),
		TargetRate:                  float64(m.target.spikes()) / (float64(m.outputs*m.steps) * matchingStep),
		LossPerDistance:             m.lossPerDistance(),
		Methods:                     methods,
		StochasticOverDeterministic: map[string]float64{},
	}
	for _, method := range methods[1:] {
		numbers.StochasticOverDeterministic[method.Name] = method.Late / methods[0].Late
	}
	return save(out, "spike-matching", numbers, append(m.rasters(methods), curvesOf(&numbers)...)...)
}

// rasters draws the target beside the outputs of all methods, each method's layers before
// and after learning, and statistics of the spike trains.
func (m *matching) rasters(methods []MatchingMethod) []picture {
	input := figure.SpikeLayer{Name: "input", Unit: "input", Neurons: m.inputs}
	batch := m.batch(1)
	for t, row := range batch.Rows {
		for _, i := range batch.Index[row[0]:row[1]] {
			input.Spikes = append(input.Spikes, figure.Spike{Step: t, Neuron: int(i)})
		}
	}
	target := figure.SpikeLayer{Name: "target", Unit: "output", Neurons: m.outputs}
	for neuron, row := range m.target.dark {
		for step, dark := range row {
			if dark {
				target.Spikes = append(target.Spikes, figure.Spike{Step: step, Neuron: neuron})
			}
		}
	}
	rasters := func(title string, layers ...figure.SpikeLayer) figure.Rasters {
		return figure.Rasters{Title: title, StepMS: 1000 * matchingStep, Steps: m.steps, Layers: layers}
	}
	outputs := []figure.SpikeLayer{target}
	var pictures []picture
	for _, method := range methods {
		layer := func(name, unit string, neurons int, spikes []figure.Spike) figure.SpikeLayer {
			return figure.SpikeLayer{Name: name, Unit: unit, Neurons: neurons, Spikes: spikes}
		}
		outputs = append(outputs, layer(method.Name, "output", m.outputs, method.after.output))
		pictures = append(pictures, picture{"rasters_" + method.key, rasters(method.Name+": one trial before and after learning",
			input, target,
			layer("hidden, before", "hidden neuron", m.hidden, method.before.hidden), layer("hidden, after", "hidden neuron", m.hidden, method.after.hidden),
			layer("output, before", "output", m.outputs, method.before.output), layer("output, after", "output", m.outputs, method.after.output))})
	}
	return append(pictures,
		picture{"rasters", rasters("Output spikes after learning: one trial of each method", outputs...)},
		picture{"spike_trains", spikeTrainsPicture(methods)})
}

// spikeTrainsPicture draws histograms of inter-spike intervals, their coefficients of
// variation, and rates, hidden neurons on the left and outputs on the right.
func spikeTrainsPicture(methods []MatchingMethod) figure.Histograms {
	drawing := figure.Histograms{Title: "Spike trains after learning"}
	for i := range methods {
		drawing.Groups = append(drawing.Groups, methods[i].Name)
	}
	for _, layer := range []struct {
		name string
		of   func(*MatchingMethod) *SpikeTrains
	}{{"hidden", func(m *MatchingMethod) *SpikeTrains { return &m.Hidden }}, {"output", func(m *MatchingMethod) *SpikeTrains { return &m.Output }}} {
		column := []figure.Histogram{
			{Name: layer.name + ": intervals between spikes", Label: "ms", Max: 100, Bins: 50},
			{Name: layer.name + ": coefficient of variation", Label: "CV of the intervals of a neuron", Max: 2, Bins: 40},
			{Name: layer.name + ": rates", Label: "spikes per second per neuron", Max: 300, Bins: 60},
		}
		for i := range methods {
			trains := layer.of(&methods[i])
			for k, values := range [][]float64{trains.intervals, trains.cv, trains.rates} {
				column[k].Values = append(column[k].Values, values)
			}
		}
		drawing.Columns = append(drawing.Columns, column)
	}
	return drawing
}

// curvesOf draws the learning curves.
func curvesOf(numbers *MatchingNumbers) []picture {
	curves := func(title, label string, log bool, of func(*MatchingMethod) []float64) figure.Lines {
		lines := figure.Lines{Title: title, XLabel: "updates", YLabel: label, WholeX: true, LogY: log}
		for i := range numbers.Methods {
			if values := of(&numbers.Methods[i]); len(values) > 0 {
				lines.Series = append(lines.Series, windowed(numbers.Methods[i].Name, values, numbers.Updates))
			}
		}
		return lines
	}
	own := func(of func(*MatchingCurves) []float64) func(*MatchingMethod) []float64 {
		return func(m *MatchingMethod) []float64 { return of(&m.Curves) }
	}
	noisy := func(of func(*MatchingCurves) []float64) func(*MatchingMethod) []float64 {
		return func(m *MatchingMethod) []float64 {
			if !m.Stochastic {
				return of(&m.OtherMode)
			}
			return of(&m.Curves)
		}
	}
	const rate, fano = "spikes per second per neuron", "Fano factor over trials, windows of 10 ms"
	outputs := curves("Activity of the outputs", rate, false, own(func(c *MatchingCurves) []float64 { return c.OutputRate }))
	outputs.Levels = []figure.Level{{Name: "target", Value: numbers.TargetRate}}
	return []picture{
		{"distance", curves("Van Rossum distance from the target", "distance", true, own(func(c *MatchingCurves) []float64 { return c.Distance }))},
		{"l2", curves("Squared difference from the target", "½ Σ (S − target)²", true, own(func(c *MatchingCurves) []float64 { return c.L2 }))},
		{"other_mode", curves("The same weights in the other mode", "distance", true, func(m *MatchingMethod) []float64 { return m.OtherMode.Distance })},
		{"hidden_rate", curves("Activity of the hidden layer", rate, false, own(func(c *MatchingCurves) []float64 { return c.HiddenRate }))},
		{"output_rate", outputs},
		{"hidden_fano", curves("Variability of the hidden layer, with noise", fano, false, noisy(func(c *MatchingCurves) []float64 { return c.HiddenFano }))},
		{"output_fano", curves("Variability of the outputs, with noise", fano, false, noisy(func(c *MatchingCurves) []float64 { return c.OutputFano }))},
	}
}

// windowed is a curve over the given number of updates, evenly spaced: the median of each window
// with a band from its lowest to its highest value. The first update is kept on its own.
func windowed(name string, values []float64, updates int) figure.Series {
	const windows = 75
	every := float64((updates + len(values) - 1) / len(values))
	width := max(1, len(values)/windows)
	series := figure.Series{Name: name, X: []float64{0}, Y: values[:1:1], Low: values[:1:1], High: values[:1:1]}
	for first := 1; first < len(values); first += width {
		window := slices.Sorted(slices.Values(values[first:min(first+width, len(values))]))
		series.X = append(series.X, every*(float64(first)+float64(len(window)-1)/2))
		series.Y = append(series.Y, window[len(window)/2])
		series.Low = append(series.Low, window[0])
		series.High = append(series.High, window[len(window)-1])
	}
	return series
}
