package estimate

import (
	"fmt"
	"strings"

	"spikegrad/cpuref"
)

// Problem is a circuit at given parameters, whose gradient is estimated. The seed
// determines the noise.
type Problem struct {
	Circuit    Circuit
	Parameters []float64
	Seed       uint32
	// Spiking is the problem in the form that engines use, nil if it has none.
	Spiking *Spiking
}

// Estimator makes one sample of the gradient from one trial. An estimator is immutable;
// the state of a trial is in the worker.
type Estimator interface {
	// Name returns the name used by users and reports.
	Name() string
	// Unbiased reports whether the mean of samples is the gradient of the expected
	// loss (finite differences: up to the square of their step).
	Unbiased() bool
	// Random reports whether samples differ from trial to trial.
	Random() bool
	// Sample adds one sample to gradient, [parameter], which is zero. The worker's
	// trace holds the noise of the trial.
	Sample(w *Worker, trial uint32, gradient []float64)
}

// preparer is an estimator that measures something before its trials.
type preparer interface {
	prepare(w *Worker) Estimator
}

// Worker is one goroutine's working memory.
type Worker struct {
	problem Problem
	layout  *Layout
	trace   *Trace    // the trial
	other   *Trace    // a run of it with a change, under the same noise
	tangent []float64 // [unit]
	factor  []float64 // [unit]
	chance  []float64 // [unit]
	shifted []float64 // [parameter]: other values, or scratch for a gradient that is not needed
}

// NewWorker makes a worker for a problem.
func NewWorker(p Problem) *Worker {
	layout := p.Circuit.Layout()
	w := &Worker{
		problem: p, layout: layout,
		trace: p.Circuit.NewTrace(), other: p.Circuit.NewTrace(),
		tangent: make([]float64, layout.Units()),
		factor:  make([]float64, layout.Units()),
		chance:  make([]float64, layout.Units()),
		shifted: append([]float64(nil), p.Parameters...),
	}
	w.other.Noise, w.other.Critical = w.trace.Noise, w.trace.Critical
	return w
}

// sample adds the sample of an estimator in a trial to gradient.
func (w *Worker) sample(e Estimator, trial uint32, gradient []float64) {
	w.layout.drawNoise(w.trace, w.problem.Seed, cpuref.StreamNoise, trial)
	e.Sample(w, trial, gradient)
}

// drawn returns a function that decides spikes by the noise of a trace: ξ < p(u).
func drawn(t *Trace) func(int, float64) float64 {
	return func(unit int, u float64) float64 {
		if u > t.Critical[unit] {
			return 1
		}
		return 0
	}
}

// run runs the trial of the worker's trace.
func (w *Worker) run() {
	w.problem.Circuit.Forward(w.trace, w.problem.Parameters, 0, w.layout.Units(), drawn(w.trace))
}

// Trial runs a trial and returns its trace, which is valid until the worker's next.
func (w *Worker) Trial(trial uint32) *Trace {
	w.layout.drawNoise(w.trace, w.problem.Seed, cpuref.StreamNoise, trial)
	w.run()
	return w.trace
}

// loss returns the loss of a trace.
func (w *Worker) loss(t *Trace) float64 { return w.problem.Circuit.Loss(t, w.problem.Parameters) }

// backward adds to gradient the derivative by the rule pass for the worker's trace.
func (w *Worker) backward(differentiateReset bool, pass func(int, float64) float64, gradient []float64) {
	w.problem.Circuit.Backward(w.trace, w.problem.Parameters, differentiateReset, pass, gradient)
}

// held adds to gradient Σ factor[unit]·∂u/∂θ with all spikes held, and the derivative of
// the loss that is not passed on by spikes. The factors are in [Worker.factor].
func (w *Worker) held(gradient []float64) {
	w.backward(false, func(unit int, _ float64) float64 { return w.factor[unit] }, gradient)
}

// slope returns p′(u) of a unit of a trace.
func (w *Worker) slope(t *Trace, unit int) float64 {
	return w.layout.layerOf(unit).derivative(t.Potential[unit])
}

// Estimators returns all estimators with their usual settings, in the order of reports.
func Estimators() []Estimator {
	return []Estimator{
		MatchedSurrogate(),
		Surrogate{Label: "superspike", Kind: cpuref.SurrogateSuperSpike, Parameters: [3]float64{10}},
		Smoothed{},
		FiniteDifference{},
		Score{},
		Score{Baseline: true},
		StochasticTriples{},
		SingleFlip{},
		OneSided{Side: Right},
		OneSided{Side: Left},
		OneSided{Side: Both},
	}
}

// byName returns all estimators that can be named: [Estimators], and single flips with a
// control variate.
func byName() []Estimator { return append(Estimators(), SingleFlip{Control: true}) }

// ParseEstimators finds estimators by name, separated by commas; "all" stands for
// [Estimators].
func ParseEstimators(names string) ([]Estimator, error) {
	if names == "all" || names == "" {
		return Estimators(), nil
	}
	known := byName()
	var list []Estimator
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, e := range known {
			if e.Name() == strings.TrimSpace(name) {
				list, found = append(list, e), true
			}
		}
		if !found {
			return nil, fmt.Errorf("estimator %q is unknown; want one of all, %s", name, strings.Join(estimatorNames(known), ", "))
		}
	}
	return list, nil
}

func estimatorNames(list []Estimator) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.Name()
	}
	return names
}
