package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"spikegrad/host/train"
)

// progress shows the progress of a run: a bar on a terminal, otherwise one line per epoch.
type progress struct {
	app    *app
	folder string

	bar   *progressbar.ProgressBar // nil without a terminal
	start train.Start
	shown time.Time
	last  *train.Epoch // the last finished epoch
	began time.Time
}

var _ train.Observer = (*progress)(nil)

// OnStart prints what is trained on what.
func (p *progress) OnStart(s train.Start) {
	p.start, p.began = s, time.Now()
	p.app.noteData(s.Split.Notes)
	verb := "training"
	if s.Updates > 0 {
		verb = fmt.Sprintf("resuming after %d epochs and %d updates", s.Finished, s.Updates)
	}
	fmt.Fprintf(p.app.notes, "%s on %s; %d weights; %d training, %d validation and %d test samples; run folder %s\n",
		verb, s.Device, s.Weights, s.Train, s.Validation, s.Test, p.folder)
	p.app.log.Debug("run started", "device", s.Device, "driver", s.Driver, "folder", p.folder, "epochs", s.Epochs)
	if !p.app.terminal {
		return
	}
	p.bar = progressbar.NewOptions(s.Epochs*s.Train,
		progressbar.OptionSetWriter(p.app.errors),
		progressbar.OptionSetWidth(10),
		progressbar.OptionEnableColorCodes(p.app.colour),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionUseANSICodes(true),
	)
}

// OnBatch updates the bar, about ten times a second.
func (p *progress) OnBatch(b train.Progress) {
	p.app.log.Debug("batch", "phase", b.Phase, "epoch", b.Epoch, "done", b.Done, "samples", b.Samples,
		"updates", b.Updates, "loss", b.Loss, "accuracy", b.Accuracy)
	const interval = 100 * time.Millisecond
	if p.bar == nil || b.Done < b.Samples && time.Since(p.shown) < interval {
		return
	}
	p.shown = time.Now()
	done := b.Epoch * p.start.Train
	parts := []string{fmt.Sprintf("epoch %d/%d", b.Epoch, b.Epochs)}
	if b.Phase == train.PhaseTraining {
		done += b.Done - p.start.Train
		parts = append(parts, fmt.Sprintf("loss %.3f", b.Loss), "train "+shortPercent(b.Accuracy))
	} else {
		parts = append(parts, fmt.Sprintf("%s %d/%d", b.Phase, b.Done, b.Samples))
	}
	if p.last != nil && p.last.ValidationAccuracy != nil {
		parts = append(parts, "valid "+shortPercent(*p.last.ValidationAccuracy))
	}
	parts = append(parts, fmt.Sprintf("%.2g spikes", b.SpikesPerNeuron))
	if b.SamplesPerSecond > 0 {
		parts = append(parts, fmt.Sprintf("%.0f/s", b.SamplesPerSecond))
	}
	if left, known := p.left(done); known {
		parts = append(parts, left+" left")
	}
	text := strings.Join(parts, "  ")
	if p.app.colour {
		text = "[cyan]" + text + "[reset]"
	}
	p.bar.Describe(text)
	// The bar is only decoration; losing the terminal is no reason to end a run.
	_ = p.bar.Set(done)
}

// left estimates the time to the end of the last epoch at the speed so far.
func (p *progress) left(done int) (text string, known bool) {
	before := p.start.Finished * p.start.Train
	if done <= before {
		return "", false
	}
	spent := time.Since(p.began)
	left := time.Duration(float64(spent) * float64(p.start.Epochs*p.start.Train-done) / float64(done-before))
	return left.Round(time.Second).String(), true
}

// OnEpoch writes the line of an epoch if there is no bar.
func (p *progress) OnEpoch(e train.Epoch) {
	p.last = &e
	p.app.log.Debug("epoch", "epoch", e.Epoch, "updates", e.Updates, "train_loss", e.TrainLoss, "seconds", e.Seconds)
	if p.bar != nil {
		return
	}
	validation := ""
	if e.ValidationAccuracy != nil {
		validation = "  validation " + shortPercent(*e.ValidationAccuracy)
	}
	left, _ := p.left(e.Epoch * p.start.Train)
	fmt.Fprintf(p.app.notes, "epoch %d/%d  loss %.4f  train %s%s  %.3g spikes per neuron  %.0f samples/s  %s left\n",
		e.Epoch, p.start.Epochs, e.TrainLoss, shortPercent(e.TrainAccuracy), validation, e.SpikesPerNeuron, e.SamplesPerSecond, left)
}

// OnWarning prints a warning at once; unlike a note, it is not hidden by --quiet.
func (p *progress) OnWarning(message string) {
	p.clear()
	fmt.Fprintln(p.app.errors, "spikegrad: warning:", message)
}

// close removes the bar, so that what follows starts on a line of its own.
func (p *progress) close() { p.clear() }

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

func shortPercent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
