package reproduce

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// content reads an experiment's JSON file and checks that its pictures lie beside it.
func content(t *testing.T, folder, name string, pictures int, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil || len(found) != pictures {
		t.Errorf("%d pictures (%v), want %d", len(found), err, pictures)
	}
}

func TestLoop(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "loop")
	if err := Loop(context.Background(), folder, Options{Quick: true}); err != nil {
		t.Fatal(err)
	}
	var loop struct {
		Beta      float64   `json:"beta"`
		BetaSG    []float64 `json:"beta_sg"`
		Points    int       `json:"points"`
		Surrogate []float64 `json:"surrogate_integral"`
		True      []float64 `json:"true_integral"`
		Uncertain []float64 `json:"uncertainty"`
		Single    struct {
			Points    int       `json:"points"`
			Surrogate []float64 `json:"surrogate_integral"`
			True      []float64 `json:"true_integral"`
		} `json:"single_precision"`
	}
	content(t, folder, "loop", 9, &loop)
	if loop.Beta != 1e4 || len(loop.BetaSG) != 3 || len(loop.Surrogate) != 3 || len(loop.True) != 3 || loop.Points != 1<<18 {
		t.Fatalf("loop.json: %+v", loop)
	}
	for i := range loop.BetaSG {
		if !(math.Abs(loop.True[i]) < 1e-10) {
			t.Errorf("β = β_SG = %g: integral %g, want 0", loop.BetaSG[i], loop.True[i])
		}
		if !(math.Abs(loop.Surrogate[i]) > 0.01) || !(loop.Uncertain[i] < 1e-6*math.Abs(loop.Surrogate[i])) {
			t.Errorf("β_SG = %g: integral %g ± %g: it should be plain and certain", loop.BetaSG[i], loop.Surrogate[i], loop.Uncertain[i])
		}
		if single := loop.Single; single.Points != loop.Points || !(math.Abs(single.Surrogate[i]-loop.Surrogate[i]) < 1e-4) || !(math.Abs(single.True[i]) < 1e-4) {
			t.Errorf("β_SG = %g: integrals %g and %g in single precision, want %g and 0", loop.BetaSG[i], single.Surrogate[i], single.True[i], loop.Surrogate[i])
		}
	}
}

// The curve is closed and its tangent is its derivative.
func TestLoopTangent(t *testing.T) {
	const h = 1e-6
	for _, turn := range []float64{0, 0.1, 0.37, 0.9} {
		_, tangent := loopAt(turn)
		above, _ := loopAt(turn + h)
		below, _ := loopAt(turn - h)
		around, _ := loopAt(turn + 1)
		here, _ := loopAt(turn)
		for i := range tangent {
			if want := (above[i] - below[i]) / (2 * h); math.Abs(tangent[i]-want) > 1e-8 {
				t.Errorf("turn %g, parameter %d: tangent %.10g, by difference %.10g", turn, i, tangent[i], want)
			}
			if math.Abs(around[i]-here[i]) > 1e-14 {
				t.Errorf("turn %g, parameter %d: the curve is not closed", turn, i)
			}
		}
	}
}

// The expected numbers were computed once with a separate program (a loop over the
// definitions in another language).
func TestBias(t *testing.T) {
	folder := t.TempDir()
	if err := Bias(context.Background(), folder, Options{}); err != nil {
		t.Fatal(err)
	}
	var bias struct {
		Beta     float64              `json:"beta"`
		W        []float64            `json:"w"`
		Output   float64              `json:"output_argmin"`
		BetaSG   []float64            `json:"beta_sg"`
		Argmin   []float64            `json:"surrogate_integral_argmin"`
		Fraction []float64            `json:"sign_disagreement_fraction"`
		Smoothed []float64            `json:"smoothed_argmin"`
		Plane    map[string][]float64 `json:"plane_gradient_at_v"`
		Order    map[string]float64   `json:"plane_order_difference"`
	}
	content(t, folder, "bias", 7, &bias)
	if bias.Beta != 100 || len(bias.W) != 10_001 || bias.W[0] != -0.2 || bias.W[10_000] != 0.2 {
		t.Fatalf("β = %g, %d points", bias.Beta, len(bias.W))
	}
	near := func(what string, found, want float64) {
		if math.Abs(found-want) > 1e-9 {
			t.Errorf("%s: %.10g, want %.10g", what, found, want)
		}
	}
	near("output", bias.Output, -0.01312)
	near("argmin 15", bias.Argmin[0], 0.2)
	near("argmin 30", bias.Argmin[1], 0.0088)
	near("smoothed 15", bias.Smoothed[0], 0.2)
	near("smoothed 30", bias.Smoothed[1], 0.02944)
	near("fraction 15", bias.Fraction[0], 0.5327467253274673)
	near("fraction 30", bias.Fraction[1], 0.0547945205479452)
	if v := bias.Plane["20"]; len(v) != 2 || math.Hypot(v[0], v[1]) > 1e-12 {
		t.Errorf("true gradient at v: %v, want none", v)
	}
	// The order of integration matters for the surrogate gradient; for a true gradient,
	// only the error of the trapezoidal rule is left.
	if !(bias.Order["20"] < 4e-3) {
		t.Errorf("surfaces of the true gradient differ by %g of their range", bias.Order["20"])
	}
	for _, betaSG := range []string{"2", "4"} {
		if !(bias.Order[betaSG] > 0.05) {
			t.Errorf("surfaces of the surrogate, β_SG = %s, differ by %g of their range only", betaSG, bias.Order[betaSG])
		}
		if v := bias.Plane[betaSG]; len(v) != 2 || math.Hypot(v[0], v[1]) < 1e-4 {
			t.Errorf("surrogate gradient at v, β_SG = %s: %v, want one that points somewhere", betaSG, v)
		}
	}
}

func TestNeurons(t *testing.T) {
	folder := t.TempDir()
	if err := Neurons(context.Background(), folder, Options{Quick: true, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	var numbers NeuronsNumbers
	content(t, folder, "neurons", 7, &numbers)
	for _, firing := range [][]FiringAt{numbers.Perceptron, numbers.LIF} {
		for _, f := range firing {
			if d := math.Abs(f.Share - f.Probability); d > 4*f.StandardError+1e-3 {
				t.Errorf("potential %.3f: share %.4f, probability %.4f ± %.4f", f.Potential, f.Share, f.Probability, f.StandardError)
			}
		}
	}
	deterministic, stochastic := numbers.Neurons[0], numbers.Neurons[1]
	if deterministic.Fano != 0 || !(stochastic.Fano > 0.02) {
		t.Errorf("Fano factors %g without noise, %g with", deterministic.Fano, stochastic.Fano)
	}
	if deterministic.MeanCount < 2 || stochastic.MeanCount < 2 {
		t.Errorf("mean counts %g and %g: too few for a picture", deterministic.MeanCount, stochastic.MeanCount)
	}
}

func TestDerivatives(t *testing.T) {
	folder := t.TempDir()
	if err := Derivatives(context.Background(), folder, Options{Quick: true, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	var numbers DerivativesNumbers
	content(t, folder, "derivatives", 4, &numbers)
	check := func(neuron string, curves DerivativeCurves, skip map[string]bool) {
		exact := map[float64]float64{}
		for i, w := range curves.Weight {
			exact[w] = curves.Exact[i]
		}
		for _, e := range curves.Estimates {
			if skip[e.Estimator] {
				continue
			}
			for i, w := range e.Weight {
				if d := math.Abs(e.Mean[i] - exact[w]); d > 4*e.StandardError[i]+0.02 {
					t.Errorf("%s, %s at %.3f: %.4f ± %.4f, exact %.4f", neuron, e.Estimator, w, e.Mean[i], e.StandardError[i], exact[w])
				}
			}
		}
	}
	check("perceptron", numbers.Perceptron, nil)
	check("LIF", numbers.LIF, map[string]bool{"surrogate": true, "smoothed": true})
}

func TestFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Bias(context.Background(), filepath.Join(file, "out"), Options{}); err == nil {
		t.Error("a folder inside a file: no error")
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Loop(ended, t.TempDir(), Options{Quick: true}); err == nil {
		t.Error("ended context: no error")
	}
}

// TestLimit: as the noise becomes steeper, the mean surrogate gradient approaches that of
// the deterministic neuron or network.
func TestLimit(t *testing.T) {
	folder := t.TempDir()
	if err := Limit(context.Background(), folder, Options{Quick: true, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	var numbers LimitNumbers
	content(t, folder, "limit", 3, &numbers)
	for _, c := range []LimitCurve{numbers.Neuron, numbers.Network} {
		first, last := c.Distance[0], c.Distance[len(c.Distance)-1]
		if !(first > 0.1) || !(last < 0.02) || !(c.Length > 0) {
			t.Errorf("%s: distances %v", c.Name, c.Distance)
		}
	}
}

// What theory says about bias and variance: no unbiased estimator deviates more than its
// number of trials allows; surrogate gradients are biased as soon as there is a hidden
// layer.
func TestSweepEstimators(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "estimators")
	if err := SweepEstimators(context.Background(), folder, Options{Quick: true, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	var numbers SweepNumbers
	content(t, folder, "estimators", 6, &numbers)
	if len(numbers.Sweeps) != 3 {
		t.Fatalf("%d sweeps, want 3", len(numbers.Sweeps))
	}
	for _, sweep := range numbers.Sweeps {
		curves := map[string]SweepCurve{}
		for _, curve := range sweep.Estimators {
			curves[curve.Name] = curve
			for i, bias := range curve.RelativeBias {
				if curve.Unbiased && curve.Random && curve.Name != "finite_difference" && !(bias < curve.Chance[i]) {
					t.Errorf("%s, %s %g: bias %g, chance gives %g", curve.Name, sweep.Over, sweep.Values[i], bias, curve.Chance[i])
				}
			}
		}
		for i, value := range sweep.Values {
			surrogate := curves["surrogate"]
			if !(surrogate.RelativeBias[i] > surrogate.Chance[i]) {
				t.Errorf("%s %g: bias of the surrogate %g, chance gives %g", sweep.Over, value, surrogate.RelativeBias[i], surrogate.Chance[i])
			}
		}
	}
}
