package audit

import (
	"fmt"
	"os"
	"path/filepath"

	"spikegrad/host/atomicfile"
	"spikegrad/host/figure"
)

// Picture implements [figure.Drawing] by [SlopeResult.Bars].
func (r *SlopeResult) Picture() (*figure.Picture, error) {
	drawing := r.Bars()
	if len(drawing.Categories) == 0 {
		return nil, fmt.Errorf("no slope is known: give more samples or a larger first step")
	}
	return drawing.Picture()
}

// Bars returns the slopes of all surrogates, part by part. Parts with an unknown slope are
// left out; there may be none left.
func (r *SlopeResult) Bars() figure.Bars {
	drawing := figure.Bars{
		Title:      fmt.Sprintf("Slope of the expected loss along surrogate gradients, %s", r.Data),
		ValueLabel: fmt.Sprintf("slope, with %.0f %% confidence interval for the data set", 100*r.Confidence),
		Levels:     []figure.Level{{Name: "slope 0", Value: 0}},
		Dots:       true,
	}
	for _, name := range r.Surrogates {
		drawing.Groups = append(drawing.Groups, figure.Group{Name: name})
	}
	for i := range r.Parts {
		p := &r.Parts[i]
		if !p.known() {
			continue
		}
		drawing.Categories = append(drawing.Categories, p.Name)
		for v := range drawing.Groups {
			g, s := &drawing.Groups[v], p.Surrogates[v].Slope
			g.Values, g.Low, g.High = append(g.Values, s.Value), append(g.Low, s.DataLow), append(g.High, s.DataHigh)
		}
	}
	return drawing
}

// known reports whether all slopes are known.
func (p *SlopePart) known() bool {
	for v := range p.Surrogates {
		if p.Surrogates[v].Slope == nil {
			return false
		}
	}
	return true
}

// Write writes slopes.json, slopes.md and the picture, slopes.png and slopes.svg, to a
// folder, which it creates if necessary. There is no picture if no slope is known.
func (r *SlopeResult) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("cannot create the output folder: %w: choose another with --out", err)
	}
	page := r.Markdown()
	if len(r.Bars().Categories) > 0 {
		if err := figure.SaveBoth(folder, "slopes", r); err != nil {
			return err
		}
		page += "\n![Slopes](slopes.png)\n"
	}
	if err := atomicfile.WriteBytes(filepath.Join(folder, "slopes.md"), []byte(page)); err != nil {
		return err
	}
	return atomicfile.WriteJSON(filepath.Join(folder, slopesFile), r)
}
