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
	for _, net := range []string{"perceptron", "mlp:2", "mlp:3,2", "lif:3,2"} {
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
			exact := strings.HasPrefix(net, "lif") != (read.Reference == "exact")
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

// Where samples do not vary there is no significance, in the estimator or in the
// reference; an enumerated gradient needs no error.
func TestBiasZ(t *testing.T) {
	two := func(a, b []float64) Measured {
		m := newMoments(len(a))
		m.add(a)
		m.add(b)
		return Measured{Moments: m}
	}
	samples := two([]float64{1, 1, 0}, []float64{3, 1, 2}) // standard errors 1, 0, 1
	for reference, want := range map[string][]float64{"exact": {2, 0, 1}, "single_flip": {0, 0, 1 / math.Sqrt2}} {
		r := Report{Reference: reference, Gradient: []float64{0, 0, 0}, Error: []float64{0, 0, 0}}
		if reference != "exact" {
			r.Error[2] = 1
		}
		found := r.compare(MatchedSurrogate(), samples)
		for i, z := range want {
			if math.Abs(found.BiasZ[i]-z) > 1e-12 {
				t.Errorf("%s: z of parameter %d is %g, not %g", reference, i, found.BiasZ[i], z)
			}
		}
	}
}
