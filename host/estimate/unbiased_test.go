package estimate

import (
	"context"
	"flag"
	"fmt"
	"math"
	"testing"
)

// trialsFlag requests more trials than there is time for in every test run: a million
// take some twenty minutes on two processors.
var trialsFlag = flag.Int("trials", 0, "trials of unbiased estimators, 0 for those of the tests")

// trialsOr returns the number given by the flag or, without it, by a test.
func trialsOr(trials int) int {
	if *trialsFlag > 0 {
		return *trialsFlag
	}
	return trials
}

// significance is the largest distance of an unbiased estimate from the exact value,
// in standard errors. With fixed seeds the tests give the same numbers in every run.
const significance = 4

// checkUnbiased compares the mean of an estimator with the exact gradient.
func checkUnbiased(t *testing.T, p Problem, e Estimator, exact []float64, trials int) {
	t.Helper()
	measured, err := Measure(context.Background(), p, e, trials, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := p.Circuit.Parameters()
	for i, want := range exact {
		// If no trials differ, only rounding may.
		allowed := max(significance*measured.StandardError(i), 1e-9)
		if d := measured.Mean[i] - want; !(math.Abs(d) <= allowed) {
			t.Errorf("%s: %s: mean %.6g of %d trials, exact %.6g: %.1f standard errors away",
				e.Name(), names[i], measured.Mean[i], trials, want, d/measured.StandardError(i))
		}
	}
}

func unbiasedEstimators() []Estimator {
	var list []Estimator
	for _, e := range byName() {
		if e.Unbiased() {
			list = append(list, e)
		}
	}
	return list
}

func exactOf(t *testing.T, p Problem) Exact {
	t.Helper()
	exact, err := Enumerate(context.Background(), p, 0)
	if err != nil {
		t.Fatal(err)
	}
	return exact
}

// checkTelling fails if a derivative is too small to be distinguished from zero.
func checkTelling(t *testing.T, p Problem, exact Exact) {
	t.Helper()
	for i, g := range exact.Gradient {
		if math.Abs(g) < 1e-4 {
			t.Errorf("%s: the derivative is %g: too small for a test", p.Circuit.Parameters()[i], g)
		}
	}
}

func TestUnbiasedPerceptron(t *testing.T) {
	for _, net := range [][]int{{1, 1}, {1, 2, 1}, {2, 3, 2, 1}} {
		for _, beta := range []float64{1, 2, 5, 10, 20} {
			t.Run(fmt.Sprintf("%v/beta=%g", net, beta), func(t *testing.T) {
				p := perceptronProblem(t, net[0], net[1:], beta, Output{})
				exact := exactOf(t, p)
				checkTelling(t, p, exact)
				for _, e := range unbiasedEstimators() {
					checkUnbiased(t, p, e, exact.Gradient, trialsOr(40_000))
				}
			})
		}
	}
}

func TestUnbiasedLIF(t *testing.T) {
	for _, c := range lifCases() {
		t.Run(c.name, func(t *testing.T) {
			p := lifProblem(t, c)
			exact := exactOf(t, p)
			checkTelling(t, p, exact)
			for _, e := range unbiasedEstimators() {
				checkUnbiased(t, p, e, exact.Gradient, trialsOr(20_000))
			}
		})
	}
}

// The enumerated gradient equals differences of the enumerated expectation.
func TestEnumerateGradient(t *testing.T) {
	problems := map[string]Problem{
		"perceptron":  perceptronProblem(t, 2, []int{3, 2, 1}, 5, Output{}),
		"linear head": perceptronProblem(t, 2, []int{3, 2}, 2, Linear{Neurons: 2}),
	}
	for _, c := range lifCases() {
		problems[c.name] = lifProblem(t, c)
	}
	for name, p := range problems {
		t.Run(name, func(t *testing.T) {
			exact := exactOf(t, p)
			direction := values(len(p.Parameters), 21)
			along := func(h float64) float64 {
				moved := p
				moved.Parameters = append([]float64(nil), p.Parameters...)
				for i, d := range direction {
					moved.Parameters[i] += h * d
				}
				return exactOf(t, moved).Loss
			}
			const h = 1e-4
			want, found := (along(h)-along(-h))/(2*h), 0.0
			for i, d := range direction {
				found += d * exact.Gradient[i]
			}
			if math.Abs(found-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("along a direction: %.9g by enumeration, %.9g by difference", found, want)
			}
		})
	}
}
