package unbiased

import (
	"context"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spikegrad/host/unbiased/exact"
)

// full is set by make full: tests in their long form.
var full = os.Getenv("SPIKEGRAD_FULL") != ""

// The mean of the single-flip estimate is the exact gradient: every weight within four standard
// errors, and well known, twice as well in the full form.
func TestUnbiased(t *testing.T) {
	quick := []string{"adaptive", "adaptive, two layers"}
	for _, c := range append(exact.Cases(), slices.DeleteFunc(exact.LearnedCases(), func(c exact.Case) bool {
		return !full && !slices.Contains(quick, c.Name)
	})...) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			n := c.Network(t)
			weights := exact.Weights(n)
			exactly := exact.Gradient(t, n, weights, c.Source)

			const passes, flips = 64, 4
			presentations, known := 128, 0.16
			if full {
				presentations, known = 512, 0.08
			}
			e := exact.Engine(t, n, weights)
			shown := NewSamples(c.Source, 2, 1, 1)
			for shown.Count() < presentations { // of the same samples, with different noise
				shown.Chosen = append(shown.Chosen, shown.Chosen...)
			}
			u := NewFlips(e, n, shown, 3, 1)
			each := make([]int, c.Layers)
			for l := range each {
				each[l] = flips
			}
			found := make([][][]float64, c.Layers) // [layer][pass]
			for pass := range passes {
				gradient, err := u.Pass(context.Background(), pass, each)
				if err != nil {
					t.Fatal(err)
				}
				for l := range gradient {
					found[l] = append(found[l], gradient[l])
				}
			}
			checkMean(t, found, exactly, known)
		})
	}
}

// checkMean compares the means of independent gradients, [layer][of many][weight], with the
// exact ones: each weight within four standard errors, which are at most a share of the length
// of the gradient.
func checkMean(t *testing.T, found [][][]float64, exactly [][]float64, share float64) {
	t.Helper()
	for l := range found {
		length := floats.Norm(exactly[l], 2)
		for i, want := range exactly[l] {
			var values []float64
			for _, gradient := range found[l] {
				values = append(values, gradient[i])
			}
			average, deviation := stat.MeanStdDev(values, nil)
			errorOfMean := stat.StdErr(deviation, float64(len(values)))
			if math.Abs(average-want) > 4*errorOfMean+1e-6 {
				t.Errorf("layer %d, weight %d: %.5f ± %.5f, exactly %.5f", l, i, average, errorOfMean, want)
			}
			if errorOfMean > share*length {
				t.Errorf("layer %d, weight %d: standard error %.5f, the gradient is %.5f long: tells little", l, i, errorOfMean, length)
			}
		}
	}
}
