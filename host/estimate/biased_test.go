package estimate

import (
	"context"
	"fmt"
	"math"
	"testing"
)

func measured(t *testing.T, p Problem, e Estimator, trials int) Measured {
	t.Helper()
	m, err := Measure(context.Background(), p, e, trials, 0)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// In one layer under a linear readout smoothing loses nothing: the matched surrogate
// and the one-sided derivatives are unbiased.
func TestOneLayerLinear(t *testing.T) {
	for _, beta := range []float64{1, 2, 5, 10, 20} {
		t.Run(fmt.Sprintf("beta=%g", beta), func(t *testing.T) {
			p := perceptronProblem(t, 2, []int{3}, beta, Linear{Neurons: 3})
			exact := exactOf(t, p)
			for _, e := range []Estimator{MatchedSurrogate(), Smoothed{}, OneSided{Right}, OneSided{Left}, OneSided{Both}} {
				checkUnbiased(t, p, e, exact.Gradient, 20_000)
			}
		})
	}
}

// In two layers they are biased; the test fails if the bias is not significant.
// Conversely, it shows that the tests of the unbiased estimators can detect a bias.
func TestTwoLayersBiased(t *testing.T) {
	p := perceptronProblem(t, 1, []int{2, 1}, 2, Output{})
	exact := exactOf(t, p)
	names := p.Circuit.Parameters()
	for _, e := range []Estimator{MatchedSurrogate(), OneSided{Right}, OneSided{Left}, OneSided{Both}} {
		m := measured(t, p, e, 200_000)
		largest := 0.0
		for i, want := range exact.Gradient {
			bias, error := m.Mean[i]-want, m.StandardError(i)
			t.Logf("%s: %s: exact %.5f, bias %+.5f ± %.5f (%+.1f %%)", e.Name(), names[i], want, bias, error, 100*bias/want)
			largest = max(largest, math.Abs(bias)/error)
		}
		if largest < 2*significance {
			t.Errorf("%s: the largest bias is %.1f standard errors: it should be plain", e.Name(), largest)
		}
	}
	mean := measured(t, p, Smoothed{}, 1)
	if d := math.Abs(mean.Mean[0] - exact.Gradient[0]); d < 1e-4 {
		t.Errorf("smoothed: only %g from exact in two layers", d)
	}
}

// A superspike that is not the derivative of the noise is biased even in one layer.
func TestForeignSurrogateBiased(t *testing.T) {
	p := perceptronProblem(t, 2, []int{3}, 2, Linear{Neurons: 3})
	exact := exactOf(t, p)
	foreign, err := ParseEstimators("superspike")
	if err != nil {
		t.Fatal(err)
	}
	m := measured(t, p, foreign[0], 1000)
	if d := math.Abs(m.Mean[0] - exact.Gradient[0]); d < 0.01 {
		t.Errorf("superspike: only %g from exact", d)
	}
}

func TestMeasureWorkers(t *testing.T) {
	p := lifProblem(t, lifCases()[0])
	for _, e := range byName() {
		one, err := Measure(context.Background(), p, e, 2000, 1)
		if err != nil {
			t.Fatal(err)
		}
		three, err := Measure(context.Background(), p, e, 2000, 3)
		if err != nil {
			t.Fatal(err)
		}
		for i := range one.Mean {
			if one.Mean[i] != three.Mean[i] || one.Squares[i] != three.Squares[i] {
				t.Fatalf("%s: parameter %d: %v with one worker, %v with three", e.Name(), i, one.Mean[i], three.Mean[i])
			}
		}
	}
}

func TestMeasureErrors(t *testing.T) {
	p := perceptronProblem(t, 1, []int{1}, 1, Output{})
	if _, err := Measure(context.Background(), p, Score{}, 0, 1); err == nil {
		t.Error("no trials: no error")
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Measure(ended, p, Score{}, 1000, 1); err == nil {
		t.Error("ended context: no error")
	}
	p.Parameters = nil
	if _, err := Measure(context.Background(), p, Score{}, 10, 1); err == nil {
		t.Error("no parameters: no error")
	}
	if _, err := Enumerate(context.Background(), perceptronProblem(t, 1, []int{20, 1}, 1, Output{}), 1); err == nil {
		t.Error("21 units: no error")
	}
	if _, err := ParseEstimators("single_flip,backprop"); err == nil {
		t.Error("unknown estimator: no error")
	}
}
