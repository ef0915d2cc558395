package cli

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"spikegrad/host/audit"
)

// auditCommand is spikegrad audit.
type auditCommand struct {
	Folder string `arg:"" name:"run" help:"Folder of a finished run."`

	Data string `help:"Other data than those of the run, NAME or NAME:PATH, with as many channels and classes." placeholder:"DATA"`
	headerFlag
	Part        string   `default:"test" enum:"test,validation,train" help:"Where samples are taken from: test, validation or train."`
	Samples     int      `default:"128" help:"Samples over which the loss is averaged; all if there are fewer." placeholder:"N"`
	Pairs       int      `default:"200000" help:"Most runs with a flipped spike." placeholder:"N"`
	Precision   float64  `default:"0.05" help:"Stop when the cosines of all layers are known to this, up and down." placeholder:"X"`
	Surrogates  []string `default:"matched,superspike" help:"Surrogates to compare besides that of the run: KIND, or KIND:VALUE with another steepness or width." placeholder:"NAMES"`
	OtherMode   bool     `help:"For a network without noise: give it sigmoid noise of its steepness."`
	Seed        *uint32  `help:"Of samples, noise and flips; else that of the run." placeholder:"N"`
	Out         string   `help:"Folder of the results; else audit in that of the run." placeholder:"FOLDER"`
	Device      string   `default:"auto" help:"auto, cpu, vulkan:N or vulkan:NAME, as 'spikegrad devices' lists them."`
	Workers     int      `help:"Goroutines of the CPU engine; 0 is one a processor. Changes no result." placeholder:"N"`
	PassSamples int      `help:"Most samples on a device at once; 0 is as many as fit. Changes no result." placeholder:"N"`
	JSON        bool     `name:"json" help:"Print JSON."`
}

// Help is the rest of the help.
func (auditCommand) Help() string {
	return `Tells how wrong the surrogate gradient of a trained network is: compares it, layer by layer, with an
unbiased estimate of the gradient of the expected loss, made by flipping single spikes. The folder then
holds audit.md, a page in plain sentences, audit.json with every number, and a picture.

Examples:

    spikegrad audit runs/first
    spikegrad audit runs/first --surrogates superspike:5,superspike:20,arctangent
    spikegrad audit runs/first --part validation --precision 0.02 --pairs 1000000
    spikegrad audit runs/deterministic --other-mode --device vulkan:0`
}

// Run audits.
func (c *auditCommand) Run(a *app) error {
	if err := c.check(); err != nil {
		return usageError{err}
	}
	t, err := a.openTrained(c.Folder, c.Data, c.headerFlag, c.Device)
	if err != nil {
		return err
	}
	config, choice, split, n, weights := t.config, t.choice, t.split, t.network, t.weights
	seed := config.Seed
	if c.Seed != nil {
		seed = *c.Seed
	}
	progress := auditProgress{app: a}
	result, err := audit.Run(a.ctx, audit.Options{
		Network: n, Weights: weights,
		Source:    t.part(c.Part),
		OtherMode: c.OtherMode, Surrogates: c.Surrogates,
		Samples: c.Samples, Pairs: c.Pairs, Precision: c.Precision, Seed: seed, TrainSamples: split.Train.Len(),
		Open: opener(choice), Workers: c.Workers, PassSamples: c.PassSamples, Observe: progress.observe,
	})
	progress.clear()
	if err != nil {
		return err
	}
	result.Notes = split.Notes
	folder := c.Out
	if folder == "" {
		folder = filepath.Join(c.Folder, "audit")
	}
	if err := result.Write(folder); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, result)
	}
	_, err = fmt.Fprintf(a.out, "%s\nresults: %s\n", result.Markdown(), folder)
	return err
}

// check refuses numbers that make no sense.
func (c *auditCommand) check() error {
	switch {
	case c.Samples < 1:
		return fmt.Errorf("--samples %d: at least 1 is needed", c.Samples)
	case c.Pairs < 1:
		return fmt.Errorf("--pairs %d: at least 1 is needed", c.Pairs)
	case !(c.Precision > 0 && c.Precision < 1):
		return fmt.Errorf("--precision %g: give half the length of a cosine's interval, between 0 and 1", c.Precision)
	}
	for _, name := range c.Surrogates {
		if err := audit.CheckSurrogate(name); err != nil {
			return err
		}
	}
	return checkCounts(c.Workers, c.PassSamples, 0)
}

// auditProgress shows how an audit goes: a bar where there is a terminal, else a line
// now and then.
type auditProgress struct {
	app   *app
	phase string
	bar   *progressbar.ProgressBar
	shown time.Time
}

func (p *auditProgress) observe(s audit.Progress) {
	if s.Phase != p.phase {
		p.clear()
		p.phase, p.bar, p.shown = s.Phase, nil, time.Time{}
		if p.app.terminal {
			p.bar = progressbar.NewOptions(s.Of,
				progressbar.OptionSetWriter(p.app.errors), progressbar.OptionSetWidth(10),
				progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false),
				progressbar.OptionUseANSICodes(true))
		} else {
			fmt.Fprintf(p.app.notes, "measuring the gradient: %s\n", s.Phase)
		}
	}
	interval := 10 * time.Second
	if p.bar != nil {
		interval = 100 * time.Millisecond
	}
	if time.Since(p.shown) < interval {
		return
	}
	first := p.shown.IsZero()
	p.shown = time.Now()
	text := s.Phase
	if s.Uncertain != nil {
		text = fmt.Sprintf("%d pairs, cosine of layer %s", s.Done, uncertainties(s.Uncertain))
	}
	switch {
	case p.bar != nil:
		p.bar.Describe(text)
		// The bar only draws; a terminal that went away is no reason to end an audit.
		_ = p.bar.Set(s.Done)
	case s.Uncertain != nil && !first:
		fmt.Fprintln(p.app.notes, text)
	}
}

// uncertainties lists half intervals layer by layer.
func uncertainties(list []float64) string {
	var parts []string
	for l, half := range list {
		known := fmt.Sprintf("±%.3f", half)
		if math.IsNaN(half) {
			known = "unknown"
		}
		parts = append(parts, fmt.Sprintf("%d %s", l, known))
	}
	return strings.Join(parts, ", ")
}

func (p *auditProgress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
