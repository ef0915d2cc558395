package train

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// tinyText is a run of a few milliseconds: three epochs of six updates, the last of
// each with fewer samples.
const tinyText = `
seed = 5
[data]
name = "randman"
steps = 12
validation = 0.1
test = 0.1
[data.randman]
channels = 5
classes = 3
samples_per_class = 12
[[network.layer]]
neurons = 7
[network.layer.initial]
rate = 4.0
[[network.layer.regularizer]]
threshold = 1.0
average = "none"
[[network.layer]]
neurons = 6
recurrent = false
[network.layer.initial]
rate = 4.0
[training]
epochs = 3
batch = 5
evaluation_batch = 3
checkpoint = 3
keep = "best"
[training.optimizer]
learning_rate = 0.02
[training.schedule]
kind = "constant"
`

func decode(t testing.TB, text string) Config {
	t.Helper()
	config, err := Decode([]byte(text), "test.toml", "")
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func tiny(t testing.TB) Config { return decode(t, tinyText) }

// watcher is an observer that counts and can cancel the run.
type watcher struct {
	start    Start
	batches  int
	phases   map[Phase]int
	epochs   []Epoch
	warnings []string
	onBatch  func(batches int, p Progress)
}

func (w *watcher) OnStart(s Start)          { w.start = s }
func (w *watcher) OnEpoch(e Epoch)          { w.epochs = append(w.epochs, e) }
func (w *watcher) OnWarning(message string) { w.warnings = append(w.warnings, message) }

func (w *watcher) OnBatch(p Progress) {
	if w.phases == nil {
		w.phases = map[Phase]int{}
	}
	w.batches++
	w.phases[p.Phase]++
	if w.onBatch != nil {
		w.onBatch(w.batches, p)
	}
}

// finished performs a run without pictures in a new folder.
func finished(t *testing.T, config Config, options Options) (*Summary, string) {
	t.Helper()
	options.NoPictures = true
	return drawn(t, config, options)
}

// drawn performs a run with pictures in a new folder.
func drawn(t *testing.T, config Config, options Options) (*Summary, string) {
	t.Helper()
	options.Folder = filepath.Join(t.TempDir(), "run")
	summary, err := Run(context.Background(), config, options)
	if err != nil {
		t.Fatal(err)
	}
	return summary, options.Folder
}

func read(t *testing.T, folder, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, folder, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}
