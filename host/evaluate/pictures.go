package evaluate

import (
	"context"
	"fmt"

	"spikegrad/host/figure"
	"spikegrad/host/train"
)

// draw draws what was measured in a mode.
func (m *measurement) draw(ctx context.Context, s *Subject, mode *Mode, suffix string) error {
	pictures := map[string]figure.Drawing{
		"confusion": figure.Confusion{Title: m.title(mode), Counts: mode.Performance.Confusion, Classes: m.source.ClassNames()},
	}
	if curves, any := FanoCurves(m.title(mode), mode.Fano, s.Network.StepLength); any {
		pictures["fano"] = curves
	}
	raster, err := train.SampleRaster(s.Engine, s.Network, m.source, m.options.Sample)
	if err != nil {
		return err
	}
	raster.Sample = fmt.Sprintf("%s sample %d", m.options.Part, m.options.Sample)
	pictures["raster"] = raster
	trials, err := NeuronTrials(ctx, s, m.options.Sample, m.options.Rasters)
	if err != nil {
		return err
	}
	for l, drawing := range trials {
		pictures[fmt.Sprintf("trials-layer%d", l)] = drawing
	}
	for name, drawing := range pictures {
		if err := figure.SaveBoth(m.options.Folder, name+suffix, drawing); err != nil {
			return err
		}
	}
	return nil
}

func (m *measurement) title(mode *Mode) string {
	noise := "without noise"
	if mode.Noise {
		noise = "with noise"
	}
	return fmt.Sprintf("%s, %s, %s", m.config.Data.Name, m.options.Part, noise)
}

// FanoCurves shows the Fano factors of every layer over time: mean and quartiles
// over neurons. A layer without enough spikes is left out; any says whether one is
// left.
func FanoCurves(title string, v *Variability, stepLength float64) (drawing figure.Lines, any bool) {
	drawing = figure.Lines{
		Title: title, XLabel: fmt.Sprintf("middle of the window of %d steps (ms)", v.Window), YLabel: "Fano factor",
		Levels: []figure.Level{{Name: "Poisson process", Value: 1}},
	}
	for l, layer := range v.Layers {
		if layer.Neurons == nil {
			continue
		}
		series := figure.Series{Name: fmt.Sprintf("layer %d, mean %.2f", l, layer.Neurons.Mean)}
		for _, w := range layer.Windows {
			series.X = append(series.X, 1000*stepLength*(float64(w.Step)+float64(v.Window)/2))
			series.Y = append(series.Y, w.Mean)
			series.Low = append(series.Low, w.Lower)
			series.High = append(series.High, w.Upper)
		}
		drawing.Series = append(drawing.Series, series)
	}
	return drawing, len(drawing.Series) > 0
}
