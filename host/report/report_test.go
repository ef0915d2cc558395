package report

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"spikegrad/host/atomicfile"
	"spikegrad/host/audit"
	"spikegrad/host/evaluate"
	"spikegrad/host/train"
)

// trained trains a small network in the given folder.
func trained(t *testing.T, folder string, change func(c *train.Config)) string {
	t.Helper()
	config, err := train.Default("digits")
	if err != nil {
		t.Fatal(err)
	}
	config.Training.Epochs = 2
	config.Network.Layers[0].Neurons = 33
	if change != nil {
		change(&config)
	}
	if _, err := train.Run(context.Background(), config, train.Options{Folder: folder}); err != nil {
		t.Fatal(err)
	}
	return folder
}

// fixture is the folder that all tests use: it holds a run that was evaluated and audited,
// and one that was only trained.
var fixture = sync.OnceValues(func() (folder string, err error) { return os.MkdirTemp("", "report") })

func TestMain(m *testing.M) {
	code := m.Run()
	if folder, err := fixture(); err == nil {
		os.RemoveAll(folder)
	}
	os.Exit(code)
}

// runFolders are the folders of two runs.
func runFolders(t *testing.T) (rich, plain string) {
	t.Helper()
	folder, err := fixture()
	if err != nil {
		t.Fatal(err)
	}
	rich, plain = filepath.Join(folder, "stochastic"), filepath.Join(folder, "a-run-with-quite-a-long-name")
	if _, err := os.Stat(plain); err == nil {
		return rich, plain
	}
	trained(t, rich, nil)
	settings := evaluate.DefaultSettings()
	settings.Trials, settings.Fano.Trials = 2, 20
	if _, err := evaluate.Run(context.Background(), rich, evaluate.Options{Settings: settings}); err != nil {
		t.Fatal(err)
	}
	if err := sloped().Write(filepath.Join(rich, "audit")); err != nil {
		t.Fatal(err)
	}
	if err := audited().Write(filepath.Join(rich, "audit")); err != nil {
		t.Fatal(err)
	}
	trained(t, plain, func(c *train.Config) {
		c.Seed = 2
		c.Network.Layers[0].Noise.Kind = "threshold"
		c.Network.Layers[0].Surrogate.Kind = "superspike"
	})
	return rich, plain
}

// sloped are slopes with made-up numbers.
func sloped() *audit.SlopeResult {
	of := func(value float64) *audit.Measured {
		return &audit.Measured{Value: value, Error: 0.01, Low: value - 0.02, High: value + 0.02, DataLow: value - 0.03, DataHigh: value + 0.03}
	}
	length := 0.3
	return &audit.SlopeResult{
		Data: "digits", Samples: 192, DataSamples: 359, Confidence: audit.Confidence, Surrogates: []string{"matched", "superspike"},
		Parts: []audit.SlopePart{{Name: "layer0.input", Best: 1, Surrogates: []audit.SlopeOf{
			{Surrogate: "matched", Length: &length, Promised: of(0.3), Slope: of(0.1), Factor: of(0.33), ToBest: of(0.25)},
			{Surrogate: "superspike", Length: &length, Promised: of(0.3), Slope: of(0.4), Factor: of(1.33)},
		}}},
	}
}

// audited is an audit with made-up numbers.
func audited() *audit.Result {
	estimate := func(value float64) *audit.Estimate {
		return &audit.Estimate{Value: value, Low: value - 0.04, High: value + 0.04}
	}
	part := func(name string, cosine float64) audit.PartResult {
		return audit.PartResult{Name: name, Length: estimate(0.5), Surrogates: []audit.Agreement{
			{Surrogate: "matched", Cosine: estimate(cosine), RelativeBias: estimate(0.3), Scale: estimate(1.1)},
			{Surrogate: "superspike", Cosine: estimate(cosine - 0.2), RelativeBias: estimate(0.7)},
		}}
	}
	return &audit.Result{
		Data: "digits", Samples: 64, Confidence: audit.Confidence, Surrogates: []string{"matched", "superspike"},
		Layers: []audit.LayerResult{{Kind: "sigmoid", Pairs: 1000, Parts: []audit.PartResult{
			part("layer0", 0.93), part("layer0.input", 0.95), part("layer0.recurrent", 0.71),
		}}},
	}
}

// load loads runs.
func load(t *testing.T, folders ...string) (runs []*Run) {
	t.Helper()
	for _, folder := range folders {
		run, err := Load(context.Background(), folder, Options{})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	return runs
}

// written returns the page of runs.
func written(t *testing.T, runs []*Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, runs); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// pages writes a page about one run and one about two, and returns their files.
func pages(t *testing.T) (one, two string) {
	t.Helper()
	rich, plain := runFolders(t)
	runs := load(t, rich, plain)
	folder := t.TempDir()
	one, two = filepath.Join(folder, "one.html"), filepath.Join(folder, "two.html")
	for file, shown := range map[string][]*Run{one: runs[:1], two: runs} {
		if err := atomicfile.WriteBytes(file, []byte(written(t, shown))); err != nil {
			t.Fatal(err)
		}
	}
	return one, two
}

// wants fails for every text that is missing on a page.
func wants(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("no %q on the page", text)
		}
	}
}

// TestPage checks that the page shows the content of the runs' files.
func TestPage(t *testing.T) {
	rich, plain := runFolders(t)
	runs := load(t, rich, plain)
	page := written(t, runs)
	for _, run := range runs {
		wants(t, page, percent(*run.Summary.TestAccuracy), percent(*run.Summary.TestAccuracyOtherMode), run.Summary.WeightsSHA256[:16],
			percent(run.Evaluation.Trained.Performance.Accuracy))
	}
	wants(t, page, "2 runs", "sigmoid, β 10", "<td>threshold",
		"Fano factor, layer 0", fanoText(runs[0].Evaluation.Trained.Fano, 0),
		"0.930 [0.890, 0.970]", "points roughly the way the loss falls", // the audit
		"matched is 3 times too long and reaches only 25 % of the cosine of the best, superspike", "0.250 [0.220, 0.280]", // slopes
		`<code>network.layer[0].noise.kind</code></th><td><code>&#34;sigmoid&#34;</code></td><td><code>&#34;threshold&#34;</code></td>`,
		"Evaluated for this page over 3 trials", "test sample 0 passing through", "Confusion matrix", "[[network.layer]]")
	if strings.Contains(page, "<code>network.layer[0].neurons</code>") {
		t.Error("an equal key is listed as a difference")
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "http://") && !strings.Contains(page, "default-src 'none'") {
		t.Error("the page has scripts or loads something")
	}
	if again := written(t, load(t, rich, plain)); again != page {
		t.Error("the same runs make another page")
	}
	if alone := written(t, runs[:1]); strings.Contains(alone, "Comparison") {
		t.Error("a single run is compared")
	}
}

// TestLoad checks what is shown for incomplete runs.
func TestLoad(t *testing.T) {
	rich, _ := runFolders(t)
	copied := func(t *testing.T) string {
		t.Helper()
		folder := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(folder, os.DirFS(rich)); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	remove := func(t *testing.T, path string) {
		t.Helper()
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	write := func(t *testing.T, path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("unfinished", func(t *testing.T) {
		folder := copied(t)
		remove(t, filepath.Join(folder, "summary.json"))
		wants(t, written(t, load(t, folder)), "The run is not finished", "2 of 2", "Learning curves")
	})
	t.Run("nothing trained", func(t *testing.T) {
		folder := copied(t)
		remove(t, filepath.Join(folder, "summary.json"))
		remove(t, filepath.Join(folder, "metrics.jsonl"))
		remove(t, filepath.Join(folder, "model.safetensors"))
		page := written(t, load(t, folder, rich))
		wants(t, page, "0 of 2")
		if strings.Contains(page, "Learning curves of all runs") {
			t.Error("curves of a run without epochs")
		}
	})
	t.Run("data away", func(t *testing.T) {
		folder := copied(t)
		remove(t, filepath.Join(folder, "evaluation"))
		run := load(t, folder)[0].Config
		run.Data.Path = "gone.csv"
		write(t, filepath.Join(folder, "config.toml"), run.Commented())
		wants(t, written(t, load(t, folder)), "could not be evaluated", "gone.csv", "data:image/svg")
	})
	t.Run("no evaluation wanted", func(t *testing.T) {
		folder := copied(t)
		remove(t, filepath.Join(folder, "evaluation"))
		run, err := Load(context.Background(), folder, Options{NoEvaluation: true})
		if err != nil {
			t.Fatal(err)
		}
		if page := written(t, []*Run{run}); strings.Contains(page, "Confusion") || len(run.Notes) > 0 {
			t.Errorf("it was evaluated, notes %q", run.Notes)
		}
	})
	t.Run("other weights", func(t *testing.T) {
		folder := copied(t)
		path := filepath.Join(folder, "evaluation", "evaluation.json")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		run := load(t, folder)[0]
		write(t, path, strings.ReplaceAll(string(text), run.Summary.WeightsSHA256, strings.Repeat("0", 64)))
		wants(t, written(t, load(t, folder)), "of weights other than", "Evaluated for this page")
	})
	for file, text := range map[string]string{"summary.json": "is not a summary", "metrics.jsonl": "no valid line 1", "evaluation/evaluation.json": "is not an evaluation file",
		"evaluation/rasters.json": "is not an evaluation file", "audit/audit.json": "is not an audit", "audit/slopes.json": "contains no slopes"} {
		t.Run(file, func(t *testing.T) {
			folder := copied(t)
			write(t, filepath.Join(folder, file), "{")
			if _, err := Load(context.Background(), folder, Options{}); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("error %v, want one with %q", err, text)
			}
		})
	}
	if _, err := Load(context.Background(), t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "holds no run") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	folder := copied(t)
	remove(t, filepath.Join(folder, "evaluation"))
	if _, err := Load(ctx, folder, Options{}); err != context.Canceled {
		t.Errorf("cancelled: error %v", err)
	}
	if err := Write(&bytes.Buffer{}, nil); err == nil {
		t.Error("a page of nothing")
	}
}

// TestEscaped checks that names in files cannot become part of the page.
func TestEscaped(t *testing.T) {
	rich, _ := runFolders(t)
	run := load(t, rich)[0]
	const bad = `<script>alert("x")</script>`
	run.Name, run.Config.Data.Name = bad, bad
	run.Rasters.Trained.Sample.Classes[0] = bad
	run.Rasters.Trained.Sample.Layers[0].Name = bad
	run.Rasters.Trained.Neurons[0].Title = bad
	if page := written(t, []*Run{run, run}); strings.Contains(page, "<script") {
		t.Error("a name has become an element")
	}
}
