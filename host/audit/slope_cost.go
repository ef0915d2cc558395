package audit

import (
	"fmt"
	"time"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
)

// Plan is what slopes will cost. Runs are of one sample; epochs are predicted from the time of
// a few runs, or 0 if the number of samples of an epoch is unknown.
type Plan struct {
	GradientRuns int     `json:"gradient_runs"` // forward and backward
	ForwardRuns  int     `json:"forward_runs"`
	Epochs       float64 `json:"epochs"`
	// OneSurrogate is the number of epochs for one surrogate and one step, Surrogate and Step
	// that for one more, Half that for intervals half as long.
	OneSurrogate float64 `json:"one_surrogate_epochs"`
	Surrogate    float64 `json:"surrogate_epochs"`
	Step         float64 `json:"step_epochs"`
	Half         float64 `json:"half_epochs"`
}

// SlopeCost is what slopes cost, compared with an epoch of training on the same device:
// forward and backward passes of all training samples, at the speed of the audit's.
type SlopeCost struct {
	Plan            Plan    `json:"plan"`
	GradientRuns    int     `json:"gradient_runs"`
	ForwardRuns     int     `json:"forward_runs"`
	GradientSeconds float64 `json:"gradient_seconds"`
	ForwardSeconds  float64 `json:"forward_seconds"`
	EpochSamples    int     `json:"epoch_samples"`
	EpochSeconds    float64 `json:"epoch_seconds"`
	Epochs          float64 `json:"epochs"`
}

// runs returns the number of runs for some surrogates and steps.
func (r *slopeRun) runs(surrogates, steps int) (gradient, forward int) {
	presentations := r.options.Draws * r.shown.Count()
	gradient = surrogates * (r.passes*r.aside.Count() + presentations)
	forward = 2 * presentations * (surrogates*steps*r.spiking() + len(r.parts) - r.spiking())
	return gradient, forward
}

func (r *slopeRun) plan() {
	r.cost.Plan.GradientRuns, r.cost.Plan.ForwardRuns = r.runs(len(r.variants), len(r.options.Steps))
}

// time predicts the time of all runs from that of a few, which it does twice because the
// engine allocates memory in the first.
func (r *slopeRun) time(e engine.Engine) error {
	count := min(timed, r.aside.Count())
	var gradient, forward float64
	for range 2 {
		began := time.Now()
		if _, err := meanGradient(e, r.aside, 0, count, surrogateNumbers); err != nil {
			return err
		}
		gradient = time.Since(began).Seconds() / float64(count)
		var batch engine.Batch
		if err := r.aside.Fill(&batch, 0, count, surrogateNumbers); err != nil {
			return err
		}
		began = time.Now()
		if _, err := e.Evaluate(&batch, cpuref.StreamEvaluation, nil); err != nil {
			return err
		}
		forward = time.Since(began).Seconds() / float64(count)
	}
	surrogates, steps := len(r.variants), len(r.options.Steps)
	epochs := func(surrogates, steps, precision int) float64 {
		gradients, forwards := r.runs(surrogates, steps)
		presentations := surrogates * r.options.Draws * r.shown.Count() // their gradients, like the forward runs, grow with precision
		if r.options.TrainSamples == 0 {
			return 0
		}
		seconds := float64(float64(gradients+(precision-1)*presentations)*gradient) + float64(float64(precision*forwards)*forward)
		return seconds / gradient / float64(r.options.TrainSamples)
	}
	p := &r.cost.Plan
	p.Epochs, p.OneSurrogate = epochs(surrogates, steps, 1), epochs(1, 1, 1)
	p.Surrogate, p.Step = epochs(surrogates+1, steps, 1)-p.Epochs, epochs(surrogates, steps+1, 1)-p.Epochs
	p.Half = epochs(surrogates, steps, 4)
	if r.options.Observe != nil {
		r.options.Observe(SlopeProgress{Phase: "plan", Plan: p})
	}
	return nil
}

// total fills in the total cost.
func (c *SlopeCost) total(trainSamples int) {
	if trainSamples == 0 || c.GradientRuns == 0 {
		return
	}
	c.EpochSamples = trainSamples
	c.EpochSeconds = c.GradientSeconds / float64(c.GradientRuns) * float64(trainSamples)
	c.Epochs = (c.GradientSeconds + c.ForwardSeconds) / c.EpochSeconds
}

// String describes what slopes will cost.
func (p *Plan) String() string {
	text := fmt.Sprintf("%d samples forward, and %d forward and backward", p.ForwardRuns, p.GradientRuns)
	if p.Epochs == 0 {
		return text
	}
	return text + fmt.Sprintf(": about as long as %.2g epochs of training", p.Epochs)
}

// Alternatives describes what other choices would cost; empty if that is unknown.
func (p *Plan) Alternatives() string {
	if p.Epochs == 0 {
		return ""
	}
	return fmt.Sprintf("in epochs: %.2g with one surrogate and one step; %.2g more for another surrogate, %.2g more for another step; %.2g for intervals half as long",
		p.OneSurrogate, p.Surrogate, p.Step, p.Half)
}
