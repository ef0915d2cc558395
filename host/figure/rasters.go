package figure

import (
	"fmt"

	"gonum.org/v1/plot/vg"
)

// Rasters shows spikes of several populations, or of one population in several networks,
// side by side: two per row, the first in ink, the others in colour.
type Rasters struct {
	Title  string
	StepMS float64 // length of a time step in milliseconds
	Steps  int
	Layers []SpikeLayer // from left to right, then downwards
}

// rastersHeight makes the panels roughly square when there are two per row.
const rastersHeight = vg.Length(205)

// Picture implements [Drawing].
func (f Rasters) Picture() (*Picture, error) {
	if err := checkTime("rasters", f.Steps, f.StepMS); err != nil {
		return nil, err
	}
	if len(f.Layers) < 2 || len(f.Layers) > mostPanels {
		return nil, fmt.Errorf("figure: rasters of %d layers: give 2 to %d", len(f.Layers), mostPanels)
	}
	var columns [2][]*panel
	for i, layer := range f.Layers {
		if err := layer.check(named("layer", layer.Name, i), f.Steps); err != nil {
			return nil, err
		}
		stroke := blue
		if i == 0 {
			stroke = ink
		}
		p := layer.panel(stroke, f.Steps, f.StepMS)
		p.header, p.height = layer.Name, rastersHeight
		p.quietX = i+2 < len(f.Layers)
		columns[i%2] = append(columns[i%2], p)
	}
	return layout(defaultWidth, f.Title, nil, columns[0], columns[1]), nil
}
