package reproduce

import (
	"context"
	"slices"

	"spikegrad/host/figure"
)

// reproduce runs the experiment and writes what came of it.
func (m *matching) reproduce(ctx context.Context, out string, o SpikeMatchingOptions) (err error) {
	name := "a drawing of the program's own"
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
		Methods:                     methods,
		StochasticOverDeterministic: map[string]float64{},
	}
	for _, method := range methods[1:] {
		numbers.StochasticOverDeterministic[method.Name] = method.Late / methods[0].Late
	}
	return save(out, "spike-matching", numbers, m.pictures(&numbers)...)
}

// pictures are the target beside the outputs of all methods, and the curves of learning.
func (m *matching) pictures(numbers *MatchingNumbers) []picture {
	target := figure.SpikeLayer{Name: "target", Unit: "output", Neurons: m.outputs}
	for neuron, row := range m.target.dark {
		for step, dark := range row {
			if dark {
				target.Spikes = append(target.Spikes, figure.Spike{Step: step, Neuron: neuron})
			}
		}
	}
	rasters := figure.Rasters{
		Title: "Output spikes after learning: one trial of each method", StepMS: 1000 * matchingStep, Steps: m.steps,
		Layers: []figure.SpikeLayer{target},
	}
	for _, method := range numbers.Methods {
		rasters.Layers = append(rasters.Layers, figure.SpikeLayer{Name: method.Name, Unit: "output", Neurons: m.outputs, Spikes: method.raster})
	}
	curves := func(title, label string, log bool, of func(*MatchingMethod) []float64) figure.Lines {
		lines := figure.Lines{Title: title, XLabel: "updates", YLabel: label, WholeX: true, LogY: log}
		for i := range numbers.Methods {
			lines.Series = append(lines.Series, windowed(numbers.Methods[i].Name, of(&numbers.Methods[i])))
		}
		return lines
	}
	hidden := curves("Activity of the hidden layer", "spikes per second and neuron", false, func(m *MatchingMethod) []float64 { return m.HiddenRate })
	outputs := curves("Activity of the outputs", "spikes per second and neuron", false, func(m *MatchingMethod) []float64 { return m.OutputRate })
	outputs.Levels = []figure.Level{{Name: "target", Value: numbers.TargetRate}}
	return []picture{
		{"rasters", rasters},
		{"van_rossum", curves("Van Rossum distance from the target", "van Rossum distance", true, func(m *MatchingMethod) []float64 { return m.VanRossum })},
		{"l2", curves("Squared difference from the target", "½ Σ (S − target)²", true, func(m *MatchingMethod) []float64 { return m.L2 })},
		{"hidden_rate", hidden},
		{"output_rate", outputs},
	}
}

// windowed is a curve as medians of windows of updates, with a band from the lowest to the
// highest value in each; the first update stands for itself.
func windowed(name string, values []float64) figure.Series {
	const windows = 75
	width := max(1, len(values)/windows)
	series := figure.Series{Name: name, X: []float64{0}, Y: values[:1:1], Low: values[:1:1], High: values[:1:1]}
	for first := 1; first < len(values); first += width {
		window := slices.Sorted(slices.Values(values[first:min(first+width, len(values))]))
		series.X = append(series.X, float64(first)+float64(len(window)-1)/2)
		series.Y = append(series.Y, window[len(window)/2])
		series.Low = append(series.Low, window[0])
		series.High = append(series.High, window[len(window)-1])
	}
	return series
}
