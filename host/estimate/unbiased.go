package estimate

import "spikegrad/cpuref"

// FiniteDifference is the central difference of the loss with common noise (estimator
// 4), one parameter after the other: (L(θ+h, ξ) − L(θ−h, ξ))/2h. Its bias is of the
// order of h², its variance of 1/h.
type FiniteDifference struct {
	Step float64 // h; 0 stands for 0.02/p′(0), with the steepest layer's noise
}

// Name implements [Estimator].
func (FiniteDifference) Name() string { return "finite_difference" }

// Unbiased implements [Estimator].
func (FiniteDifference) Unbiased() bool { return true }

// Random implements [Estimator].
func (FiniteDifference) Random() bool { return true }

// Sample implements [Estimator].
func (e FiniteDifference) Sample(w *Worker, _ uint32, gradient []float64) {
	h := e.Step
	if h == 0 {
		h = w.usualStep()
	}
	copy(w.shifted, w.problem.Parameters)
	lossAt := func(i int, value float64) float64 {
		w.shifted[i] = value
		w.problem.Circuit.Forward(w.trace, w.shifted, 0, w.layout.Units(), drawn(w.trace))
		return w.problem.Circuit.Loss(w.trace, w.shifted)
	}
	for i, value := range w.problem.Parameters {
		above, below := lossAt(i, value+h), lossAt(i, value-h)
		w.shifted[i] = value
		gradient[i] += (above - below) / (2 * h)
	}
}

// usualStep returns a step over which spike probabilities change little.
func (w *Worker) usualStep() float64 {
	steepest := 0.0
	for l := range w.layout.Layers {
		steepest = max(steepest, w.layout.Layers[l].derivative(0))
	}
	if steepest == 0 {
		return 0.02
	}
	return 0.02 / steepest
}

// Score is the score function estimator, REINFORCE (estimator 5): the loss times the derivative of
// the log-probability of the spikes. A baseline that does not depend on the trial reduces the
// variance: here, the mean loss of trials with other noise.
type Score struct {
	Baseline bool
	value    float64 // of the baseline, once prepared
}

// Name implements [Estimator].
func (e Score) Name() string {
	if e.Baseline {
		return "score_baseline"
	}
	return "score"
}

// Unbiased implements [Estimator].
func (Score) Unbiased() bool { return true }

// Random implements [Estimator].
func (Score) Random() bool { return true }

// baselineTrials is the number of trials averaged for the baseline.
const baselineTrials = 1024

// prepare measures the baseline with noise that no estimator's trial uses.
func (e Score) prepare(w *Worker) Estimator {
	e.value = 0
	if e.Baseline {
		total := 0.0
		for trial := range uint32(baselineTrials) {
			w.layout.drawNoise(w.trace, w.problem.Seed, cpuref.StreamEvaluation, trial)
			w.run()
			total += w.loss(w.trace)
		}
		e.value = total / baselineTrials
	}
	return e
}

// Sample implements [Estimator].
func (e Score) Sample(w *Worker, _ uint32, gradient []float64) {
	w.run()
	loss := w.loss(w.trace) - e.value
	for unit, spike := range w.trace.Spike {
		// p′/p for a spike, −p′/(1−p) for none: (S−p)/(p(1−p))·p′
		p, slope := w.layout.layerOf(unit).chances(w.trace.Potential[unit])
		score := slope / p
		if spike == 0 {
			score = -slope / (1 - p)
		}
		w.factor[unit] = float64(loss * score)
	}
	w.held(gradient)
}

// SingleFlip is the reverse estimator by one flipped spike (estimator 7). Because
//
//	∂E[L]/∂p_k = E[(1 − 2S_k)·(L with S_k flipped and all after it run again with the same ξ − L)],
//
// it draws a unit with probability q_k, reruns the trial from there with the spike flipped, and
// carries the difference back from u_k with the sampled spikes held. Units are drawn with q
// proportional to p′(u_k), so that no run is wasted on a unit that cannot be moved.
type SingleFlip struct {
	// Control makes back-propagation with the matched surrogate predict the effect of every flip.
	// The flip then estimates the error of the prediction, and the predictions of all units are
	// added: the surrogate gradient of the trial. This reduces the variance as far as they are
	// right, and adds no bias in any case.
	Control bool
	trust   float64 // factor on predictions, once prepared
}

// Name implements [Estimator].
func (e SingleFlip) Name() string {
	if e.Control {
		return "single_flip_control"
	}
	return "single_flip"
}

// Unbiased implements [Estimator].
func (SingleFlip) Unbiased() bool { return true }

// Random implements [Estimator].
func (SingleFlip) Random() bool { return true }

// controlTrials is the number of trials that measure how far predictions can be trusted.
const controlTrials = 1024

// prepare measures the best factor on predictions, with noise and flips that no estimator's trial
// uses.
func (e SingleFlip) prepare(w *Worker) Estimator {
	e.trust = 0
	if !e.Control {
		return e
	}
	products, squares := 0.0, 0.0
	for trial := range uint32(controlTrials) {
		w.layout.drawNoise(w.trace, w.problem.Seed, cpuref.StreamEvaluation, trial)
		w.run()
		if flipped, _ := w.drawFlip(^trial); flipped >= 0 {
			w.predict()
			products += float64(w.gain(flipped) * w.chance[flipped])
			squares += float64(w.chance[flipped] * w.chance[flipped])
		}
	}
	if squares > 0 {
		e.trust = products / squares
	}
	return e
}

// Sample implements [Estimator].
func (e SingleFlip) Sample(w *Worker, trial uint32, gradient []float64) {
	w.run()
	flipped, weight := w.drawFlip(trial)
	if flipped < 0 {
		w.problem.Circuit.BackwardHead(w.trace, w.problem.Parameters, gradient)
		return
	}
	gain := w.gain(flipped)
	if e.Control {
		w.predict()
		for unit, slope := range w.factor {
			w.factor[unit] = float64(float64(e.trust*slope) * w.chance[unit])
		}
		gain -= float64(e.trust * w.chance[flipped])
	} else {
		clear(w.factor)
	}
	w.factor[flipped] += float64(weight * gain)
	w.held(gradient)
}

// drawFlip draws a unit with q proportional to p′, which it writes to factor, and returns the unit
// and p′/q; −1 if none can be moved.
func (w *Worker) drawFlip(trial uint32) (flipped int, weight float64) {
	total := 0.0
	for unit := range w.factor {
		w.factor[unit] = w.slope(w.trace, unit)
		total += w.factor[unit]
	}
	if total == 0 {
		return -1, 0
	}
	choice := choices{seed: w.problem.Seed, trial: trial}
	rest := float64(choice.uniform() * total)
	for unit, slope := range w.factor {
		if slope > 0 {
			flipped = unit // the last one with a slope, in case rounding leaves a remainder
		}
		if rest -= slope; rest < 0 {
			break
		}
	}
	return flipped, total
}

// gain returns the loss with a unit's spike minus that without, with everything after it rerun.
func (w *Worker) gain(unit int) float64 {
	w.flip(unit)
	w.problem.Circuit.Forward(w.other, w.problem.Parameters, unit+1, w.layout.Units(), drawn(w.other))
	difference := w.loss(w.other) - w.loss(w.trace)
	if w.trace.Spike[unit] != 0 {
		return -difference
	}
	return difference
}

// predict writes the derivative of the loss with respect to every spike, by the matched surrogate,
// to chance; factor holds p′.
func (w *Worker) predict() {
	w.backward(false, func(unit int, adjoint float64) float64 {
		w.chance[unit] = adjoint
		return float64(w.factor[unit] * adjoint)
	}, w.shifted)
}

// flip makes the worker's other trace a copy of its trace with a unit's spike flipped. Everything
// after that unit must still be run.
func (w *Worker) flip(unit int) {
	opposite := 1 - w.trace.Spike[unit]
	w.other.copyBefore(w.trace, unit, w.layout.width)
	w.problem.Circuit.Forward(w.other, w.problem.Parameters, unit, unit+1, func(int, float64) float64 { return opposite })
}

// StochasticTriples is forward-mode differentiation of a program with discrete randomness (estimator
// 6; Arya et al. 2022): besides its value, each parameter carries one candidate for a finite change
// of a spike, with a weight. A unit whose probability moves by dp proposes one: 0 → 1 with weight
// dp/(1−p) if dp > 0, 1 → 0 with weight |dp|/p if dp < 0. When a candidate meets another, one of
// them is kept with probability proportional to its weight and takes over the weight of both, so
// that the mean does not change; a candidate whose run has merged with the original is dropped. It
// takes one pass per parameter.
type StochasticTriples struct{}

// Name implements [Estimator].
func (StochasticTriples) Name() string { return "stochastic_triples" }

// Unbiased implements [Estimator].
func (StochasticTriples) Unbiased() bool { return true }

// Random implements [Estimator].
func (StochasticTriples) Random() bool { return true }

// Sample implements [Estimator].
func (StochasticTriples) Sample(w *Worker, trial uint32, gradient []float64) {
	w.run()
	w.problem.Circuit.BackwardHead(w.trace, w.problem.Parameters, gradient)
	loss := w.loss(w.trace)
	for unit, u := range w.trace.Potential {
		w.chance[unit], w.factor[unit] = w.layout.layerOf(unit).chances(u)
	}
	choice := choices{seed: w.problem.Seed, trial: trial}
	for i := range w.problem.Circuit.UnitParameters() {
		w.problem.Circuit.Tangent(w.trace, i, w.tangent)
		if weight := w.candidate(&choice); weight != 0 {
			gradient[i] += float64(weight * (w.loss(w.other) - loss))
		}
	}
}

// candidate follows the candidate of one parameter through the trial, given the derivative of all
// potentials. It returns the candidate's weight; its complete run is the worker's other trace.
func (w *Worker) candidate(choice *choices) (weight float64) {
	circuit, decide := w.problem.Circuit, drawn(w.other)
	done := 0 // units of the candidate's run so far
	for unit, moved := range w.tangent {
		if moved == 0 {
			continue
		}
		proposed := w.proposal(unit, moved)
		if proposed == 0 {
			continue
		}
		if weight != 0 {
			circuit.Forward(w.other, w.problem.Parameters, done, unit, decide)
			done = unit
			if circuit.Merged(w.trace, w.other, unit) {
				weight = 0
			}
		}
		weight += proposed
		if weight > proposed && float64(choice.uniform()*weight) >= proposed {
			continue // the older one is kept
		}
		w.flip(unit)
		done = unit + 1
	}
	if weight != 0 {
		circuit.Forward(w.other, w.problem.Parameters, done, w.layout.Units(), decide)
	}
	return weight
}

// proposal returns the weight of the change that a unit proposes when its potential moves.
func (w *Worker) proposal(unit int, moved float64) float64 {
	dp, p := float64(w.factor[unit]*moved), w.chance[unit]
	switch spike := w.trace.Spike[unit] != 0; {
	case dp > 0 && !spike:
		return dp / (1 - p)
	case dp < 0 && spike:
		return -dp / p
	}
	return 0
}
