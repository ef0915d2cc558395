package estimate

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	for _, net := range []string{"perceptron", "mlp:2", "mlp:3,2", "lif:3,2", "adaptive:3,2"} {
		t.Run(net, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "out")
			report, err := Run(context.Background(), EstimateOptions{Net: net, Trials: 300, Steps: 12, Seed: 5, Out: folder})
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(folder, "estimate.json"))
			if err != nil {
				t.Fatal(err)
			}
			var read Report
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			many := strings.HasPrefix(net, "lif") || strings.HasPrefix(net, "adaptive") // more units than can be enumerated
			exact := many != (read.Reference == "exact")
			if !exact || len(read.Estimators) != len(Estimators()) || len(read.Gradient) != len(read.Parameters) {
				t.Errorf("reference %q, %d estimators, %d of %d derivatives", read.Reference, len(read.Estimators), len(read.Gradient), len(read.Parameters))
			}
			for _, name := range []string{"estimates_unbiased.png", "estimates_biased.png", "bias.png", "cost.png"} {
				if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
					t.Error(err)
				}
			}
			var table bytes.Buffer
			if err := report.Write(&table); err != nil || !strings.Contains(table.String(), "single_flip") {
				t.Errorf("table %q, %v", table.String(), err)
			}
		})
	}
}

func TestRunErrors(t *testing.T) {
	for name, o := range map[string]EstimateOptions{
		"unknown net":          {Net: "transformer"},
		"no units":             {Net: "mlp:"},
		"negative units":       {Net: "mlp:-3"},
		"steepness":            {Net: "perceptron", Beta: -1},
		"loss":                 {Net: "perceptron", Loss: "hinge"},
		"loss without time":    {Net: "mlp:2", Loss: "van_rossum"},
		"estimator":            {Net: "perceptron", Estimators: "guess"},
		"trials":               {Net: "perceptron", Trials: -1},
		"inputs":               {Net: "perceptron", Inputs: -1},
		"folder inside a file": {Net: "perceptron", Trials: 10, Out: os.DevNull + "/out"},
	} {
		if _, err := Run(context.Background(), o); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than a line: %v", name, err)
		}
	}
}

// rare returns an estimator's moments from samples of two parameters: the first varies in
// every trial, the second moves in only a few.
func rare(trials, moved int) Measured {
	m := newMoments(2)
	for trial := range trials {
		x := []float64{2 + float64(trial%2*2-1), 0}
		if trial < moved {
			x[1] = 5 + float64(trial%2)
		}
		m.add(x)
	}
	return Measured{Moments: m}
}

// If few trials moved a weight, in the estimator or in the reference, there is no
// significance; an enumerated gradient needs no error.
func TestBiasZ(t *testing.T) {
	for _, c := range []struct {
		moved, known int
		reference    bool // known
	}{{0, 1, true}, {10, 1, true}, {100, 2, true}, {100, 0, false}} {
		r := Report{Reference: exactReference, Gradient: []float64{1, 0}, Error: []float64{0, 0}, known: []bool{c.reference, c.reference}}
		found := r.compare(MatchedSurrogate(), rare(10_000, c.moved))
		known := 0
		for _, z := range found.BiasZ {
			if z != nil {
				known++
			}
		}
		if known != c.known {
			t.Errorf("%d trials moved the second parameter: %d of 2 biases have a significance, not %d", c.moved, known, c.known)
		}
		if want := 1 / (1 / math.Sqrt(9999)); c.reference && math.Abs(*found.BiasZ[0]-want) > 1e-9 {
			t.Errorf("z %g, not %g", *found.BiasZ[0], want)
		}
	}
}

// An unbiased estimator has no significant bias in a net where few trials move most
// weights, and no relative bias beyond chance.
func TestFewMoved(t *testing.T) {
	report, err := Run(context.Background(), EstimateOptions{Net: "lif:2", Steps: 8, Inputs: 3, Seed: 4, Trials: 20_000, Estimators: "single_flip,stochastic_triples"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range report.Estimators {
		if e.LargestZ() > 4.5 {
			t.Errorf("%s: z %g of an unbiased estimator", e.Name, e.LargestZ())
		}
		if e.RelativeBias > e.Chance {
			t.Errorf("%s: relative bias %g, chance gives %g", e.Name, e.RelativeBias, e.Chance)
		}
	}
}

// The bias of a mean is found without its noise.
func TestRelativeBias(t *testing.T) {
	m := newMoments(2)
	for trial := range 100 { // means 3 and 4, standard errors 0.1
		side := float64(trial%2*2 - 1)
		m.add([]float64{3 + side*math.Sqrt(0.99), 4 - side*math.Sqrt(0.99)})
	}
	bias, chance := m.RelativeBias([]float64{3, 3}, []float64{0.3, 0.1})
	if want := math.Sqrt((1 - 0.12) / (18 - 0.1)); math.Abs(bias-want) > 1e-9 {
		t.Errorf("relative bias %g, not %g", bias, want)
	}
	if want := math.Sqrt(0.12 / 17.9); math.Abs(chance-want) > 1e-9 {
		t.Errorf("chance gives %g, not %g", chance, want)
	}
	if bias, _ := m.RelativeBias([]float64{3, 4}, nil); bias > 1e-6 {
		t.Errorf("relative bias %g of a mean that is exact", bias)
	}
}

// Powers of deviations are those of all samples, however they were split.
func TestMoments(t *testing.T) {
	whole, first, second := newMoments(1), newMoments(1), newMoments(1)
	var samples []float64
	for i := range 50 {
		x := math.Exp(float64(i*7%50) / 12)
		samples = append(samples, x)
		whole.add([]float64{x})
		if i < 17 {
			first.add([]float64{x})
		} else {
			second.add([]float64{x})
		}
	}
	first.merge(second)
	for power, found := range map[int][2]float64{2: {whole.Squares[0], first.Squares[0]}, 3: {whole.Cubes[0], first.Cubes[0]}, 4: {whole.Fourths[0], first.Fourths[0]}} {
		want := 0.0
		for _, x := range samples {
			want += math.Pow(x-whole.Mean[0], float64(power))
		}
		for _, sum := range found {
			if math.Abs(sum/want-1) > 1e-9 {
				t.Errorf("power %d: %g, not %g", power, sum, want)
			}
		}
	}
}
