package evaluate

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/engine/ranktest"
)

func tinySettings() Settings {
	return Settings{Part: "test", Trials: 3, Fano: FanoOptions{Trials: 20, Window: 4, Minimum: 0.1}, FanoSamples: 2, Sample: 1, Rasters: 9}
}

func TestRun(t *testing.T) {
	folder, summary := trained(t, tinyText)
	heard := map[string]bool{}
	report, err := Run(context.Background(), folder, Options{
		Settings: tinySettings(),
		Observer: func(what string, done, all int) { heard[what] = heard[what] || done == all },
	})
	if err != nil {
		t.Fatal(err)
	}
	if !report.Trained.Noise || report.Other.Noise || report.WeightsSHA256 != summary.WeightsSHA256 {
		t.Errorf("%+v", report)
	}
	if report.Trained.Performance.TrialAccuracy[0] != *summary.TestAccuracy || report.Other.Performance.Accuracy != *summary.TestAccuracyOtherMode {
		t.Error("accuracies are not those of training")
	}
	for what, finished := range heard {
		if !finished {
			t.Errorf("%s: never finished", what)
		}
	}

	stored, err := Read(filepath.Join(folder, "evaluation"))
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(report, stored, cmpopts.IgnoreFields(Performance{}, "Predicted", "Probabilities", "Deviations")); difference != "" {
		t.Error(difference)
	}
	entries, err := os.ReadDir(filepath.Join(folder, "evaluation"))
	if err != nil {
		t.Fatal(err)
	}
	var names, want []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	for _, name := range []string{"confusion", "confusion-other-mode", "evaluation", "fano", "fano-other-mode", "raster", "raster-other-mode", "raster-second", "rasters", "reliability", "reliability-other-mode",
		"trials-layer0", "trials-layer0-other-mode", "trials-layer1", "trials-layer1-other-mode"} {
		if name == "evaluation" || name == "rasters" {
			want = append(want, name+".json")
			continue
		}
		want = append(want, name+".png", name+".svg")
	}
	if difference := cmp.Diff(want, names, cmpopts.SortSlices(strings.Compare)); difference != "" {
		t.Error(difference)
	}

	again, err := Run(context.Background(), folder, Options{Settings: tinySettings(), Folder: t.TempDir(), NoPictures: true, Batch: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(report, again, cmpopts.IgnoreFields(Report{}, "Device")); difference != "" {
		t.Errorf("with other batches: %s", difference)
	}

	measured, rasters, err := Measure(context.Background(), folder, Options{Settings: tinySettings()})
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(report, measured, cmpopts.IgnoreFields(Report{}, "Device")); difference != "" {
		t.Errorf("without files: %s", difference)
	}
	storedRasters, err := ReadRasters(filepath.Join(folder, "evaluation"))
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(rasters, storedRasters); difference != "" {
		t.Errorf("rasters on the disk: %s", difference)
	}
	if len(rasters.Trained.Sample.Layers) != 3 || len(rasters.Other.Neurons) != 2 {
		t.Errorf("rasters of %d layers and %d neurons, want 3 and 2", len(rasters.Trained.Sample.Layers), len(rasters.Other.Neurons))
	}
	if first, second := rasters.Trained.Sample, rasters.Trained.Second; rasters.Other.Second != nil || second == nil || second.True == first.True || second.Sample == first.Sample {
		t.Errorf("%s of class %d, then %+v", first.Sample, first.True, second)
	}
}

func TestRunRefuses(t *testing.T) {
	folder, _ := trained(t, tinyText)
	settings := tinySettings()
	settings.Part = "tests"
	if _, err := Run(context.Background(), folder, Options{Settings: settings}); err == nil || !strings.Contains(err.Error(), `part "tests" is unknown; want one of test, validation, train, all`) {
		t.Errorf("error %v", err)
	}
	settings = tinySettings()
	settings.Sample = 1 << 20
	if _, err := Run(context.Background(), folder, Options{Settings: settings}); err == nil || !strings.Contains(err.Error(), "sample 1048576 of") {
		t.Errorf("error %v", err)
	}
	if _, err := Run(context.Background(), t.TempDir(), Options{Settings: tinySettings()}); err == nil || !strings.Contains(err.Error(), "holds no run") {
		t.Errorf("error %v", err)
	}
	if _, err := Read(folder); err == nil || !strings.Contains(err.Error(), "holds no evaluation") {
		t.Errorf("error %v", err)
	}
}

func TestNeuronTrials(t *testing.T) {
	folder, _ := trained(t, tinyText)
	s := opened(t, folder, nil)
	drawings, err := NeuronTrials(context.Background(), s, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	s.Batch = 1
	again, err := NeuronTrials(context.Background(), s, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(drawings, again); difference != "" {
		t.Error(difference)
	}
	for l, drawing := range drawings {
		if len(drawing.Spikes) != 10 || len(drawing.Spikes[0]) == 0 {
			t.Errorf("layer %d: %d trials, %d spikes in the first", l, len(drawing.Spikes), len(drawing.Spikes[0]))
		}
	}
}

func TestTypical(t *testing.T) {
	for want, counts := range map[int][]int{
		0: {0, 0},
		2: {5, 0, 3, 1},
		1: {1, 2},
	} {
		found := typical(len(counts), func(spiked func(int)) {
			for neuron, count := range counts {
				for range count {
					spiked(neuron)
				}
			}
		})
		if found != want {
			t.Errorf("%v: neuron %d, want %d", counts, found, want)
		}
	}
}

// labelled is a source of samples that have only labels.
type labelled struct {
	data.Source
	labels []uint32
}

func (l labelled) Len() int                { return len(l.labels) }
func (l labelled) Label(sample int) uint32 { return l.labels[sample] }

// TestSecond: the second sample is the next one of another class, wrapping around at the end.
func TestSecond(t *testing.T) {
	for _, c := range []struct {
		labels       []uint32
		sample, want int
		found        bool
	}{
		{[]uint32{0, 1, 0, 0, 2}, 0, 1, true},
		{[]uint32{0, 1, 0, 0, 2}, 2, 4, true},
		{[]uint32{0, 1, 0, 0, 2}, 4, 0, true},
		{[]uint32{0, 1, 2, 2, 2}, 3, 0, true},
		{[]uint32{5, 5, 5}, 1, 0, false},
	} {
		m := &measurement{source: labelled{labels: c.labels}}
		m.options.Sample = c.sample
		if got, found := m.second(); got != c.want || found != c.found {
			t.Errorf("labels %v, sample %d: second %d, %t; want %d, %t", c.labels, c.sample, got, found, c.want, c.found)
		}
	}
}

// TestRunOverRanks: ranks measure the same as one process, and only the first one writes.
func TestRunOverRanks(t *testing.T) {
	folder, _ := trained(t, tinyText)
	options := Options{Settings: tinySettings(), Batch: 21, Folder: t.TempDir()}
	want, err := Run(context.Background(), folder, options)
	if err != nil {
		t.Fatal(err)
	}
	const ranks = 3
	reports, failures := make([]*Report, ranks), make([]error, ranks)
	out := t.TempDir()
	ranktest.Run(ranks, func(x *ranktest.Exchange) {
		own := options
		own.Exchange, own.Folder, own.Observer = x, out, func(string, int, int) {}
		if x.Rank() > 0 {
			own.Folder, own.Observer = "/dev/null/folder", func(string, int, int) { t.Error("another rank than the first is observed") }
		}
		reports[x.Rank()], failures[x.Rank()] = Run(context.Background(), folder, own)
	})
	for rank, err := range failures {
		if err != nil {
			t.Fatal(err)
		}
		if difference := cmp.Diff(want, reports[rank], cmpopts.IgnoreFields(Report{}, "Device")); difference != "" {
			t.Errorf("rank %d of %d: %s", rank, ranks, difference)
		}
	}
	if got, want := readFile(t, out, rastersFile), readFile(t, options.Folder, rastersFile); got != want {
		t.Errorf("%d ranks: other rasters", ranks)
	}
}

// TestRanksMeasureTheSame: ranks with different requests, or that are interrupted, end together.
func TestRanksMeasureTheSame(t *testing.T) {
	folder, _ := trained(t, tinyText)
	for name, c := range map[string]struct {
		change func(o *Options)
		want   string
	}{
		"other trials": {func(o *Options) { o.Trials++ }, "rank 1: it has other data, weights or arguments"},
		"no such part": {func(o *Options) { o.Part = "spare" }, `rank 1: part "spare" is unknown`},
		"interrupted":  {nil, context.Canceled.Error()},
	} {
		ranktest.Run(2, func(x *ranktest.Exchange) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			o := Options{Settings: tinySettings(), Folder: t.TempDir(), NoPictures: true, Exchange: x}
			if x.Rank() == 1 && c.change != nil {
				c.change(&o)
			} else if x.Rank() == 1 {
				cancel()
			}
			_, err := Run(ctx, folder, o)
			if err == nil || !engine.Agreed(err) || x.Rank() == 0 && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s: rank %d has error %v, want %s…", name, x.Rank(), err, c.want)
			}
		})
	}
}

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
