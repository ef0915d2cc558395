package train

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/host/network"
)

// weightsOf reads the weights of a finished run by name.
func weightsOf(t *testing.T, folder, file string) map[string][]float32 {
	t.Helper()
	model, err := ReadModel(filepath.Join(folder, file))
	if err != nil {
		t.Fatal(err)
	}
	weights := map[string][]float32{}
	for _, tensor := range model.Tensors {
		weights[tensor.Name] = tensor.Values
	}
	return weights
}

// imported returns the folder of a run that was trained elsewhere.
func imported(t *testing.T, trained string) string {
	t.Helper()
	config, model, err := ReadRun(trained)
	if err != nil {
		t.Fatal(err)
	}
	_, n, err := Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := model.Weights(n)
	if err != nil {
		t.Fatal(err)
	}
	n.Layers = config.Network.Layers
	folder := filepath.Join(t.TempDir(), "imported")
	if err := WriteRun(folder, config, n, weights); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestFineTuning: a run started from a finished one has its weights, leaves frozen ones
// alone, and records what it started from; it ends the same if interrupted or if its source
// is gone.
func TestFineTuning(t *testing.T) {
	trained, source := finished(t, tiny(t), Options{})
	config := tiny(t)
	config.Seed = 6
	config.Training.ClipNorm, config.Training.Optimizer.Kind, config.Training.Optimizer.WeightDecay = 0.1, "adamw", 0.1
	config.Training.Freeze = []string{"layer0.input", "readout"}
	config.Pretrained.From = source
	want, whole := finished(t, config, Options{})
	if want.Pretrained == nil || want.Pretrained.From != source || want.Pretrained.WeightsSHA256 != trained.WeightsSHA256 {
		t.Errorf("the summary says the run began with %+v: it was %s, %s", want.Pretrained, source, trained.WeightsSHA256)
	}
	before, after := weightsOf(t, source, modelFile), weightsOf(t, whole, modelFile)
	for name := range before {
		if same := slices.Equal(before[name], after[name]); same != slices.Contains(config.Training.Freeze, name) {
			t.Errorf("%s is unchanged: %t; frozen are %v", name, same, config.Training.Freeze)
		}
	}
	if kept := weightsOf(t, whole, pretrainedFile); cmp.Diff(before, kept) != "" {
		t.Error("the copy of the weights is another one")
	}
	folder := interrupted(t, config, 4)
	if err := os.Rename(source, source+".moved"); err != nil {
		t.Fatal(err)
	}
	if found := resumed(t, folder, Options{}); found.WeightsSHA256 != want.WeightsSHA256 {
		t.Error("interrupted and resumed: weights differ")
	}
	// Killed before the first checkpoint, and trained again from the copy.
	unsaved := t.TempDir()
	for _, name := range []string{configFile, pretrainedFile} {
		write(t, unsaved, name, read(t, whole, name))
	}
	if found := resumed(t, unsaved, Options{}); found.WeightsSHA256 != want.WeightsSHA256 {
		t.Error("resumed without a checkpoint: weights differ")
	}
	again, err := ReadConfig(whole)
	if err != nil {
		t.Fatal(err)
	}
	again.Pretrained.From = filepath.Join(whole, pretrainedFile)
	if found, _ := finished(t, again, Options{}); found.WeightsSHA256 != want.WeightsSHA256 || found.ConfigSHA256 != want.ConfigSHA256 {
		t.Error("from the copy: weights or the hash of the configuration differ")
	}
	again.Pretrained.From = filepath.Join(whole, modelFile)
	if _, err := Run(context.Background(), again, Options{Folder: filepath.Join(t.TempDir(), "run")}); err == nil || !strings.Contains(err.Error(), "weights_sha256") {
		t.Errorf("other weights than the configuration names: %v", err)
	}
}

// TestResumeOfImport: resuming an imported run starts from the imported weights and keeps a
// copy.
func TestResumeOfImport(t *testing.T) {
	_, source := finished(t, tiny(t), Options{})
	config := tiny(t)
	config.Pretrained.From = source
	want, _ := finished(t, config, Options{})

	folder := imported(t, source)
	before := read(t, folder, modelFile)
	ctx, cancel := context.WithCancel(context.Background())
	w := &watcher{onBatch: func(batches int, _ Progress) {
		if batches == 4 {
			cancel()
		}
	}}
	if _, err := Resume(ctx, tiny(t), Options{Folder: folder, Observer: w, NoPictures: true}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if found := resumed(t, folder, Options{}); found.WeightsSHA256 != want.WeightsSHA256 {
		t.Error("an import that is resumed ends in other weights than a run from the same weights")
	}
	kept, err := ReadModel(filepath.Join(folder, pretrainedFile))
	if err != nil {
		t.Fatal(err)
	}
	model, err := decodeModel(before)
	if err != nil {
		t.Fatal(err)
	}
	if kept.SHA256() != model.SHA256() {
		t.Error("the imported weights are lost")
	}
}

// TestResumeReplacesNoTrainedWeights: trained weights without a checkpoint are left as they
// are.
func TestResumeReplacesNoTrainedWeights(t *testing.T) {
	config := tiny(t)
	_, source := finished(t, config, Options{})
	config.Pretrained.From = source
	_, tuned := finished(t, config, Options{})
	checkpoints := []string{checkpointFile, previousFile}
	for _, lost := range []struct {
		folder string
		files  []string
	}{
		{source, checkpoints}, {tuned, checkpoints},
		{tuned, []string{summaryFile, "metrics.csv", "metrics.jsonl"}}, // what it started from remains
	} {
		folder := lost.folder
		for _, name := range lost.files {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				t.Fatal(err)
			}
		}
		before := read(t, folder, modelFile)
		config, err := ReadConfig(folder)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Resume(context.Background(), config, Options{Folder: folder, NoPictures: true}); err == nil || !strings.Contains(err.Error(), "--from "+folder) {
			t.Errorf("error %v does not name --from", err)
		}
		if !bytes.Equal(before, read(t, folder, modelFile)) {
			t.Error("the weights were replaced")
		}
	}
}

// TestPretrainedMisfits: every array that does not fit is named, and can be drawn instead.
func TestPretrainedMisfits(t *testing.T) {
	_, source := finished(t, tiny(t), Options{})
	config := tiny(t)
	config.Pretrained.From = source
	config.Data.Randman.Classes = 4
	config.Network.Layers[0].Recurrent, config.Network.Layers[1].Recurrent = false, true
	folder := filepath.Join(t.TempDir(), "run")
	_, err := Run(context.Background(), config, Options{Folder: folder})
	for _, part := range []string{
		"readout has shape [3 6], but the network needs [4 6]", "layer1.recurrent [6 6] is missing",
		"layer0.recurrent [7 7] has no counterpart in the network", "--fresh layer1.recurrent,readout,layer0.recurrent",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not contain %q", err, part)
		}
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("a refusal leaves a folder")
	}
	config.Pretrained.Fresh = []string{"layer1.recurrent", "readout", "layer0.recurrent"}
	config.Training.Freeze = []string{"layer0.input"}
	_, tuned := finished(t, config, Options{})
	if before, after := weightsOf(t, source, modelFile), weightsOf(t, tuned, modelFile); !slices.Equal(before["layer0.input"], after["layer0.input"]) {
		t.Error("the array that fits was not taken")
	}
	for want, change := range map[string]func(*Config){
		`names "layer9.input"`:             func(c *Config) { c.Pretrained.Fresh = []string{"layer9.input"} },
		`training.freeze names "nothing"`:  func(c *Config) { c.Training.Freeze = []string{"nothing"} },
		"training.freeze names all":        func(c *Config) { c.Training.Freeze = c.Network.WeightNames() },
		"give pretrained.from":             func(c *Config) { c.Pretrained = Pretrained{Fresh: []string{"readout"}} },
		"cannot start from the weights of": func(c *Config) { c.Pretrained.From = "nowhere" },
	} {
		config := tiny(t)
		config.Pretrained.From = source
		change(&config)
		if _, err := Run(context.Background(), config, Options{Folder: folder}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
}

// TestPretrainedForOtherNeurons: a note reports neurons that differ from the source's.
func TestPretrainedForOtherNeurons(t *testing.T) {
	_, source := finished(t, tiny(t), Options{})
	for want, change := range map[string]func(*Config){
		"": func(c *Config) {
			c.Network.Layers[0].Surrogate.Beta, c.Network.Layers[0].Noise.Rate = 3, 3 // parameters of other kinds
			c.Training.Epochs, c.Network.Layers[0].Initial.Rate = 1, 2
		},
		"data.step_length was 0.002 and is 0.001":                 func(c *Config) { c.Data.StepLength = 0.001 },
		"network.layer[1].tau_membrane was 0.02 and is 0.03":      func(c *Config) { c.Network.Layers[1].TauMembrane = 0.03 },
		"network.layer[0].noise.beta was 10 and is 3":             func(c *Config) { c.Network.Layers[0].Noise.Beta = 3 },
		"network.layer[0].noise.kind was sigmoid and is hazard":   func(c *Config) { c.Network.Layers[0].Noise = network.Noise{Kind: "hazard", Rate: 10, DeltaU: 0.2} },
		"network.readout.tau_synapse was 0.01 and is 0.02":        func(c *Config) { c.Network.Readout.TauSynapse = 0.02 },
		"network.layer[0].reset was multiplicative and is membra": func(c *Config) { c.Network.Layers[0].Reset = "membrane_only" },
	} {
		config := tiny(t)
		config.Pretrained.From = source
		change(&config)
		w := &watcher{}
		finished(t, config, Options{Observer: w})
		if got := strings.Join(w.warnings, "\n"); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("warnings %q, want %q", got, want)
		}
	}
}
