package report

import (
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"spikegrad/host/audit"
	"spikegrad/host/evaluate"
	"spikegrad/host/figure"
	"spikegrad/host/train"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template shows.
type page struct {
	Title      string
	Style      template.CSS
	Runs       []*section
	Comparison *comparison // nil for a single run
}

// section is a run on the page.
type section struct {
	*Run
	ID       string
	Colour   template.CSS // in comparisons
	Subtitle string
	Facts    []fact
	Layers   []layerFacts
	Curves   []chart
	Learned  []chart // learned constants over epochs
	Modes    []mode  // as trained, and the other one
	Stored   template.URL
	Audit    *auditSection
	Slopes   *slopesSection
	Text     string // the configuration
}

// fact is a number with its name.
type fact struct{ Name, Value, Note string }

// layerFacts describes a layer in a row of a table.
type layerFacts struct {
	Number                                                     int
	Size, Connection, Neuron, Noise, Surrogate, Taus, Activity string
}

// mode is the measurements with noise, or without.
type mode struct {
	Name   string
	Open   bool // as trained
	Facts  []fact
	Charts []chart
}

// auditSection is an audit on the page.
type auditSection struct {
	Result *audit.Result
	Intro  string
	Layers []auditLayer
	Chart  *chart // nil if no cosine is known
}

type auditLayer struct {
	Name          string
	Trained, Best string
	Part          audit.PartResult
}

// slopesSection are slopes along surrogate gradients on the page.
type slopesSection struct {
	Intro string
	Parts []slopesPart
	Chart *chart // nil if no slope is known
}

type slopesPart struct {
	Name       string
	Sentences  []string
	Surrogates []audit.SlopeOf
}

// Write writes the page of runs.
func Write(w io.Writer, runs []*Run) error {
	if len(runs) == 0 {
		return fmt.Errorf("a report needs at least one run")
	}
	p := page{Style: template.CSS(pageStyle)}
	var names []string
	for i, name := range uniqueNames(runs) {
		s, err := newSection(runs[i])
		if err != nil {
			return fmt.Errorf("the page of %s: %w", runs[i].Folder, err)
		}
		c := figure.SeriesColor(i)
		s.Name, s.ID = name, fmt.Sprintf("run%d", i+1)
		s.Colour = template.CSS(fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
		p.Runs = append(p.Runs, s)
		names = append(names, name)
	}
	p.Title = strings.Join(names, ", ")
	if len(runs) > 1 {
		var err error
		if p.Comparison, err = compare(p.Runs); err != nil {
			return err
		}
	}
	return pageTemplate.Execute(w, p)
}

// uniqueNames returns the names of the runs, or their folders where names are equal.
func uniqueNames(runs []*Run) []string {
	count := map[string]int{}
	for _, r := range runs {
		count[r.Name]++
	}
	var names []string
	for _, r := range runs {
		name := r.Name
		if count[name] > 1 {
			name = filepath.ToSlash(filepath.Clean(r.Folder))
		}
		names = append(names, name)
	}
	return names
}

func newSection(r *Run) (*section, error) {
	copied := *r
	s := &section{Run: &copied, Text: r.Config.Commented()}
	s.Subtitle = fmt.Sprintf("%s, %d steps of %g ms, seed %d", r.Config.Data.Name, r.Config.Data.Steps, 1000*r.Config.Data.StepLength, r.Config.Seed)
	s.facts()
	s.layers()
	if len(r.Epochs) > 0 {
		c, err := draw("Learning curves", func(width float64) figure.Drawing {
			return figure.Curves{Runs: []figure.Run{r.curve()}, Stacked: width > 0, Width: width}
		})
		if err != nil {
			return nil, err
		}
		s.Curves = []chart{c}
	}
	if err := s.learned(); err != nil {
		return nil, err
	}
	if err := s.modes(); err != nil {
		return nil, err
	}
	if err := s.slopesSection(); err != nil {
		return nil, err
	}
	if err := s.auditSection(); err != nil {
		return nil, err
	}
	if r.Rasters == nil {
		return s, s.storedRaster()
	}
	return s, nil
}

// storedRaster shows the raster that training wrote. Anybody may have changed the file, so
// it is shown as an image and not made part of the page.
func (s *section) storedRaster() error {
	svg, err := os.ReadFile(filepath.Join(s.Folder, "raster.svg"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.Stored = template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg))
	return err
}

// curve is the learning curve of the run.
func (r *Run) curve() figure.Run {
	curve := train.Curve(r.Config.Data.Name, r.Epochs)
	if r.Summary != nil && r.Summary.TestAccuracy != nil {
		curve.Test = []float64{*r.Summary.TestAccuracy}
	}
	return curve
}

// modes shows the evaluation.
func (s *section) modes() error {
	e := s.Evaluation
	if e == nil {
		return nil
	}
	rasters := s.Rasters
	if rasters == nil {
		rasters = &evaluate.Rasters{}
	}
	for i, measured := range []struct {
		evaluate.Mode
		evaluate.ModeRasters
	}{{e.Trained, rasters.Trained}, {e.Other, rasters.Other}} {
		noise := "without noise"
		if measured.Noise {
			noise = "with noise"
		}
		m := mode{Name: "As trained, " + noise, Open: i == 0, Facts: modeFacts(&measured.Mode, s.Evaluation.Settings.Part)}
		if i == 1 {
			m.Name = "The other mode, " + noise
		}
		if err := m.draw(&measured.Mode, &measured.ModeRasters, s.Config.Data.StepLength); err != nil {
			return err
		}
		s.Modes = append(s.Modes, m)
	}
	return nil
}

// draw draws the measurements in a mode.
func (m *mode) draw(measured *evaluate.Mode, rasters *evaluate.ModeRasters, stepLength float64) error {
	add := func(caption string, drawing func(width float64) figure.Drawing) error {
		c, err := draw(caption, drawing)
		m.Charts = append(m.Charts, c)
		return err
	}
	if len(rasters.Sample.Layers) > 0 {
		raster := rasters.Sample
		if err := add(raster.Sample+" passing through the network", func(width float64) figure.Drawing {
			raster.Sample, raster.Width = "", width
			return raster
		}); err != nil {
			return err
		}
		if _, ok := raster.Frames(); ok {
			if err := add("The same in frames: the spikes of all filters at each row and column", func(width float64) figure.Drawing {
				raster.Width = width
				frames, _ := raster.Frames()
				frames.Title = ""
				return frames
			}); err != nil {
				return err
			}
		}
	}
	for l, trials := range rasters.Neurons {
		caption := trials.Title
		if err := add(fmt.Sprintf("%s in %d trials", caption, len(trials.Spikes)), func(width float64) figure.Drawing {
			trials.Title, trials.Width = "", width
			return trials
		}); err != nil {
			return fmt.Errorf("layer %d: %w", l, err)
		}
	}
	confusion := figure.Confusion{Counts: measured.Performance.Confusion, Classes: rasters.Sample.Classes}
	if err := add("Confusion matrix, all trials", func(width float64) figure.Drawing {
		confusion.Width = width
		return confusion
	}); err != nil {
		return err
	}
	if curves, any := evaluate.FanoCurves("", measured.Fano, stepLength); any {
		return add("Fano factors: variance over mean of spike counts over trials of a sample", func(width float64) figure.Drawing {
			curves.Width = width
			return curves
		})
	}
	return nil
}

// slopesSection shows slopes along surrogate gradients.
func (s *section) slopesSection() error {
	r := s.Run.Slopes
	if r == nil {
		return nil
	}
	found := &slopesSection{Intro: fmt.Sprintf("Slopes of the expected loss along surrogate gradients, measured on %d of the %d samples of %s. Brackets are %.0f %% confidence intervals for all of them.",
		r.Samples, r.DataSamples, r.Data, 100*r.Confidence)}
	plain := strings.NewReplacer("**", "", "* ", "")
	for i := range r.Parts {
		p := slopesPart{Name: r.Parts[i].Name, Surrogates: r.Parts[i].Surrogates}
		for _, sentence := range r.Parts[i].Sentences() {
			p.Sentences = append(p.Sentences, plain.Replace(sentence))
		}
		found.Parts = append(found.Parts, p)
	}
	if bars := r.Bars(); len(bars.Categories) > 0 {
		c, err := draw("Slopes along surrogate gradients", func(width float64) figure.Drawing {
			bars.Title, bars.Width = "", width
			return bars
		})
		if err != nil {
			return err
		}
		found.Chart = &c
	}
	s.Slopes = found
	return nil
}

// auditSection shows the audit.
func (s *section) auditSection() error {
	r := s.Run.Audit
	if r == nil {
		return nil
	}
	a := &auditSection{Result: r, Intro: fmt.Sprintf("On %d samples of %s the surrogate gradient was compared with an unbiased estimate of the gradient of the expected loss. Brackets are %.0f %% confidence intervals.",
		r.Samples, r.Data, 100*r.Confidence)}
	plain := strings.NewReplacer("**", "")
	for i := range r.Layers {
		l := &r.Layers[i]
		trained, best := l.Sentences()
		for j, part := range l.Parts {
			found := auditLayer{Name: part.Name, Part: part}
			if j == 0 {
				found.Name = fmt.Sprintf("Layer %d (%s noise)", l.Layer, l.Kind)
				found.Trained, found.Best = plain.Replace(trained), plain.Replace(best)
			}
			a.Layers = append(a.Layers, found)
		}
	}
	if bars := r.Bars(); len(bars.Categories) > 0 {
		c, err := draw("Cosine of surrogate and unbiased gradient", func(width float64) figure.Drawing {
			bars.Title, bars.Width = "", width
			return bars
		})
		if err != nil {
			return err
		}
		a.Chart = &c
	}
	s.Audit = a
	return nil
}
