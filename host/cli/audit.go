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

	otherData
	Part        string    `default:"test" enum:"test,validation,train,all" help:"Samples to use: test, validation, train or all."`
	Samples     *int      `help:"Number of samples to average the loss over; all if the dataset has fewer. For slopes, 0 also means all. Default: 96 for slopes, 128 with --unbiased." placeholder:"N"`
	Surrogates  []string  `default:"matched,superspike,arctangent,unscaled_sigmoid" help:"Surrogates to compare with the run's own: KIND, or KIND:VALUE to set the steepness or width." placeholder:"NAMES"`
	Steps       []float64 `default:"0.005,0.01,0.02" help:"Step sizes along a direction, as fractions of the norm of the weights it changes. Slopes are reported for the first; the others show how far it can be trusted." placeholder:"SHARES"`
	Draws       int       `default:"2" help:"Number of noise draws per sample." placeholder:"N"`
	Directions  int       `default:"768" help:"Number of sample presentations to average each surrogate's direction over." placeholder:"N"`
	Plan        bool      `help:"Print the cost of measuring the slopes, and stop."`
	Unbiased    bool      `help:"Estimate the whole gradient by flipping single spikes instead, at about a hundred times the cost."`
	Pairs       int       `default:"200000" help:"With --unbiased: maximum number of runs with a flipped spike." placeholder:"N"`
	Precision   float64   `default:"0.05" help:"With --unbiased: stop once the cosine of every layer is known to within ±X." placeholder:"X"`
	OtherMode   bool      `help:"For a network without noise: add sigmoid escape noise with steepness noise.beta."`
	Seed        *uint32   `help:"Seed of samples, noise and flips. Default: that of the run." placeholder:"N"`
	Out         string    `help:"Folder for the results. Default: audit in the run folder." placeholder:"FOLDER"`
	Device      string    `default:"auto" help:"Device to run on: auto, cpu, vulkan:N or vulkan:NAME (see 'spikegrad devices'). Several joined by + share each batch. Does not change the result."`
	Workers     int       `help:"CPU worker goroutines; 0 for one per processor. Does not change the result." placeholder:"N"`
	PassSamples int       `help:"Maximum number of samples on a device at once; 0 for as many as fit. Does not change the result." placeholder:"N"`
	JSON        bool      `name:"json" help:"Print JSON."`

	rankFlags
}

// Help returns the detailed help.
func (auditCommand) Help() string {
	return `Measures how accurate the surrogate gradient of a trained network is. By default it measures slopes: how
fast the expected loss actually falls along the direction of each surrogate gradient, compared with the slope that
the gradient's length promises, for each weight array. Each slope takes two forward passes with the same noise.
With --unbiased, the whole gradient is estimated by flipping single spikes and compared with the surrogate
gradients layer by layer.

The results folder then holds slopes.md (or audit.md), which explains the results in words,
slopes.json (or audit.json) with every number, and a picture.

Under mpirun or srun, the processes share the passes; the result is the same as with one process.

Examples:

    spikegrad audit runs/first --samples 0
    spikegrad audit runs/first --samples 0 --plan
    spikegrad audit runs/first --surrogates superspike:5,superspike:20 --steps 0.01 --part train
    spikegrad audit runs/first --samples 0 --draws 8
    spikegrad audit runs/first --unbiased --precision 0.02 --pairs 1000000
    spikegrad audit runs/deterministic --other-mode --device vulkan:0`
}

// Run runs the audit.
func (c *auditCommand) Run(a *app) error {
	if err := c.check(); err != nil {
		return usageError{err}
	}
	if err := a.join(c.rankFlags); err != nil {
		return err
	}
	t, err := a.openTrained(c.Folder, c.otherData, c.Device)
	if err := a.agree(err); err != nil {
		return err
	}
	t.notePart(a, c.otherData, c.Part)
	if c.Seed == nil {
		c.Seed = &t.config.Seed
	}
	team, _ := a.team()
	if err := t.same(team, c.Part, c.samples(), c.Surrogates, c.Steps, c.Draws, c.Directions, c.Plan, c.Unbiased, c.Pairs, c.Precision, c.OtherMode, *c.Seed); err != nil {
		return err
	}
	if c.Out == "" {
		c.Out = filepath.Join(c.Folder, "audit")
	}
	progress := auditProgress{app: a}
	measure := c.slopes
	if c.Unbiased {
		measure = c.flips
	}
	result, err := measure(a, t, &progress)
	progress.clear()
	if err != nil {
		return err
	}
	if c.Plan {
		if c.JSON {
			return writeJSON(a.out, result)
		}
		return nil
	}
	if err := team.First(func() error { return result.Write(c.Out) }); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, result)
	}
	_, err = fmt.Fprintf(a.out, "%s\nresults: %s\n", result.Markdown(), c.Out)
	return err
}

// audited is what an audit found.
type audited interface {
	Write(folder string) error
	Markdown() string
}

// samples is the number of samples the loss is averaged over.
func (c *auditCommand) samples() int {
	switch {
	case c.Samples != nil:
		return *c.Samples
	case c.Unbiased:
		return 128
	}
	return audit.DefaultSlopes().Samples
}

// slopes measures slopes.
func (c *auditCommand) slopes(a *app, t *trained, progress *auditProgress) (audited, error) {
	o := audit.DefaultSlopes()
	o.Samples = c.samples()
	o.Network, o.Weights, o.Source, o.TrainSamples = t.network, t.weights, t.part(c.Part), t.split.Train.Len()
	o.OtherMode, o.Surrogates, o.Steps, o.Draws, o.Directions, o.PlanOnly = c.OtherMode, c.Surrogates, c.Steps, c.Draws, c.Directions, c.Plan
	o.Seed, o.Open, o.Workers, o.PassSamples, o.Exchange = *c.Seed, opener(t.choice), a.ranks.workersOr(c.Workers), c.PassSamples, a.ranks.exchange()
	o.Observe = func(s audit.SlopeProgress) {
		switch {
		case s.Plan == nil:
			progress.observe(audit.Progress{Phase: s.Phase, Done: s.Done, Of: s.Of})
		case c.Plan && !c.JSON:
			fmt.Fprintln(a.out, strings.TrimSuffix(fmt.Sprint(s.Plan, "\n", s.Plan.Alternatives()), "\n"))
		default:
			fmt.Fprintln(a.notes, s.Plan)
		}
	}
	result, err := audit.Slopes(a.ctx, o)
	if err != nil {
		return nil, err
	}
	result.Notes = t.split.Notes
	return result, nil
}

// flips estimates the gradient by single flips.
func (c *auditCommand) flips(a *app, t *trained, progress *auditProgress) (audited, error) {
	result, err := audit.Run(a.ctx, audit.Options{
		Network: t.network, Weights: t.weights, Source: t.part(c.Part),
		OtherMode: c.OtherMode, Surrogates: c.Surrogates,
		Samples: c.samples(), Pairs: c.Pairs, Precision: c.Precision, Seed: *c.Seed, TrainSamples: t.split.Train.Len(),
		Open: opener(t.choice), Workers: a.ranks.workersOr(c.Workers), PassSamples: c.PassSamples, Exchange: a.ranks.exchange(), Observe: progress.observe,
	})
	if err != nil {
		return nil, err
	}
	result.Notes = t.split.Notes
	return result, nil
}

// check rejects option values that make no sense.
func (c *auditCommand) check() error {
	switch {
	case c.Samples != nil && (*c.Samples < 0 || c.Unbiased && *c.Samples == 0):
		return fmt.Errorf("--samples %d: give a number of samples or, for slopes, 0 for all", *c.Samples)
	case c.Draws < 2:
		return fmt.Errorf("--draws %d: at least 2 are needed to measure the noise", c.Draws)
	case c.Directions < 1:
		return fmt.Errorf("--directions %d: at least 1 is needed", c.Directions)
	case c.Plan && c.Unbiased:
		return fmt.Errorf("--plan estimates the cost of slopes; the cost of --unbiased is set by --pairs: leave out one of the two")
	case c.Pairs < 1:
		return fmt.Errorf("--pairs %d: at least 1 is needed", c.Pairs)
	case !(c.Precision > 0 && c.Precision < 1):
		return fmt.Errorf("--precision %g: give half the width of a cosine's confidence interval, between 0 and 1", c.Precision)
	}
	for i, step := range c.Steps {
		if !(step > 0 && step <= 1) || i > 0 && step <= c.Steps[i-1] {
			return fmt.Errorf("--steps %g: give fractions above 0 and up to 1, in ascending order", step)
		}
	}
	for _, name := range c.Surrogates {
		if err := audit.CheckSurrogate(name); err != nil {
			return err
		}
	}
	if err := c.rankFlags.check(); err != nil {
		return err
	}
	return checkCounts(c.Workers, c.PassSamples, 0)
}

// auditProgress shows the progress of an audit: a bar on a terminal, otherwise a line now
// and then.
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
		// The bar is only decoration; losing the terminal is no reason to end an audit.
		_ = p.bar.Set(s.Done)
	case s.Uncertain != nil && !first:
		fmt.Fprintln(p.app.notes, text)
	}
}

// uncertainties lists the half-widths of the confidence intervals, layer by layer.
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
