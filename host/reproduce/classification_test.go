package reproduce

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spikegrad/host/engine"
	"spikegrad/host/engine/ranktest"
	"spikegrad/host/evaluate"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// tinyComparison is a comparison of networks of a few neurons that takes a second.
func tinyComparison(out string, seeds int) *comparison {
	return &comparison{
		ClassificationOptions: ClassificationOptions{Data: "randman", Seeds: seeds, Out: out},
		settings: evaluate.Settings{
			Part: "test", Trials: 2, Fano: evaluate.FanoOptions{Trials: 10, Window: 4, Minimum: 0.1}, FanoSamples: 1, Rasters: 5,
		},
		configure: func(method Method) (train.Config, error) {
			config, err := RandmanConv(method)
			config.Data.Steps, config.Data.Test = 15, 0.3
			config.Data.Randman.Channels, config.Data.Randman.Classes, config.Data.Randman.SamplesPerClass = 6, 3, 10
			config.Network.Layers = config.Network.Layers[:1]
			config.Network.Layers[0].Filters, config.Network.Layers[0].Kernel = 5, 3
			config.Training.Epochs, config.Training.Batch = 2, 6
			return config, err
		},
	}
}

// untimed ignores fields that differ from run to run.
func untimed() cmp.Options {
	return cmp.Options{
		cmpopts.IgnoreFields(train.Epoch{}, "TrainSeconds", "Seconds", "SamplesPerSecond"),
		cmpopts.IgnoreFields(train.Summary{}, "TrainSeconds", "Seconds", "Finished", "SamplesPerSecond"),
		cmpopts.IgnoreFields(evaluate.Performance{}, "Predicted", "Probabilities", "Deviations"),
	}
}

func TestClassification(t *testing.T) {
	out := t.TempDir()
	result, err := tinyComparison(out, 2).run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"classification.md", "learning-curves.png", "learning-curves.svg", "test-accuracy.png", "test-accuracy.svg",
		"firing-rates.png", "spikes-by-epoch.png", "fano-factors.svg", "runs/multilayerspiker-seed2/summary.json",
		"runs/stochastic-matched-seed1/evaluation/raster.png", "runs/stochastic-matched-seed1/evaluation/raster-second.png",
		"runs/stochastic-matched-seed1/evaluation/trials-layer0.png"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(out, "classification.json"))
	if err != nil {
		t.Fatal(err)
	}
	var stored ClassificationResult
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(result, &stored, untimed(), cmpopts.EquateEmpty()); difference != "" {
		t.Error(difference)
	}

	for i, m := range result.Methods {
		if len(m.Runs) != 2 || m.Trained.Noise != m.Stochastic() || m.Other.Noise == m.Stochastic() || len(m.Runs[0].Epochs) != 2 {
			t.Errorf("%s: %d runs, noise %v and %v", m.Key, len(m.Runs), m.Trained.Noise, m.Other.Noise)
		}
		for k, run := range m.Runs {
			if run.Seed != uint32(k+1) || run.Summary.Seed != run.Seed || run.Evaluation.Seed != run.Seed {
				t.Errorf("%s: run %d has seed %d", m.Key, k, run.Seed)
			}
			if run.Evaluation.Trained.Performance.TrialAccuracy[0] != *run.Summary.TestAccuracy {
				t.Errorf("%s: the first trial is not the test of the run", m.Key)
			}
		}
		if i > 0 {
			d := result.Differences[i-1]
			if d.Method != m.Key || math.Abs(d.Test.Mean-(m.Trained.Accuracy.Mean-result.Methods[0].Trained.Accuracy.Mean)) > 1e-12 ||
				!(*d.Low <= d.Test.Mean && d.Test.Mean <= *d.High) {
				t.Errorf("%+v", d)
			}
		}
		if !strings.Contains(result.Markdown(), "| "+m.Name+" |") {
			t.Errorf("no row for %s in %s", m.Name, result.Markdown())
		}
	}
}

// TestInterruptedClassificationGoesOn cancels a comparison in training, between runs and in
// an evaluation, resumes it, and compares the result with one that was never interrupted.
func TestInterruptedClassificationGoesOn(t *testing.T) {
	want, err := tinyComparison(t.TempDir(), 1).run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	for _, stop := range []struct {
		start  string // of the run during whose training it is cancelled
		note   string // or a note announcing the work that is cancelled
		trains int    // runs started or resumed
	}{
		{start: "deterministic-superspike-seed1", trains: 1},
		{note: "evaluating", trains: 1},
		{note: "stochastic matched", trains: 2},
		{start: "multilayerspiker-seed1", trains: 2},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		c := tinyComparison(out, 1)
		w := &starts{}
		c.Observer = func(folder string) train.Observer {
			w.stop, w.folder = nil, folder
			if stop.start == filepath.Base(folder) {
				w.stop = cancel
			}
			return w
		}
		c.Note = func(message string) {
			if stop.note != "" && strings.HasPrefix(message, stop.note) {
				cancel()
			}
		}
		_, err := c.run(ctx)
		var interruption *InterruptedError
		if !errors.As(err, &interruption) || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), out) {
			t.Fatalf("%+v: %v", stop, err)
		}
		if w.count != stop.trains {
			t.Errorf("%+v: %d runs trained", stop, w.count)
		}
		cancel()
	}
	c := tinyComparison(out, 1)
	w := &starts{}
	c.Observer = func(string) train.Observer { return w }
	found, err := c.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if w.count != 1 {
		t.Errorf("%d runs trained in the end", w.count)
	}
	if difference := cmp.Diff(want, found, untimed(), cmpopts.EquateEmpty()); difference != "" {
		t.Error(difference)
	}

	w.count = 0
	evaluation := filepath.Join(out, "runs", "stochastic-matched-seed1", "evaluation", "evaluation.json")
	before, err := os.Stat(evaluation)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.run(context.Background()); err != nil || w.count != 0 {
		t.Errorf("a finished comparison: %d runs trained, %v", w.count, err)
	}
	if after, err := os.Stat(evaluation); err != nil || !os.SameFile(before, after) {
		t.Errorf("a finished evaluation was made anew, %v", err)
	}
}

// starts is an observer that counts runs and can cancel during the first batch.
type starts struct {
	count  int
	folder string
	stop   context.CancelFunc
}

func (s *starts) OnStart(train.Start)    { s.count++ }
func (s *starts) OnEpoch(train.Epoch)    {}
func (s *starts) OnWarning(string)       {}
func (s *starts) OnBatch(train.Progress) { s.cancel() }

func (s *starts) cancel() {
	if s.stop != nil {
		s.stop()
	}
}

func TestClassificationRefuses(t *testing.T) {
	for want, options := range map[string]ClassificationOptions{
		"0 seeds":                      {Data: "randman", Out: "x"},
		"--out":                        {Data: "randman", Seeds: 1},
		`data "digits"`:                {Data: "digits", Seeds: 1, Out: "x"},
		"spoken needs one":             {Data: "spoken", Seeds: 1, Out: "x"},
		"no tuned":                     {Data: "randman", Seeds: 1, Out: "x", Tuned: true},
		"quick or tuned":               {Data: "spoken:x", Seeds: 1, Out: "x", Tuned: true, Quick: true},
		"no smoothness":                {Data: "spoken:x", Seeds: 1, Out: "x", Smoothness: 1},
		"fixed number of steps":        {Data: "randman", Seeds: 1, Out: "x", Steps: 349},
		"smoothness = -1":              {Data: "randman", Seeds: 1, Out: "x", Smoothness: -1},
		"unknown method \"x\"":         {Data: "randman", Seeds: 1, Out: "x", Methods: []string{"x"}},
		"unknown set of methods \"x\"": {Data: "randman", Seeds: 1, Out: "x", Set: "x"},
		"in the set reset":             {Data: "randman", Seeds: 1, Out: "x", Set: "reset", Methods: []string{"multilayerspiker"}},
		"named twice":                  {Data: "randman", Seeds: 1, Out: "x", Methods: []string{"multilayerspiker", "multilayerspiker"}},
	} {
		if _, err := Classification(context.Background(), options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
}

// TestChosenMethods compares two methods in reverse order, with different data.
func TestChosenMethods(t *testing.T) {
	c := tinyComparison(t.TempDir(), 1)
	c.Methods, c.Smoothness = []string{"multilayerspiker", "deterministic-superspike"}, 2
	result, err := c.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Methods) != 2 || result.Methods[0].Key != "multilayerspiker" || result.Methods[1].Key != "deterministic-superspike" {
		t.Errorf("methods %+v", result.Methods)
	}
	if len(result.Differences) != 1 || result.Differences[0].Minus != "multilayerspiker" {
		t.Errorf("differences %+v", result.Differences)
	}
	report, err := os.ReadFile(filepath.Join(c.Out, "classification.md"))
	if err != nil || !strings.Contains(string(report), "# Classification: randman, smoothness 2\n") {
		t.Errorf("%v, %s", err, report)
	}
	options := ClassificationOptions{Data: "randman", Smoothness: 2}
	config, err := options.config(Methods()[0])
	if err != nil || config.Data.Randman.Smoothness != 2 || config.Data.Randman.StepFraction != 0.5 {
		t.Errorf("%v, %+v", err, config.Data.Randman)
	}
}

// TestSets compares two methods of a set that differ only in the reset, and checks the
// required differences between the others.
func TestSets(t *testing.T) {
	c := tinyComparison(t.TempDir(), 1)
	c.Set, c.Methods = "reset", []string{"stochastic-matched", "stochastic-matched-reset"}
	result, err := c.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Methods) != 2 || result.Methods[0].Runs[0].Summary.WeightsSHA256 == result.Methods[1].Runs[0].Summary.WeightsSHA256 {
		t.Errorf("errors through the reset change no weight: %+v", result.Methods)
	}
	report, err := os.ReadFile(filepath.Join(c.Out, "classification.md"))
	if err != nil || !strings.HasPrefix(string(report), "# Classification: randman, set reset\n") {
		t.Errorf("%v, %s", err, report)
	}
	kinds := map[string][]string{}
	for _, set := range Sets() {
		for _, m := range set.Methods {
			kind := m.Noise + " " + m.Surrogate
			if m.ThroughReset {
				kind += ", reset"
			}
			kinds[set.Key] = append(kinds[set.Key], kind)
		}
	}
	want := map[string][]string{
		"methods": {"threshold superspike", "sigmoid superspike", "sigmoid matched", "sigmoid multilayerspiker"},
		"sigmoid": {"threshold sigmoid", "sigmoid matched", "sigmoid unscaled_sigmoid"},
		"reset":   {"sigmoid matched", "sigmoid matched, reset", "sigmoid unscaled_sigmoid", "sigmoid unscaled_sigmoid, reset"},
		"noises":  {"sigmoid matched", "exponential matched", "hazard matched", "superspike matched"},
	}
	if difference := cmp.Diff(want, kinds); difference != "" {
		t.Error(difference)
	}
}

// TestSpokenTuned checks that the tuned settings keep the published network.
func TestSpokenTuned(t *testing.T) {
	options := ClassificationOptions{Data: "spoken:x", Tuned: true}
	tuned, err := options.config(Methods()[1])
	if err != nil {
		t.Fatal(err)
	}
	options.Tuned = false
	published, err := options.config(Methods()[1])
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(published.Network.Layers, tuned.Network.Layers, cmpopts.IgnoreUnexported(network.Layer{})); difference != "" {
		t.Error(difference)
	}
	if tuned.Training.Schedule.Kind != "cosine" || tuned.Training.Schedule.Length != tuned.Training.Epochs || tuned.Data.Augment.ShiftChannels != 15 {
		t.Errorf("%+v, %+v", tuned.Training, tuned.Data.Augment)
	}
}

func TestClassificationRefusesAnotherConfiguration(t *testing.T) {
	out := t.TempDir()
	if _, err := tinyComparison(out, 1).run(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := tinyComparison(out, 1)
	configure := c.configure
	c.configure = func(method Method) (train.Config, error) {
		config, err := configure(method)
		config.Network.Layers[0].Filters = 6
		return config, err
	}
	if _, err := c.run(context.Background()); err == nil || !strings.Contains(err.Error(), "filters was 5 and is 6") {
		t.Errorf("error %v", err)
	}
}

// TestConfigurations checks that the configurations are valid and have the sizes of the
// paper's networks.
func TestConfigurations(t *testing.T) {
	for _, quick := range []bool{false, true} {
		for _, dataset := range []string{"randman", "spoken:x", "shd:x", "ssc:x"} {
			for _, set := range Sets() {
				for _, method := range set.Methods {
					config, err := classificationConfig(dataset, quick, false, method)
					if err != nil {
						t.Errorf("%s, %s: %v", dataset, method.Key, err)
					}
					for _, layer := range config.Network.Layers {
						if layer.Noise.Kind != method.Noise || layer.Surrogate.Kind != method.Surrogate || layer.DifferentiateReset != method.ThroughReset {
							t.Errorf("%s: %+v", method.Key, layer)
						}
					}
				}
			}
		}
	}
	config, err := HeidelbergConv("shd:x", Methods()[2])
	if err != nil {
		t.Fatal(err)
	}
	n := config.Network
	n.Inputs, n.Classes, n.Steps, n.StepLength = 700, 20, config.Data.Steps, config.Data.StepLength
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	// (700−21)/10+1 = 68, (68−7)/3+1 = 21, (21−7)/3+1 = 5 positions.
	if n.Steps != 350 || n.Layers[0].Neurons != 16*68 || n.Layers[1].Neurons != 32*21 || n.Layers[2].Neurons != 64*5 {
		t.Errorf("%d steps; %d, %d, %d neurons", n.Steps, n.Layers[0].Neurons, n.Layers[1].Neurons, n.Layers[2].Neurons)
	}
}

func TestConfidence95(t *testing.T) {
	// t(0.975, 4) = 2.776445 (tables); mean 3, deviation √2.5 of 1…5.
	half, known := confidence95(overSeeds([]float64{1, 2, 3, 4, 5}))
	if want := 2.776445 * math.Sqrt(2.5/5); !known || math.Abs(half-want) > 1e-5 {
		t.Errorf("%g, want %g", half, want)
	}
	if _, known := confidence95(overSeeds([]float64{1})); known {
		t.Error("one run has an interval")
	}
}

func TestClassificationEpochs(t *testing.T) {
	for _, test := range []struct{ asked, want int }{{0, 200}, {3, 3}} {
		options := ClassificationOptions{Data: "randman", Seeds: 1, Out: "x", Epochs: test.asked}
		config, err := options.config(Methods()[0])
		if err != nil || config.Training.Epochs != test.want {
			t.Errorf("%d epochs asked for: %d (%v), want %d", test.asked, config.Training.Epochs, err, test.want)
		}
	}
	options := ClassificationOptions{Data: "shd:x", Seeds: 1, Out: "x", Steps: 349}
	if config, err := options.config(Methods()[0]); err != nil || config.Data.Steps != 349 || config.Data.StepLength != 0.002 {
		t.Errorf("349 steps asked for: %d of %g s (%v)", config.Data.Steps, config.Data.StepLength, err)
	}
	options = ClassificationOptions{Data: "randman", Seeds: 1, Out: "x", Epochs: -1}
	if err := options.Validate(); err == nil || !strings.Contains(err.Error(), "epochs = -1") {
		t.Errorf("-1 epochs: %v", err)
	}
}

// TestClassificationOverRanks: a comparison that is interrupted on either of two ranks, in training or
// in an evaluation, resumes with three, and all of them get the same result as a single process.
func TestClassificationOverRanks(t *testing.T) {
	// pair compares two methods.
	pair := func(out string) *comparison {
		c := tinyComparison(out, 1)
		c.ClassificationOptions.Methods = []string{"deterministic-superspike", "stochastic-superspike"}
		return c
	}
	want, err := pair(t.TempDir()).run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	for _, moment := range []string{"stochastic-superspike-seed1", "evaluating"} {
		ranktest.Run(2, func(x *ranktest.Exchange) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			c := pair(out)
			c.Exchange = x
			c.Open = func(n *network.Network, options engine.Options) (engine.Engine, error) {
				if x.Rank() == 1 && moment != "evaluating" { // in the second training, not the first
					if _, err := os.Stat(filepath.Join(out, "runs", moment)); err == nil {
						cancel()
					}
				}
				return engine.OpenBy(nil, n, options)
			}
			c.Note = func(message string) {
				if x.Rank() > 0 {
					t.Errorf("rank %d is told %q", x.Rank(), message)
				}
				if strings.HasPrefix(message, moment) {
					cancel()
				}
			}
			_, err := c.run(ctx)
			var interruption *InterruptedError
			if !errors.As(err, &interruption) || !engine.Agreed(err) {
				t.Errorf("%s: rank %d ends with %v", moment, x.Rank(), err)
			}
		})
	}
	ranktest.Run(3, func(x *ranktest.Exchange) {
		c := pair(out)
		c.Exchange = x
		got, err := c.run(context.Background())
		if err != nil {
			t.Error(err)
			return
		}
		devices := cmp.Options{cmpopts.IgnoreFields(train.Summary{}, "Device"), cmpopts.IgnoreFields(evaluate.Report{}, "Device")}
		if difference := cmp.Diff(want, got, untimed(), devices, cmpopts.EquateEmpty()); difference != "" {
			t.Errorf("rank %d: %s", x.Rank(), difference)
		}
	})
	if _, err := os.Stat(filepath.Join(out, "classification.json")); err != nil {
		t.Error(err)
	}
}
