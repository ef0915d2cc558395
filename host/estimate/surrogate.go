package estimate

import "spikegrad/cpuref"

// Surrogate is back-propagation through a sampled run with a surrogate derivative in
// place of the derivative of a spike (estimator 2). Biased in general; with the
// matched surrogate it has no bias in one layer with a linear head.
type Surrogate struct {
	Label   string
	Matched bool // the derivative of each layer's escape noise
	// Kind and Parameters specify any other surrogate; see
	// [cpuref.SurrogateDerivative].
	Kind               cpuref.Surrogate
	Parameters         [3]float64
	DifferentiateReset bool
}

// MatchedSurrogate returns the surrogate gradient with the derivative of the escape
// noise.
func MatchedSurrogate() Surrogate { return Surrogate{Label: "surrogate", Matched: true} }

// Name implements [Estimator].
func (e Surrogate) Name() string { return e.Label }

// Unbiased implements [Estimator].
func (Surrogate) Unbiased() bool { return false }

// Random implements [Estimator].
func (Surrogate) Random() bool { return true }

// Sample implements [Estimator].
func (e Surrogate) Sample(w *Worker, _ uint32, gradient []float64) {
	w.run()
	w.backward(e.DifferentiateReset, func(unit int, adjoint float64) float64 {
		u, spike := w.trace.Potential[unit], w.trace.Spike[unit] != 0
		if adjoint == 0 || u == silent {
			return 0
		}
		if e.Matched {
			return float64(w.slope(w.trace, unit) * adjoint)
		}
		return float64(cpuref.SurrogateDerivative(e.Kind, e.Parameters, u, spike) * adjoint)
	}, gradient)
}

// Smoothed is the derivative of the mean-field model, in which every unit outputs its
// probability in place of a spike (estimator 3). It needs no noise. For a single neuron
// it is exact; for deeper circuits the exact gradient is that of [Exact].
type Smoothed struct{}

// Name implements [Estimator].
func (Smoothed) Name() string { return "smoothed" }

// Unbiased implements [Estimator].
func (Smoothed) Unbiased() bool { return false }

// Random implements [Estimator].
func (Smoothed) Random() bool { return false }

// Sample implements [Estimator].
func (Smoothed) Sample(w *Worker, _ uint32, gradient []float64) {
	w.problem.Circuit.Forward(w.trace, w.problem.Parameters, 0, w.layout.Units(), func(unit int, u float64) float64 {
		return w.layout.layerOf(unit).probability(u)
	})
	w.backward(true, func(unit int, adjoint float64) float64 {
		return float64(w.slope(w.trace, unit) * adjoint)
	}, gradient)
}

// Side selects the units that a [OneSided] derivative goes through.
type Side int

// The sides.
const (
	Right Side = iota // silent units: [S=0]/(1−p)
	Left              // spikes: [S=1]/p
	Both              // the mean of the two
)

// OneSided is the smoothed one- or two-sided derivative (estimator 8): back-propagation
// with p′(u) times a factor that depends on the spike and has mean one. Unbiased in
// one layer with a linear head, biased in general.
type OneSided struct{ Side Side }

// Name implements [Estimator].
func (e OneSided) Name() string { return [...]string{"right", "left", "two_sided"}[e.Side] }

// Unbiased implements [Estimator].
func (OneSided) Unbiased() bool { return false }

// Random implements [Estimator].
func (OneSided) Random() bool { return true }

// Sample implements [Estimator].
func (e OneSided) Sample(w *Worker, _ uint32, gradient []float64) {
	w.run()
	w.backward(true, func(unit int, adjoint float64) float64 {
		if adjoint == 0 {
			return 0
		}
		p, slope := w.layout.layerOf(unit).chances(w.trace.Potential[unit])
		spike := w.trace.Spike[unit] != 0
		factor := 0.0
		switch {
		case spike && e.Side != Right:
			factor = 1 / p
		case !spike && e.Side != Left:
			factor = 1 / (1 - p)
		}
		if e.Side == Both {
			factor /= 2
		}
		return float64(float64(factor*slope) * adjoint)
	}, gradient)
}
