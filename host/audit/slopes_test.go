package audit

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/unbiased"
	"spikegrad/host/unbiased/exact"
)

// full is set by make full and make coverage: tests in their long form.
var full = os.Getenv("SPIKEGRAD_FULL") != ""

// slopeOptionsFor returns those for slopes of a small net, over all samples.
func slopeOptionsFor(n *network.Network, s *exact.Source) SlopeOptions {
	o := DefaultSlopes()
	o.Network, o.Weights, o.Source = n, exact.Weights(n), s
	o.Surrogates = []string{"superspike"}
	o.Samples, o.Steps, o.Seed, o.TrainSamples, o.Workers = 0, []float64{0.05}, 3, 100, 1
	return o
}

// measuredSlopes measures slopes and returns what results leave out, too.
func measuredSlopes(t *testing.T, o SlopeOptions) *slopeRun {
	t.Helper()
	r, err := newSlopeRun(nil, o)
	if err != nil {
		t.Fatal(err)
	}
	for v := range r.variants {
		if err := r.measureDirections(context.Background(), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.measureSlopes(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r
}

// exactSlope returns the derivative of the expected loss along a unit direction of a part, from exact
// gradients [layer][weight]; without a direction, the length of the part's gradient.
func exactSlope(r *slopeRun, exactly [][]float64, p int, unit []float64) float64 {
	var gradients [][]float64
	for l, arrays := range unbiased.Arrays(r.network) {
		rest := exactly[l]
		for _, a := range arrays {
			size := a.Rows * a.Columns
			gradients, rest = append(gradients, rest[:size]), rest[size:]
		}
	}
	part := r.parts[p].of(gradients)
	if unit == nil {
		return math.Sqrt(dot(part, part))
	}
	return dot(part, unit)
}

// Slopes along surrogate gradients equal finite differences of the enumerated loss, within their
// errors; that of the readout is what its gradient promises. They would drown in noise if it were not
// the same on both sides.
func TestSlopesExact(t *testing.T) {
	quick := []string{"membrane only, exponential", "no synaptic current, two layers, membrane only", "convolution, stride and padding, then dense", "biases"}
	quick = append(quick, "adaptive")
	for _, c := range append(exact.Cases(), exact.LearnedCases()...) {
		if !full && !slices.Contains(quick, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			n := c.Network(t)
			weights := exact.Weights(n)
			exactly := exact.Gradient(t, n, weights, c.Source)
			o := slopeOptionsFor(n, c.Source.Again(512))
			o.Draws, o.Steps = 4, []float64{0.005, 0.3}
			r := measuredSlopes(t, o)
			found := r.result()
			last := len(found.Parts) - 1
			whole := exactSlope(r, exactly, last, nil)
			for p, part := range found.Parts {
				length := exactSlope(r, exactly, p, nil)
				if length < 0.01*whole { // the part has too little effect on the loss
					continue
				}
				for v, s := range part.Surrogates {
					if len(s.Steps) < 2 || s.Steps[1].Slope == nil {
						t.Fatalf("%s along %s: no slope, %+v, of a gradient of %.5f in %.5f", part.Name, s.Surrogate, s.Steps, length, whole)
					}
					slope := s.Steps[1].Slope
					if slope.Error > 0.1*whole {
						t.Errorf("%s along %s: %.5f ± %.5f, the gradient is %.5f long", part.Name, s.Surrogate, slope.Value, slope.Error, whole)
					}
					if (p < last || v == 0) && !n.Learns() { // enumeration is slow
						continue
					}
					up, down, distance := r.parts[p].sides(weights, r.units[v][p], o.Steps[1]*r.reach[p])
					high, low := exact.Loss(t, n, up, c.Source), exact.Loss(t, n, down, c.Source)
					if want := (high - low) / distance; math.Abs(slope.Value-want) > 4*slope.Error {
						t.Errorf("%s along %s: %.5f ± %.5f, exactly %.5f", part.Name, s.Surrogate, slope.Value, slope.Error, want)
					}
				}
			}
			if c.LossKind == "counts" {
				if found.Readout != nil {
					t.Error("a self-test without a readout")
				}
				return
			}
			if s := found.Readout; !s.Passed || math.Abs(s.Ratio-1) > 0.002 {
				t.Errorf("slope of the readout %.6f, promised %.6f", s.Slope.Value, s.Promised.Value)
			}
		})
	}
}

// coverageCase is a net whose intervals must cover exactly known values.
type coverageCase struct {
	exact.Case
	step float64 // of slopes: changes the loss of enough presentations, and stays nearly linear
}

// coverageCases returns cases with many different samples, so that intervals for a data set differ
// from those for the samples drawn.
func coverageCases() []coverageCase {
	return []coverageCase{
		{exact.Case{Name: "recurrent", Source: exact.NewSource(48, 3, 2, 7, 0.7), Layers: 1, LossKind: "last_step", Change: func(_ int, l *network.Layer) { l.Neurons, l.Delay = 2, 0 }}, 0.05},
		{exact.Case{Name: "two layers, counts", Source: exact.NewSource(48, 3, 2, 5, 0.8), Layers: 2, LossKind: "counts", Change: func(number int, l *network.Layer) {
			l.Neurons, l.Recurrent, l.Delay = 1+number, false, 0
		}}, 0.3},
	}
}

// weights make neurons spike in few steps.
func (c *coverageCase) weights(n *network.Network) [][]float32 {
	all := exact.Weights(n)
	for number, w := range n.Weights() {
		for i := range all[number] {
			if w.Name != "readout" {
				all[number][i] *= 2.5
			}
		}
	}
	return all
}

// tally counts intervals that cover the truth.
type tally struct{ held, of int }

func (c *tally) add(low, truth, high float64) {
	c.of++
	if low <= truth && truth <= high {
		c.held++
	}
}

// check demands that intervals cover the truth as often as they claim: 90 to 99 %, plus an allowance
// for chance in a short test.
func (c tally) check(t *testing.T, what string, seeds int) {
	t.Helper()
	share := float64(c.held) / float64(c.of)
	t.Logf("%s: %.1f %% of %d intervals", what, 100*share, c.of)
	slack := 0.0
	if !full {
		slack = 3 * math.Sqrt(0.05*0.95/float64(seeds))
	}
	if share < 0.90-slack || share > 0.99+slack {
		t.Errorf("%s: %d of %d intervals hold the truth, %.1f %%", what, c.held, c.of, 100*share)
	}
}

// seedsOf returns how many seeds coverage is measured with.
func seedsOf(few int) int {
	if full {
		return 200
	}
	return few
}

// Intervals of slopes cover the slope of the exact gradient as often as they claim: those for the
// samples drawn the slope of their mean, those for the data set the slope of all.
func TestSlopeCoverage(t *testing.T) {
	for _, c := range coverageCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			n := c.Network(t)
			weights := c.weights(n)
			var each [][][]float64 // [sample][layer]
			for sample := range c.Source.Spikes {
				single := *c.Source
				single.Spikes = c.Source.Spikes[sample : sample+1]
				single.Labels = []uint32{c.Source.Label(sample)}
				each = append(each, exact.Gradient(t, n, weights, &single))
			}
			var drawn, all tally
			seeds := seedsOf(5)
			for seed := range seeds {
				o := slopeOptionsFor(n, c.Source)
				o.Weights, o.Surrogates, o.Samples, o.Seed = weights, nil, 32, uint32(seed)
				o.Draws, o.Directions, o.Steps = 128, 64, []float64{c.step}
				r := measuredSlopes(t, o)
				everybody := make([]int, len(each))
				for i := range everybody {
					everybody[i] = i
				}
				for p, part := range r.result().Parts {
					s := part.Surrogates[0].Slope
					if s == nil {
						t.Fatalf("%s: no slope, %+v", part.Name, part.Surrogates[0].Steps)
					}
					drawn.add(s.Low, exactSlope(r, averaged(each, r.shown.Chosen), p, r.units[0][p]), s.High)
					all.add(s.DataLow, exactSlope(r, averaged(each, everybody), p, r.units[0][p]), s.DataHigh)
				}
			}
			drawn.check(t, "slopes of the samples drawn", seeds)
			all.check(t, "slopes of the data set", seeds)
		})
	}
}

// averaged returns the mean gradient, [layer], of chosen samples.
func averaged(each [][][]float64, chosen []int) [][]float64 {
	var sum [][]float64
	for _, sample := range chosen {
		sum = added(sum, each[sample], 1/float64(len(chosen)))
	}
	return sum
}

// Nothing but cost and device depends on workers and memory.
func TestSlopesInvariance(t *testing.T) {
	s := exact.NewSource(40, 7, 2, 12, 0.4)
	n := exact.Network(t, s, 2, func(number int, l *network.Layer) {
		l.Neurons, l.Filters, l.Kernel, l.RecurrentKernel = 9, 2, 3, 3
		if number == 0 {
			l.Kind = "conv1d"
		}
		l.Learn = []string{"tau_synapse", "threshold"}
	})
	var texts []string
	for _, change := range []func(*SlopeOptions){
		func(*SlopeOptions) {},
		func(o *SlopeOptions) { o.Workers = 3 },
		func(o *SlopeOptions) { o.PassSamples = 8; o.Workers = 2 },
	} {
		o := slopeOptionsFor(n, s)
		o.Samples, o.Directions, o.Steps = 16, 32, []float64{0.02, 0.05}
		change(&o)
		found, err := Slopes(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		found.Cost, found.Device = SlopeCost{}, ""
		text, err := json.Marshal(found)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	for i, text := range texts {
		if text != texts[0] {
			t.Errorf("slopes %d differ:\n%s\n%s", i, text, texts[0])
		}
	}
}

// The plan predicts how many runs there will be.
func TestSlopePlan(t *testing.T) {
	s := exact.NewSource(60, 4, 2, 6, 0.5)
	n := exact.Network(t, s, 1, func(_ int, l *network.Layer) { l.Neurons = 3 })
	o := slopeOptionsFor(n, s)
	o.Samples, o.Steps = 20, []float64{0.02, 0.05}
	var plan *Plan
	o.Observe = func(p SlopeProgress) {
		if p.Plan != nil {
			plan = p.Plan
		}
	}
	found, err := Slopes(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	// 2 surrogates, 3 parts and 2 steps, and the readout once, all with 20 samples in 2 draws, up and
	// down
	if want := 2 * 20 * 2 * (2*3*2 + 1); found.Cost.ForwardRuns != want || plan.ForwardRuns != want {
		t.Errorf("%d runs forward, planned %d, should be %d", found.Cost.ForwardRuns, plan.ForwardRuns, want)
	}
	if want := 2 * (20*40 + 2*20); found.Cost.GradientRuns != want || plan.GradientRuns != want {
		t.Errorf("%d gradients, planned %d, should be %d", found.Cost.GradientRuns, plan.GradientRuns, want)
	}
	if !(plan.Half > plan.Epochs && plan.Epochs > plan.Surrogate && plan.Step > 0 && plan.OneSurrogate < plan.Epochs) {
		t.Errorf("plan %+v", plan)
	}
	o.PlanOnly = true
	if found, err := Slopes(context.Background(), o); err != nil || len(found.Parts) != 0 || found.Cost.ForwardRuns != 0 {
		t.Errorf("a plan alone measured %d parts, error %v", len(found.Parts), err)
	}
}

// Constants that a step would take out of bounds are held, and everything else moves.
func TestSlopesWithinBounds(t *testing.T) {
	s := exact.NewSource(40, 4, 2, 8, 0.5)
	n := exact.Network(t, s, 1, func(_ int, l *network.Layer) {
		l.Neurons, l.Learn = 5, []string{"tau_membrane", "threshold"}
	})
	o := slopeOptionsFor(n, s)
	o.Steps = []float64{0.05, 0.2}
	for i, w := range n.Weights() {
		switch w.Constant {
		case "tau_membrane":
			o.Weights[i] = []float32{4, -4, 0.1, 3.9999, 0}
		case "threshold":
			o.Weights[i] = []float32{0, -0.2, 0.1, 0.3, -4}
		}
	}
	r := measuredSlopes(t, o)
	for p, part := range r.parts {
		for v := range r.variants {
			if math.Abs(dot(r.units[v][p], r.units[v][p])-1) > 1e-12 {
				t.Errorf("%s: no unit direction, %v", part.name, r.units[v][p])
			}
			if still := r.units[v][p]; part.name == "layer0.log_tau_membrane" && (still[0] != 0 || still[1] != 0 || still[3] != 0 || still[2] == 0 || still[4] == 0) {
				t.Errorf("%s: direction %v", part.name, still)
			}
		}
	}
	if found := r.result(); found.Parts[2].Name != "layer0.log_tau_membrane" || found.Parts[2].Surrogates[0].Steps == nil {
		t.Errorf("%+v", found.Parts[2])
	}
	if want := math.Sqrt(5); r.reach[2] != want {
		t.Errorf("five constants are %g long, want %g", r.reach[2], want)
	}
}

// Networks and data without slopes are rejected with advice.
func TestSlopesRefused(t *testing.T) {
	s := exact.NewSource(8, 3, 2, 6, 0.5)
	for _, c := range []struct {
		name   string
		change func(*SlopeOptions)
		want   string
	}{
		{"no noise", func(o *SlopeOptions) {
			o.Network.Layers[0].Noise.Kind, o.Network.Layers[0].Surrogate.Kind = "threshold", "superspike"
		}, "--other-mode"},
		{"one draw", func(o *SlopeOptions) { o.Draws = 1 }, "at least 2"},
		{"one sample", func(o *SlopeOptions) { o.Samples = 1 }, "0 for all"},
		{"no directions", func(o *SlopeOptions) { o.Directions = 0 }, "at least 1"},
		{"no steps", func(o *SlopeOptions) { o.Steps = nil }, "such as 0.01"},
		{"step of nothing", func(o *SlopeOptions) { o.Steps = []float64{0} }, "above 0"},
		{"step that is none", func(o *SlopeOptions) { o.Steps = []float64{math.NaN()} }, "above 0"},
		{"steps downwards", func(o *SlopeOptions) { o.Steps = []float64{0.02, 0.01} }, "ascending"},
		{"no weights", func(o *SlopeOptions) { clear(o.Weights[0]) }, "all zero"},
		{"empty", func(o *SlopeOptions) { o.Source = exact.NewSource(0, 3, 2, 6, 0) }, "choose another part"},
		{"other data", func(o *SlopeOptions) { o.Source = exact.NewSource(4, 5, 2, 6, 0) }, "5 channels"},
		{"too many draws", func(o *SlopeOptions) { o.Draws = math.MaxInt32 }, "noise can be drawn for at most"},
	} {
		o := slopeOptionsFor(exact.Network(t, s, 1, func(_ int, l *network.Layer) { l.Neurons = 3 }), s)
		c.change(&o)
		if _, err := Slopes(context.Background(), o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, should contain %q", c.name, err, c.want)
		}
	}
}

// A step that hardly changes a loss has no interval, and the page says so.
func TestSlopesTooSmallStep(t *testing.T) {
	s := exact.NewSource(12, 4, 2, 6, 0.5)
	n := exact.Network(t, s, 1, func(_ int, l *network.Layer) { l.Neurons = 3 })
	o := slopeOptionsFor(n, s)
	o.Steps = []float64{1e-6, 0.5}
	found, err := Slopes(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if found.Parts[0].Surrogates[0].Slope != nil || found.Parts[0].Best >= 0 || !strings.Contains(found.Markdown(), "no result") {
		t.Errorf("%+v", found.Parts[0].Surrogates[0])
	}
	if err := found.Write(t.TempDir()); err != nil {
		t.Error(err)
	}
}

// The folder holds page, numbers and picture, and can be read back.
func TestWriteSlopes(t *testing.T) {
	s := exact.NewSource(64, 4, 2, 6, 0.5)
	n := exact.Network(t, s, 1, func(_ int, l *network.Layer) { l.Neurons = 3 })
	o := slopeOptionsFor(n, s)
	o.Draws, o.Steps = 8, []float64{0.3}
	o.Open = func(n *network.Network, options engine.Options) (engine.Engine, error) {
		return engine.NewCPU[float32](n, options)
	}
	found, err := Slopes(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "new", "audit")
	if err := found.Write(folder); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"slopes.md": "The method tests itself", "slopes.json": `"slope": {`, "slopes.svg": "layer0.recurrent", "slopes.png": "PNG",
	} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !strings.Contains(strings.ToLower(string(text)), strings.ToLower(want)) {
			t.Errorf("%s does not contain %q (%v)", name, want, err)
		}
	}
	read, err := ReadSlopes(folder)
	if err != nil || read.Parts[0].Surrogates[0].Slope.Value != found.Parts[0].Surrogates[0].Slope.Value {
		t.Errorf("read %+v, %v", read, err)
	}
}

// The words match the numbers.
func TestSlopeSentences(t *testing.T) {
	number := func(x float64) *float64 { return &x }
	of := func(value, half float64) *Measured {
		return &Measured{value, half / 2, value - half, value + half, value - half, value + half}
	}
	p := SlopePart{Name: "layer0.input", Best: 0, Surrogates: []SlopeOf{
		{Surrogate: "superspike", Length: number(0.24), Slope: of(0.386, 0.05), Factor: of(1.6, 0.2)},
		{Surrogate: "superspike:3", Length: number(0.87), Slope: of(0.37, 0.05), Factor: of(0.42, 0.05), ToBest: of(0.97, 0.05)},
		{Surrogate: "arctangent", Length: number(5), Slope: of(0.113, 0.02), Factor: of(0.023, 0.01), ToBest: of(0.3, 0.05)},
		{Surrogate: "matched", Length: number(31.2), Slope: of(0.007, 0.02)},
		{Surrogate: "triangular", Length: number(27.7), Slope: of(-0.03, 0.02)},
		{Surrogate: "tiny", Steps: []StepSlope{{Step: 0.01}}},
		{Surrogate: "silent"},
	}}
	for v, want := range []string{
		"**superspike** is 1.6 times too short and has the best direction.",
		"**superspike:3** is 2.4 times too long, in a direction that cannot be distinguished from the best, that of superspike.",
		"**arctangent** is 43 times too long and reaches only 30 % of the cosine of the best, superspike.",
		"**matched** is 130 times longer than superspike, and its slope cannot be distinguished from 0.",
		"**triangular** is 120 times longer than superspike, and increases the loss.",
		"**tiny**: no result:",
		"**silent**: its gradient is zero",
	} {
		if found := p.sentence(v); !strings.HasPrefix(found, want) {
			t.Errorf("%q, not %q", found, want)
		}
	}
}
