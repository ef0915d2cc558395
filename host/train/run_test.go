package train

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/cpuref"
	"spikegrad/host/atomicfile"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

func TestRunFolder(t *testing.T) {
	w := &watcher{}
	summary, folder := drawn(t, tiny(t), Options{Observer: w})
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	want := []string{"checkpoint", "checkpoint.previous", "config.toml",
		"learning-curves.png", "learning-curves.svg", "metrics.csv", "metrics.jsonl",
		"model.safetensors", "raster.png", "raster.svg", "summary.json"}
	if difference := cmp.Diff(want, names); difference != "" {
		t.Errorf("files: %s", difference)
	}

	var stored Summary
	if err := json.Unmarshal(read(t, folder, summaryFile), &stored); err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(summary, &stored); difference != "" {
		t.Errorf("summary.json: %s", difference)
	}
	if summary.Steps != 3*6 || summary.Epochs != 3 || summary.TrainSamples != 28 || summary.Seed != 5 {
		t.Errorf("steps %d, epochs %d, samples %d, seed %d", summary.Steps, summary.Epochs, summary.TrainSamples, summary.Seed)
	}
	if len(w.epochs) != 3 || w.phases[PhaseTraining] != 3*6 {
		t.Errorf("%d epochs and %d batches observed", len(w.epochs), w.phases[PhaseTraining])
	}

	config, model, err := ReadRun(folder)
	if err != nil {
		t.Fatal(err)
	}
	if started := tiny(t); differences(&started, &config) != "" {
		t.Errorf("config.toml: %s", differences(&started, &config))
	}
	split, n, err := Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := model.Weights(n)
	if err != nil {
		t.Fatal(err)
	}
	if WeightsSHA256(weights) != summary.WeightsSHA256 {
		t.Error("the sum of the weights is not that of the file")
	}
	type score struct{ accuracy, loss float64 }
	for name, c := range map[string]struct {
		network  *network.Network
		source   data.Source
		reported score
	}{
		"test":                   {n, split.Test, score{*summary.TestAccuracy, *summary.TestLoss}},
		"test in the other mode": {n.OtherMode(), split.Test, score{*summary.TestAccuracyOtherMode, *summary.TestLossOtherMode}},
		"validation":             {n, split.Validation, score{*summary.ValidationAccuracy, *w.epochs[summary.KeptEpoch-1].ValidationLoss}},
	} {
		found := evaluation(t, c.network, config.Seed, weights, c.source)
		if (score{found.Accuracy, found.Loss}) != c.reported {
			t.Errorf("%s: the file's weights have accuracy %g and loss %g, reported is %+v", name, found.Accuracy, found.Loss, c.reported)
		}
	}
	if *summary.TestLoss == *summary.TestLossOtherMode {
		t.Error("the other mode is the same")
	}
}

// evaluation evaluates weights on a separate engine, with the run's batch size: the mean of
// a batch is rounded.
func evaluation(t *testing.T, n *network.Network, seed uint32, weights [][]float32, source data.Source) Evaluation {
	t.Helper()
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	found, err := Evaluate(context.Background(), e, n, source, 3, &data.Filler{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	correct := 0
	for i, class := range found.Predicted {
		if class == source.Label(i) {
			correct++
		}
	}
	if found.Accuracy != float64(correct)/float64(source.Len()) {
		t.Errorf("accuracy %g, but %d predictions of %d are right", found.Accuracy, correct, source.Len())
	}
	return found
}

func TestMetricsFiles(t *testing.T) {
	w := &watcher{}
	_, folder := finished(t, tiny(t), Options{Observer: w})
	lines := slices.Collect(strings.Lines(string(read(t, folder, "metrics.jsonl"))))
	rows := slices.Collect(strings.Lines(string(read(t, folder, "metrics.csv"))))
	if len(lines) != 3 || len(rows) != 4 {
		t.Fatalf("%d lines and %d rows", len(lines), len(rows))
	}
	if want := "epoch,updates,train_loss,train_accuracy,regularizer,validation_loss,validation_accuracy,spikes_per_neuron," +
		"layer0_spikes_per_neuron,layer1_spikes_per_neuron,train_seconds,seconds,samples_per_second\n"; rows[0] != want {
		t.Errorf("heading %q", rows[0])
	}
	for i, line := range lines {
		var epoch Epoch
		if err := json.Unmarshal([]byte(line), &epoch); err != nil {
			t.Fatal(err)
		}
		if difference := cmp.Diff(w.epochs[i], epoch); difference != "" {
			t.Errorf("epoch %d: %s", i+1, difference)
		}
		if epoch.Regularizer <= 0 || epoch.SpikesPerNeuron <= 0 || len(epoch.LayerSpikes) != 2 || epoch.Updates != 6*(i+1) {
			t.Errorf("epoch %d: %+v", i+1, epoch)
		}
	}
}

// TestWorkersAndPassesChangeNothing also repeats one of the runs.
func TestWorkersAndPassesChangeNothing(t *testing.T) {
	config := tiny(t)
	config.Training.Batch = 28 // two chunks
	want, _ := finished(t, config, Options{Workers: 1})
	for _, options := range []Options{{Workers: 1}, {Workers: 2}, {Workers: 7}, {Workers: 2, PassSamples: 16}} {
		found, _ := finished(t, config, options)
		if difference := cmp.Diff(want, found, untimed()); difference != "" {
			t.Errorf("%+v: %s", options, difference)
		}
	}
	config.Seed++
	if other, _ := finished(t, config, Options{}); other.WeightsSHA256 == want.WeightsSHA256 {
		t.Error("another seed gives the same weights")
	}
}

func TestTrainingLearns(t *testing.T) {
	w := &watcher{}
	config := decode(t, `
data.steps = 20
[[network.layer]]
neurons = 24
[network.layer.initial]
rate = 5
[training]
epochs = 6
batch = 16
[training.optimizer]
learning_rate = 0.02
`)
	summary, _ := finished(t, config, Options{Observer: w})
	first, last := w.epochs[0], w.epochs[len(w.epochs)-1]
	if last.TrainLoss > first.TrainLoss/2 || *last.ValidationLoss > *first.ValidationLoss/2 || *summary.TestAccuracy < 0.6 {
		t.Errorf("loss went from %.3f to %.3f (validation %.3f to %.3f), test accuracy %.3f",
			first.TrainLoss, last.TrainLoss, *first.ValidationLoss, *last.ValidationLoss, *summary.TestAccuracy)
	}
}

func TestKeep(t *testing.T) {
	config := tiny(t)
	config.Training.Epochs = 8
	config.Training.Optimizer.LearningRate = 0.2 // so large that the last epoch is not the best
	w := &watcher{}
	summary, _ := finished(t, config, Options{Observer: w})
	best := w.epochs[0]
	for _, e := range w.epochs {
		if *e.ValidationAccuracy > *best.ValidationAccuracy ||
			*e.ValidationAccuracy == *best.ValidationAccuracy && *e.ValidationLoss < *best.ValidationLoss {
			best = e
		}
	}
	if best.Epoch == config.Training.Epochs {
		t.Fatal("the last epoch is the best: choose another seed")
	}
	if summary.KeptEpoch != best.Epoch || *summary.ValidationAccuracy != *best.ValidationAccuracy {
		t.Errorf("kept epoch %d, want %d", summary.KeptEpoch, best.Epoch)
	}
	config.Training.Epochs = best.Epoch
	config.Training.Keep = "last"
	if last, _ := finished(t, config, Options{}); last.WeightsSHA256 != summary.WeightsSHA256 {
		t.Error("the best weights are not those after the best epoch")
	}
}

func TestRunWithoutValidationAndTest(t *testing.T) {
	config := tiny(t)
	config.Data.Validation, config.Data.Test, config.Training.Keep = 0, 0, "last"
	config.Network.Readout.Kind, config.Network.Readout.Loss = "spikes", "counts"
	config.Network.Layers[1].Neurons = 3
	summary, folder := finished(t, config, Options{})
	if summary.TestAccuracy != nil || summary.ValidationAccuracy != nil {
		t.Errorf("%+v", summary)
	}
	if text := string(read(t, folder, summaryFile)); !strings.Contains(text, `"test_accuracy": null`) {
		t.Error(text)
	}
}

func TestOutputFolderIsRefused(t *testing.T) {
	_, run := finished(t, tiny(t), Options{})
	full := t.TempDir()
	write(t, full, "letter.txt", nil)
	for want, folder := range map[string]string{
		"already holds a run": run,
		"letter.txt":          full,
		"not a directory":     filepath.Join(full, "letter.txt", "run"),
		"--out":               "",
	} {
		_, err := Run(context.Background(), tiny(t), Options{Folder: folder})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

func TestBadInputLeavesNoFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	refused := errors.New("no such device")
	bad := tiny(t)
	bad.Training.Batch = 0
	for name, c := range map[string]struct {
		config  Config
		options Options
	}{
		"configuration": {bad, Options{}},
		"device": {tiny(t), Options{Open: func(*network.Network, engine.Options) (engine.Engine, error) {
			return nil, refused
		}}},
	} {
		c.options.Folder = folder
		if _, err := Run(context.Background(), c.config, c.options); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s: the folder was made", name)
		}
	}
}

// TestFullDisk writes until the writer fails like a full disk.
func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "config.toml", []byte("old"))
	path := filepath.Join(folder, "config.toml")
	err := atomicfile.Write(path, func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 1<<17)); err != nil {
			return err
		}
		return &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	})
	if err == nil || !strings.Contains(err.Error(), "no space left on device: free some space") || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 || string(read(t, folder, "config.toml")) != "old" {
		t.Errorf("%v are left", entries)
	}
}

// failing is an engine whose weights or losses go wrong after some updates.
type failing struct {
	engine.Engine
	updates int
	weights bool // otherwise the loss
}

func (f *failing) Gradient(b *engine.Batch, s cpuref.Stream, r *engine.Record) (engine.Outcome, error) {
	if f.updates == 4 && !f.weights {
		return engine.Outcome{}, &engine.NotFiniteError{Sample: 2, Array: "layer0.input"}
	}
	return f.Engine.Gradient(b, s, r)
}

func (f *failing) Update(u engine.Update) error {
	f.updates++
	return f.Engine.Update(u)
}

func (f *failing) Weights() ([][]float32, error) {
	weights, err := f.Engine.Weights()
	if f.updates > 4 && f.weights {
		weights[1][0] = float32(math.Inf(1))
	}
	return weights, err
}

func TestDivergence(t *testing.T) {
	for _, weights := range []bool{false, true} {
		config := tiny(t)
		config.Training.Checkpoint = 1
		folder := filepath.Join(t.TempDir(), "run")
		_, err := Run(context.Background(), config, Options{Folder: folder, Open: func(n *network.Network, options engine.Options) (engine.Engine, error) {
			e, err := engine.NewCPU[float32](n, options)
			return &failing{Engine: e, weights: weights}, err
		}})
		array, update := "layer0.input", "after update 4:"
		if weights {
			array, update = "layer0.recurrent", "after update 5:"
		}
		for _, want := range []string{"epoch 1, " + update, array, "the last valid checkpoint, after update 4, is in " + folder, "learning rate"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v does not contain %q", err, want)
			}
		}
		resumed(t, folder, Options{})
	}
}

func TestEvaluateRefusesOtherData(t *testing.T) {
	config := tiny(t)
	_, n, err := Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.NewCPU[float32](n, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	config.Data.Randman.Channels = 4
	split, _, err := Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Evaluate(context.Background(), e, n, split.Test, 4, &data.Filler{}, nil); err == nil || !strings.Contains(err.Error(), "4 channels") {
		t.Errorf("error %v", err)
	}
}

func TestKeepBestCompares(t *testing.T) {
	r := &run{config: Config{Training: Training{Keep: "last"}}}
	for i, c := range []struct {
		accuracy, loss float64
		best           int
	}{
		{0.5, 2, 1}, {0.4, 1, 1}, {0.6, 3, 3}, {0.6, 3, 3}, {0.6, 4, 3}, {0.6, 2, 6}, {0.5, 0, 6}, {0.7, 9, 8},
	} {
		if err := r.keepBest(i+1, Evaluation{Accuracy: c.accuracy, Loss: c.loss}); err != nil {
			t.Fatal(err)
		}
		want := best{c.best, r.progress.Best.Accuracy, r.progress.Best.Loss}
		if c.best == i+1 {
			want.Accuracy, want.Loss = c.accuracy, c.loss
		}
		if *r.progress.Best != want {
			t.Errorf("epoch %d: best is %+v, want %+v", i+1, *r.progress.Best, want)
		}
	}
}

// TestKilledAtFirstFile: a run may begin in a folder where another was killed while writing
// its first file, but in no other folder that is not empty.
func TestKilledAtFirstFile(t *testing.T) {
	for name, refused := range map[string]bool{".config.toml.tmp": false, lockFile: false, "notes.tmp": true, ".notes": true} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, name), []byte("half of a fi"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Run(context.Background(), tiny(t), Options{Folder: folder, NoPictures: true})
		if refused != (err != nil) || refused && !strings.Contains(err.Error(), "is not empty (it holds "+name+")") {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(folder, ".config.toml.tmp")); err == nil && !refused {
			t.Errorf("%s: the half file is still there", name)
		}
	}
}
