package train

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spikegrad/host/network"
)

// untimed ignores speeds, times and devices, which differ from run to run.
func untimed() cmp.Options {
	return cmp.Options{
		cmpopts.IgnoreFields(Epoch{}, "TrainSeconds", "Seconds", "SamplesPerSecond"),
		cmpopts.IgnoreFields(Summary{}, "TrainSeconds", "Seconds", "Finished", "SamplesPerSecond", "Device"),
	}
}

// resumed resumes a run until it is finished.
func resumed(t *testing.T, folder string, options Options) *Summary {
	t.Helper()
	options.Folder, options.NoPictures = folder, true
	config, err := ReadConfig(folder)
	if err != nil {
		t.Fatal(err)
	}
	summary, err := Resume(context.Background(), config, options)
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// interrupted performs a run that is cancelled in the given batch, counted over all
// phases.
func interrupted(t *testing.T, config Config, batch int) (folder string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w := &watcher{onBatch: func(batches int, _ Progress) {
		if batches == batch {
			cancel()
		}
	}}
	folder = filepath.Join(t.TempDir(), "run")
	_, err := Run(ctx, config, Options{Folder: folder, Observer: w, NoPictures: true})
	var interruption *InterruptedError
	if !errors.As(err, &interruption) || !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled in batch %d: %v", batch, err)
	}
	if w.batches != batch {
		t.Errorf("cancelled in batch %d, ended in batch %d", batch, w.batches)
	}
	if _, err := os.Stat(filepath.Join(folder, summaryFile)); err == nil {
		t.Error("an interrupted run has a summary")
	}
	return folder
}

// TestInterruptedEqualsUninterrupted cancels a run in training (also in the first and last
// batch of an epoch), validation and both tests, several times in total.
func TestInterruptedEqualsUninterrupted(t *testing.T) {
	config := tiny(t)
	w := &watcher{}
	want, whole := finished(t, config, Options{Observer: w})
	history := read(t, whole, modelFile)
	// The very last batch is too late: nothing after it checks the context.
	for batch := 1; batch < w.batches; batch += 3 {
		folder := interrupted(t, config, batch)
		found := resumed(t, folder, Options{Workers: 1 + batch%3})
		if difference := cmp.Diff(want, found, untimed()); difference != "" {
			t.Errorf("cancelled in batch %d: %s", batch, difference)
		}
		if string(history) != string(read(t, folder, modelFile)) {
			t.Errorf("cancelled in batch %d: another %s", batch, modelFile)
		}
		compareMetrics(t, whole, folder)
	}
}

// compareMetrics compares the columns of metrics.csv that do not depend on time.
func compareMetrics(t *testing.T, a, b string) {
	t.Helper()
	rows := func(folder string) (kept []string) {
		for line := range strings.Lines(string(read(t, folder, "metrics.csv"))) {
			kept = append(kept, strings.Join(strings.Split(line, ",")[:10], ","))
		}
		return kept
	}
	if difference := cmp.Diff(rows(a), rows(b)); difference != "" {
		t.Errorf("metrics.csv: %s", difference)
	}
}

// TestEveryOptimizerIsResumed interrupts a run twice, with every optimizer, with random
// input spikes.
func TestEveryOptimizerIsResumed(t *testing.T) {
	for _, kind := range network.Optimizers.List() {
		config := decode(t, `
[data]
steps = 6
validation = 0.0
test = 0.9
[data.encoder]
kind = "poisson"
[[network.layer]]
neurons = 5
[training]
epochs = 2
batch = 50
checkpoint = 2
keep = "last"
[training.optimizer]
momentum = 0.5
weight_decay = 0.01
kind = "`+kind+`"
`)
		want, _ := finished(t, config, Options{})
		folder := interrupted(t, config, 3)
		ctx, cancel := context.WithCancel(context.Background())
		w := &watcher{onBatch: func(batches int, _ Progress) {
			if batches == 2 {
				cancel()
			}
		}}
		if _, err := Resume(ctx, config, Options{Folder: folder, Observer: w}); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
		if w.start.Updates != 3 {
			t.Errorf("%s: went on after update %d, not 3", kind, w.start.Updates)
		}
		if found := resumed(t, folder, Options{}); found.WeightsSHA256 != want.WeightsSHA256 {
			t.Errorf("%s: weights differ", kind)
		}
	}
}

// TestKilledEqualsUninterrupted resumes from copies of the folder as a killed process
// would have left it.
func TestKilledEqualsUninterrupted(t *testing.T) {
	copies := t.TempDir()
	folder := filepath.Join(t.TempDir(), "run")
	var left []string
	w := &watcher{onBatch: func(batches int, p Progress) {
		if batches%5 == 2 || p.Phase == PhaseTest && p.Done == p.Samples {
			name := filepath.Join(copies, fmt.Sprint(batches))
			if err := os.CopyFS(name, os.DirFS(folder)); err != nil {
				t.Error(err)
			}
			left = append(left, name)
		}
	}}
	want, err := Run(context.Background(), tiny(t), Options{Folder: folder, Observer: w, NoPictures: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range left {
		write(t, folder, ".checkpoint.tmp", []byte("half")) // as after a kill during a write
		if difference := cmp.Diff(want, resumed(t, folder, Options{}), untimed()); difference != "" {
			t.Errorf("killed in batch %s: %s", filepath.Base(folder), difference)
		}
	}
}

func TestDamagedCheckpointFallsBack(t *testing.T) {
	want, _ := finished(t, tiny(t), Options{})
	folder := interrupted(t, tiny(t), 7)
	content := read(t, folder, checkpointFile)
	content[len(content)/2] ^= 1
	write(t, folder, checkpointFile, content)
	w := &watcher{}
	found := resumed(t, folder, Options{Observer: w})
	if len(w.warnings) != 1 || !strings.Contains(w.warnings[0], "checksum") || !strings.Contains(w.warnings[0], filepath.Join(folder, checkpointFile)) {
		t.Errorf("warnings %q", w.warnings)
	}
	if w.start.Updates != 3 {
		t.Errorf("went on after update %d: the previous checkpoint is of update 3", w.start.Updates)
	}
	if found.WeightsSHA256 != want.WeightsSHA256 {
		t.Error("weights differ")
	}
}

// TestResumeDropsLaterMetrics adds a row to metrics.csv that is not in the checkpoint.
func TestResumeDropsLaterMetrics(t *testing.T) {
	folder := interrupted(t, tiny(t), 9)
	right := read(t, folder, "metrics.csv")
	write(t, folder, "metrics.csv", append(right, "2,12,0,1\n"...))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Resume(ctx, tiny(t), Options{Folder: folder}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if found := read(t, folder, "metrics.csv"); string(found) != string(right) {
		t.Errorf("metrics.csv is\n%s", found)
	}
}

func TestResumeWithoutCheckpointStartsAnew(t *testing.T) {
	want, _ := finished(t, tiny(t), Options{})
	config := tiny(t)
	folder := t.TempDir()
	write(t, folder, configFile, []byte(config.Commented()))
	if found := resumed(t, folder, Options{}); found.WeightsSHA256 != want.WeightsSHA256 {
		t.Error("weights differ")
	}
}

func TestMoreEpochs(t *testing.T) {
	config := tiny(t)
	want, _ := finished(t, config, Options{})
	config.Training.Epochs = 1
	_, folder := finished(t, config, Options{})
	_, err := Resume(context.Background(), config, Options{Folder: folder})
	var done *FinishedError
	if !errors.As(err, &done) || done.Epochs != 1 {
		t.Errorf("a finished run: %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, summaryFile)); err != nil {
		t.Error("refusing to go on has removed the summary")
	}
	config.Training.Epochs, config.Training.Checkpoint, config.Training.EvaluationBatch = 3, 1, 1
	w := &watcher{onBatch: func(int, Progress) {
		if _, err := os.Stat(filepath.Join(folder, summaryFile)); err == nil {
			t.Error("a run that goes on has a summary")
		}
	}}
	found, err := Resume(context.Background(), config, Options{Folder: folder, Observer: w, NoPictures: true})
	if err != nil {
		t.Fatal(err)
	}
	if found.WeightsSHA256 != want.WeightsSHA256 || found.Epochs != 3 {
		t.Errorf("%d epochs, weights equal: %v", found.Epochs, found.WeightsSHA256 == want.WeightsSHA256)
	}
	if again, err := ReadConfig(folder); err != nil || again.Training.Epochs != 3 {
		t.Errorf("config.toml has %d epochs, %v", again.Training.Epochs, err)
	}
	config.Training.Epochs = 2
	if _, err := Resume(context.Background(), config, Options{Folder: folder}); err == nil || !strings.Contains(err.Error(), "already completed 3 epochs") {
		t.Errorf("fewer epochs: %v", err)
	}
}

func TestResumeRefusesAnotherRun(t *testing.T) {
	folder := interrupted(t, tiny(t), 4)
	before := read(t, folder, checkpointFile)
	for want, change := range map[string]func(*Config){
		"network.layer[0].neurons was 7 and is 8":              func(c *Config) { c.Network.Layers[0].Neurons = 8 },
		"seed was 5 and is 6":                                  func(c *Config) { c.Seed = 6 },
		"training.optimizer.learning_rate was 0.02 and is 0.5": func(c *Config) { c.Training.Optimizer.LearningRate = 0.5 },
		"network.layer[1].neurons was 6 and is no longer set":  func(c *Config) { c.Network.Layers = c.Network.Layers[:1] },
		"network.layer[2].neurons is 7 and was not set before": func(c *Config) { c.Network.Layers = append(c.Network.Layers, c.Network.Layers[0]) },
	} {
		config := tiny(t)
		change(&config)
		if _, err := Resume(context.Background(), config, Options{Folder: folder}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
	if string(before) != string(read(t, folder, checkpointFile)) {
		t.Error("a refusal has changed the checkpoint")
	}
}

// TestResumeNoticesOtherData adds a sample to the file between the parts of a run.
func TestResumeNoticesOtherData(t *testing.T) {
	path := filepath.Join(t.TempDir(), "samples.csv")
	var samples strings.Builder
	for i := range 40 {
		fmt.Fprintf(&samples, "%d,%d,%d\n", i%2*9, 9-i%2*9, i%2)
	}
	save := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	save(samples.String())
	config, err := Decode([]byte("data.steps = 10\ntraining.batch = 4\n[[network.layer]]\nneurons = 3\n"), "test.toml", "digits:"+path)
	if err != nil {
		t.Fatal(err)
	}
	folder := interrupted(t, config, 2)
	save(samples.String() + "9,0,1\n")
	if _, err := Resume(context.Background(), config, Options{Folder: folder}); err == nil || !strings.Contains(err.Error(), "have changed") {
		t.Errorf("one more sample: %v", err)
	}
	save(strings.Replace(samples.String(), "9,0,", "8,0,", 1))
	if _, err := Resume(context.Background(), config, Options{Folder: folder}); err == nil || !strings.Contains(err.Error(), "labels or spikes differ") {
		t.Errorf("as many samples with other contents: %v", err)
	}
	// The same contents, moved and compressed, are the same data.
	moved := filepath.Join(t.TempDir(), "moved.csv.gz")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte(samples.String()))
	w.Close()
	write(t, filepath.Dir(moved), filepath.Base(moved), packed.Bytes())
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	config.Data.Path = moved
	if _, err := Resume(context.Background(), config, Options{Folder: folder, NoPictures: true}); err != nil {
		t.Errorf("moved data: %v", err)
	}
	if again, err := ReadConfig(folder); err != nil || again.Data.Path != moved {
		t.Errorf("config.toml names %s (%v)", again.Data.Path, err)
	}
}

// TestResumeWithoutFingerprint: runs with checkpoints older than fingerprints can be
// resumed.
func TestResumeWithoutFingerprint(t *testing.T) {
	want, _ := finished(t, tiny(t), Options{})
	folder := interrupted(t, tiny(t), 4)
	c, err := loadCheckpoint(folder, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if c.Data.Fingerprint == "" {
		t.Error("a checkpoint has no fingerprint")
	}
	c.Data.Fingerprint = ""
	if err := saveCheckpoint(folder, c); err != nil {
		t.Fatal(err)
	}
	if found := resumed(t, folder, Options{}); found.WeightsSHA256 != want.WeightsSHA256 {
		t.Error("weights differ")
	}
}

func TestResumeOfNoRun(t *testing.T) {
	if _, err := ReadConfig(t.TempDir()); err == nil || !strings.Contains(err.Error(), "holds no run") {
		t.Errorf("an empty folder: %v", err)
	}
}
