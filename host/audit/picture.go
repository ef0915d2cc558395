package audit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"spikegrad/host/atomicfile"
	"spikegrad/host/figure"
)

// Picture implements [figure.Drawing] by [Result.Bars].
func (r *Result) Picture() (*figure.Picture, error) {
	drawing := r.Bars()
	if len(drawing.Categories) == 0 {
		return nil, fmt.Errorf("no layer's cosine is known: use more pairs")
	}
	return drawing.Picture()
}

// Bars returns the cosines of all surrogates, layer by layer and array by array. Rows
// whose gradient is hidden in noise are left out; there may be none left.
func (r *Result) Bars() figure.Bars {
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
	return drawing
}

// known reports whether all cosines are known.
func (p *PartResult) known() bool {
	for i := range p.Surrogates {
		if p.cosine(i) == nil {
			return false
		}
	}
	return true
}

// Write writes audit.json, audit.md and the picture, cosines.png and cosines.svg, to a
// folder, which it creates if necessary. There is no picture if no cosine is known.
func (r *Result) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("cannot create the output folder: %w: choose another with --out", err)
	}
	page := r.Markdown()
	if len(r.Bars().Categories) > 0 {
		if err := figure.SaveBoth(folder, "cosines", r); err != nil {
			page += fmt.Sprintf("\nThere is no picture: %v.\n", err)
		} else {
			page += "\n![Cosines](cosines.png)\n"
		}
	}
	if err := atomicfile.WriteBytes(filepath.Join(folder, "audit.md"), []byte(page)); err != nil {
		return err
	}
	return atomicfile.WriteJSON(filepath.Join(folder, resultFile), r)
}

// resultFile holds all numbers in the folder of an audit.
const resultFile = "audit.json"

// Read reads a result from a folder written by [Result.Write].
func Read(folder string) (*Result, error) {
	path := filepath.Join(folder, resultFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s holds no audit: %w", folder, err)
	}
	var r Result
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s is not an audit: %w; remove it and audit again", path, err)
	}
	return &r, nil
}
