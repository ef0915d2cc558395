package evaluate

import (
	"context"
	"fmt"
	"path/filepath"

	"spikegrad/host/figure"
	"spikegrad/host/train"
)

// Rasters are the spikes behind the raster pictures: rasters.json.
type Rasters struct {
	Trained ModeRasters `json:"trained_mode"`
	Other   ModeRasters `json:"other_mode"`
}

// ModeRasters are the rasters of a mode.
type ModeRasters struct {
	Sample figure.Raster `json:"sample"` // once through all layers
	// Second is the next sample of another class, in the trained mode; nil if there is none.
	Second  *figure.Raster  `json:"second_sample,omitempty"`
	Neurons []figure.Trials `json:"neurons"` // [layer]: a neuron in many trials of the sample
}

// rastersFile holds the rasters in the folder of a report.
const rastersFile = "rasters.json"

// ReadRasters reads the rasters from a folder that [Run] wrote with pictures.
func ReadRasters(folder string) (*Rasters, error) {
	var rasters Rasters
	return &rasters, readJSON(filepath.Join(folder, rastersFile), &rasters)
}

// record records the rasters of a mode, and those of a second sample if two is set.
func (m *measurement) record(ctx context.Context, s *Subject, two bool, rasters *ModeRasters) (err error) {
	if rasters.Sample, err = m.raster(s, m.options.Sample); err != nil {
		return err
	}
	if second, found := m.second(); found && two {
		raster, err := m.raster(s, second)
		if err != nil {
			return err
		}
		rasters.Second = &raster
	}
	rasters.Neurons, err = NeuronTrials(ctx, s, m.options.Sample, m.options.Rasters)
	return err
}

// raster returns the raster of a sample through all layers.
func (m *measurement) raster(s *Subject, sample int) (figure.Raster, error) {
	raster, err := train.SampleRaster(s.Engine, s.Network, m.source, sample)
	raster.Sample = fmt.Sprintf("%s sample %d", m.options.Part, sample)
	return raster, err
}

// second returns the first sample of another class after the one shown or, failing that, before it.
func (m *measurement) second() (sample int, found bool) {
	n := m.source.Len()
	for i := 1; i < n; i++ {
		sample = (m.options.Sample + i) % n
		if m.source.Label(sample) != m.source.Label(m.options.Sample) {
			return sample, true
		}
	}
	return 0, false
}

// draw draws everything that was measured.
func (m *measurement) draw(folder string) error {
	if err := m.drawMode(folder, &m.report.Trained, &m.rasters.Trained, ""); err != nil {
		return err
	}
	return m.drawMode(folder, &m.report.Other, &m.rasters.Other, otherSuffix)
}

// drawMode draws what was measured in a mode.
func (m *measurement) drawMode(folder string, mode *Mode, rasters *ModeRasters, suffix string) error {
	pictures := map[string]figure.Drawing{
		"confusion": figure.Confusion{Title: m.title(mode), Counts: mode.Performance.Confusion, Classes: m.source.ClassNames()},
		"raster":    rasters.Sample,
	}
	if frames, ok := rasters.Sample.Frames(); ok {
		pictures["frames"] = frames
	}
	if rasters.Second != nil {
		pictures["raster-second"] = *rasters.Second
	}
	if curves, any := FanoCurves(m.title(mode), mode.Fano, m.network.StepLength); any {
		pictures["fano"] = curves
	}
	if reliability, any := ReliabilityPicture(m.title(mode), mode.Performance); any {
		pictures["reliability"] = reliability
	}
	for l, drawing := range rasters.Neurons {
		pictures[fmt.Sprintf("trials-layer%d", l)] = drawing
	}
	for name, drawing := range pictures {
		if err := figure.SaveBoth(folder, name+suffix, drawing); err != nil {
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

// FanoCurves plots the Fano factors of every layer over time: mean and quartiles over neurons with
// more spikes than the minimum. Layers without enough spikes are left out; any reports whether one
// remains.
func FanoCurves(title string, v *Variability, stepLength float64) (drawing figure.Lines, any bool) {
	drawing = figure.Lines{
		Title: title, XLabel: fmt.Sprintf("middle of the window of %d steps (ms)", v.Window), YLabel: "Fano factor",
		Levels: []figure.Level{{Name: "Poisson process", Value: 1}},
	}
	for l, layer := range v.Layers {
		if layer.Neurons == nil {
			continue
		}
		series := figure.Series{Name: fmt.Sprintf("layer %d, busy neurons: mean %.2f; band: quartiles", l, layer.Neurons.Mean)}
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
