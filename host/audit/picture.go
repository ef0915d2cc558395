package audit

import (
	"fmt"
	"os"
	"path/filepath"

	"spikegrad/host/atomicfile"
	"spikegrad/host/figure"
)

// Picture are the cosines of all surrogates, layer by layer and array by array. Rows
// whose gradient is hidden in noise are left out.
func (r *Result) Picture() (*figure.Picture, error) {
	drawing := figure.Bars{
		Title:      fmt.Sprintf("Surrogate against unbiased gradient, %s", r.Data),
		ValueLabel: fmt.Sprintf("cosine, with %.0f %% confidence interval", 100*r.Confidence),
		Levels:     []figure.Level{{Name: "same direction", Value: 1}},
	}
	for _, name := range r.Surrogates {
		drawing.Groups = append(drawing.Groups, figure.Group{Name: name})
	}
	for _, l := range r.Layers {
		for i := range l.Parts {
			p := &l.Parts[i]
			if !p.known() {
				continue
			}
			drawing.Categories = append(drawing.Categories, p.Name)
			for s := range drawing.Groups {
				g, c := &drawing.Groups[s], p.cosine(s)
				g.Values, g.Low, g.High = append(g.Values, c.Value), append(g.Low, c.Low), append(g.High, c.High)
			}
		}
	}
	if len(drawing.Categories) == 0 {
		return nil, fmt.Errorf("no layer's cosine is known: give more pairs")
	}
	return drawing.Picture()
}

// known says whether all cosines are.
func (p *PartResult) known() bool {
	for i := range p.Surrogates {
		if p.cosine(i) == nil {
			return false
		}
	}
	return true
}

// drawable says whether there is a row to draw.
func (r *Result) drawable() bool {
	for _, l := range r.Layers {
		for i := range l.Parts {
			if l.Parts[i].known() {
				return true
			}
		}
	}
	return false
}

// Write writes audit.json, audit.md and the picture, cosines.png and cosines.svg, to a
// folder, which it makes if need be. There is no picture if no cosine is known.
func (r *Result) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("cannot create the output folder: %w: choose another with --out", err)
	}
	page := r.Markdown()
	if r.drawable() {
		if err := figure.SaveBoth(folder, "cosines", r); err != nil {
			return err
		}
		page += "\n![Cosines](cosines.png)\n"
	}
	if err := atomicfile.WriteBytes(filepath.Join(folder, "audit.md"), []byte(page)); err != nil {
		return err
	}
	return atomicfile.WriteJSON(filepath.Join(folder, "audit.json"), r)
}
