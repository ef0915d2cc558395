package cli

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/evaluate"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// checkTrials rejects flags of eval that do not go together.
func (c *evalCommand) checkTrials() error {
	switch {
	case c.Trials == nil && c.Out != "":
		return fmt.Errorf("--out %s: only evaluations with --trials write files; add --trials N", c.Out)
	case c.Trials == nil && c.Sample != 0:
		return fmt.Errorf("--sample %d: only evaluations with --trials draw rasters; add --trials N", c.Sample)
	case c.Trials == nil:
		return nil
	case *c.Trials < 1:
		return fmt.Errorf("--trials %d: at least 1 is needed", *c.Trials)
	case c.Data != "":
		return fmt.Errorf("--trials %d and --data %s: trials use the data of the run; leave out one of them", *c.Trials, c.Data)
	case c.Header != nil:
		return fmt.Errorf("--trials %d and --header: trials use the data of the run; leave out one of them", *c.Trials)
	case c.OtherMode:
		return fmt.Errorf("--trials %d and --other-mode: --trials already runs both modes; leave out --other-mode", *c.Trials)
	}
	return nil
}

// runTrials measures a run over many trials and writes files.
func (c *evalCommand) runTrials(a *app) error {
	config, err := train.ReadConfig(c.Folder)
	var choice engine.Choice
	if err == nil {
		choice, err = a.ranks.choose(a, c.Device)
	}
	if err := a.agree(err); err != nil {
		return err
	}
	settings := evaluate.DefaultSettings()
	settings.Part, settings.Trials, settings.Sample = c.Part, *c.Trials, c.Sample
	settings.Fano.Window = min(settings.Fano.Window, config.Data.Steps)
	folder := c.Out
	if folder == "" {
		folder = filepath.Join(c.Folder, "evaluation")
	}
	open := func(n *network.Network, options engine.Options) (engine.Engine, error) {
		options.SegmentSteps = c.SegmentSteps
		return opener(choice)(n, options)
	}
	shown := phases{app: a}
	report, err := evaluate.Run(a.ctx, c.Folder, evaluate.Options{
		Settings: settings, Folder: folder, Open: open,
		Workers: a.ranks.workersOr(c.Workers), PassSamples: c.PassSamples, Exchange: a.ranks.exchange(), Observer: shown.observe, Notes: a.noteData,
	})
	shown.clear()
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, report)
	}
	return writeTrials(a, report, folder)
}

// writeTrials prints both modes side by side.
func writeTrials(a *app, r *evaluate.Report, folder string) error {
	var t table
	modes := []*evaluate.Mode{&r.Trained, &r.Other}
	row := func(name, note string, value func(m *evaluate.Mode) string) {
		t.row(name, value(modes[0]), value(modes[1]), note)
	}
	t.row("", "as trained", "other mode", "")
	row("noise", "", func(m *evaluate.Mode) string {
		if m.Noise {
			return "on"
		}
		return "off"
	})
	row("accuracy", fmt.Sprintf("%s of %s, mean ± standard deviation, %d trials", data.SamplesOf(r.Part, r.Trained.Performance.Samples), r.Data, r.Trials),
		func(m *evaluate.Mode) string {
			return fmt.Sprintf("%s ± %.2f", percent(m.Performance.Accuracy), 100*m.Performance.AccuracySpread)
		})
	row("majority vote", "the class predicted most often", func(m *evaluate.Mode) string { return percent(m.Performance.Voted) })
	row("agreement of trials", "pairs of trials with the same prediction", func(m *evaluate.Mode) string { return percent(m.Performance.Agreement) })
	row("calibration error", "expected; probabilities averaged over trials", func(m *evaluate.Mode) string { return percent(m.Performance.Calibration.Error) })
	row("single trials", "the same, with the probabilities of each trial", func(m *evaluate.Mode) string { return percent(m.Performance.Single.Error) })
	row("loss", "cross-entropy, mean", func(m *evaluate.Mode) string { return fmt.Sprintf("%.4f", m.Performance.Loss) })
	for l := range r.Trained.Performance.Activity {
		row(fmt.Sprintf("layer %d rate", l), "per neuron", func(m *evaluate.Mode) string { return fmt.Sprintf("%.3g Hz", m.Performance.Activity[l].Rate) })
		row(fmt.Sprintf("layer %d Fano factor", l), fmt.Sprintf("mean over windows of %d steps that contain a spike, %d trials", r.Fano.Window, r.Fano.Trials), func(m *evaluate.Mode) string {
			if m.Fano.Layers[l].AllWindows == nil {
				return "unknown"
			}
			return fmt.Sprintf("%.3f", m.Fano.Layers[l].AllWindows.Mean)
		})
		row(fmt.Sprintf("layer %d Fano, busy", l), fmt.Sprintf("mean over neurons; windows with more than %g spikes per trial", r.Fano.Minimum), func(m *evaluate.Mode) string {
			if m.Fano.Layers[l].Neurons == nil {
				return "unknown"
			}
			return fmt.Sprintf("%.3f", m.Fano.Layers[l].Neurons.Mean)
		})
	}
	t.row("device", r.Device, "", r.Driver)
	if err := t.write(a.out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "results: %s\n", folder)
	return err
}

// phases shows the progress of work in several parts: on a terminal one bar per part,
// otherwise a line when each part begins.
type phases struct {
	app   *app
	part  string
	bar   *progressbar.ProgressBar
	shown time.Time
}

func (p *phases) observe(part string, done, all int) {
	begins := part != p.part
	if begins {
		p.clear()
		p.part = part
		if p.app.terminal {
			p.bar = progressbar.NewOptions(all,
				progressbar.OptionSetWriter(p.app.errors), progressbar.OptionSetWidth(20), progressbar.OptionShowCount(),
				progressbar.OptionSetDescription(part), progressbar.OptionUseANSICodes(true))
		} else {
			fmt.Fprintf(p.app.notes, "measuring %s\n", part)
		}
	}
	p.app.log.Debug("measuring", "what", part, "done", done, "of", all)
	const interval = 100 * time.Millisecond
	if p.bar != nil && (begins || done == all || time.Since(p.shown) >= interval) {
		p.shown = time.Now()
		_ = p.bar.Set(done)
	}
}

func (p *phases) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
