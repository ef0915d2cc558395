package reproduce

import (
	"context"
	"strings"

	"spikegrad/host/estimate"
	"spikegrad/host/figure"
)

// DerivativesNumbers is the content of derivatives.json: the expected output of single
// neurons and its derivative as estimated by several estimators.
type DerivativesNumbers struct {
	Beta       float64          `json:"beta"`
	Trials     int              `json:"trials"` // of each estimate
	Perceptron DerivativeCurves `json:"perceptron"`
	LIF        DerivativeCurves `json:"lif"` // spikes in 12 steps against the input weight
}

// DerivativeCurves are estimates as functions of a weight. The exact values are given at
// every weight.
type DerivativeCurves struct {
	Weight      []float64         `json:"weight"`
	Expectation []float64         `json:"expectation"` // E[L], by enumeration
	Exact       []float64         `json:"exact"`       // its derivative
	Estimates   []DerivativeCurve `json:"estimates"`
}

// DerivativeCurve is one estimator's curve.
type DerivativeCurve struct {
	Estimator     string    `json:"estimator"`
	Weight        []float64 `json:"weight"` // every sixth: the estimators take turns so that all are visible in the picture
	Mean          []float64 `json:"mean"`
	StandardError []float64 `json:"standard_error"`
}

// derivativeEstimators are the six estimators in the picture.
func derivativeEstimators() []estimate.Estimator {
	return []estimate.Estimator{
		estimate.MatchedSurrogate(), estimate.Smoothed{}, estimate.FiniteDifference{},
		estimate.Score{Baseline: true}, estimate.StochasticTriples{}, estimate.SingleFlip{},
	}
}

// Derivatives shows that for a single perceptron six estimators of the derivative of the
// expected output lie on one curve, the derivative of the escape noise, and which of them
// still do for a LIF neuron, which is reset by its spikes. It writes derivatives.json and
// pictures to the folder out.
func Derivatives(ctx context.Context, out string, o Options) error {
	numbers := DerivativesNumbers{Beta: neuronBeta, Trials: 100_000}
	if o.Quick {
		numbers.Trials = 5000
	}
	var err error
	numbers.Perceptron, err = derivativeCurves(ctx, o, numbers.Trials, spaced(-0.5, 0.5, 67), func() (estimate.Circuit, error) {
		return estimate.NewPerceptron(estimate.PerceptronOptions{Input: []float64{1}, Layers: []int{1}, Noise: sigmoidNoise(), Head: estimate.Output{}})
	})
	if err != nil {
		return err
	}
	const steps = 12
	input := make([]float64, steps)
	for step := range input {
		input[step] = 1
	}
	numbers.LIF, err = derivativeCurves(ctx, o, numbers.Trials, spaced(0, 1.2, 67), func() (estimate.Circuit, error) {
		return estimate.NewLIF(oneNeuron(sigmoidNoise(), steps), input, estimate.Output{})
	})
	if err != nil {
		return err
	}
	return save(out, "derivatives", numbers,
		picture{"perceptron_expectation", expectationPicture("Perceptron: expected output", "membrane potential minus threshold", "E[S]", &numbers.Perceptron)},
		picture{"perceptron_derivative", derivativePicture("Perceptron: six estimators, one curve", "membrane potential minus threshold", &numbers.Perceptron)},
		picture{"lif_expectation", expectationPicture("LIF neuron: expected spikes in 12 steps", "input weight", "E[number of spikes]", &numbers.LIF)},
		picture{"lif_derivative", derivativePicture("LIF neuron: a spike resets it, which not every estimator accounts for", "input weight", &numbers.LIF)},
	)
}

// derivativeCurves evaluates a circuit with one weight.
func derivativeCurves(ctx context.Context, o Options, trials int, weights []float64, newCircuit func() (estimate.Circuit, error)) (DerivativeCurves, error) {
	curves := DerivativeCurves{Weight: weights}
	estimators := derivativeEstimators()
	for _, e := range estimators {
		curves.Estimates = append(curves.Estimates, DerivativeCurve{Estimator: e.Name()})
	}
	circuit, err := newCircuit()
	if err != nil {
		return curves, err
	}
	for i, w := range weights {
		problem := estimate.Problem{Circuit: circuit, Parameters: []float64{w}, Seed: o.Seed + uint32(i)}
		exact, err := estimate.Enumerate(ctx, problem, o.Workers)
		if err != nil {
			return curves, err
		}
		curves.Expectation = append(curves.Expectation, exact.Loss)
		curves.Exact = append(curves.Exact, exact.Gradient[0])
		k := i % len(estimators)
		measured, err := estimate.Measure(ctx, problem, estimators[k], trials, o.Workers)
		if err != nil {
			return curves, err
		}
		c := &curves.Estimates[k]
		c.Weight = append(c.Weight, w)
		c.Mean = append(c.Mean, measured.Mean[0])
		c.StandardError = append(c.StandardError, measured.StandardError(0))
	}
	return curves, nil
}

func expectationPicture(title, x, y string, c *DerivativeCurves) figure.Drawing {
	return figure.Lines{Title: title, XLabel: x, YLabel: y, Series: []figure.Series{{X: c.Weight, Y: c.Expectation}}}
}

// derivativePicture draws the estimates over the exact curve.
func derivativePicture(title, x string, c *DerivativeCurves) figure.Drawing {
	lines := figure.Lines{Title: title, XLabel: x, YLabel: "derivative of the expectation"}
	lines.Series = append(lines.Series, figure.Series{Name: "exact", X: c.Weight, Y: c.Exact})
	for _, e := range c.Estimates {
		s := figure.Series{Name: strings.ReplaceAll(e.Estimator, "_", " "), Scattered: true, Spread: figure.ErrorBars, X: e.Weight, Y: e.Mean}
		for i, mean := range e.Mean {
			s.Low = append(s.Low, mean-2*e.StandardError[i])
			s.High = append(s.High, mean+2*e.StandardError[i])
		}
		lines.Series = append(lines.Series, s)
	}
	return lines
}
