package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"spikegrad/host/network"
	"spikegrad/host/nir"
	"spikegrad/host/train"
)

// summaryOf trains on the CPU engine and returns the printed summary.
func summaryOf(t *testing.T, arguments ...string) train.Summary {
	t.Helper()
	got := call(append([]string{"train", "--device", "cpu", "--json", "--quiet"}, arguments...)...)
	if got.code != exitOK {
		t.Fatalf("%v: %s", arguments, got.stderr)
	}
	var summary train.Summary
	if err := json.Unmarshal([]byte(got.stdout), &summary); err != nil {
		t.Fatal(err)
	}
	return summary
}

// TestTrainFrom continues training from a run, from its safetensors file and from its NIR
// file, and resumes an import: all end with the same weights.
func TestTrainFrom(t *testing.T) {
	run := smallRun(t)
	folder := t.TempDir()
	file, again := filepath.Join(folder, "n.nir"), filepath.Join(folder, "again")
	for _, arguments := range [][]string{{"export", run, "--nir", file}, {"import", file, "--out", again}} {
		if got := call(arguments...); got.code != exitOK {
			t.Fatalf("%v: %s", arguments, got.stderr)
		}
	}
	config := filepath.Join(run, "config.toml")
	var want train.Summary
	for i, from := range []string{run, filepath.Join(run, "model.safetensors"), file} {
		got := summaryOf(t, config, "--from", from, "--freeze", "layer0.input,readout", "--out", filepath.Join(folder, filepath.Base(from)+"-tuned"))
		if got.Pretrained == nil || got.Pretrained.From != from {
			t.Errorf("the summary says it began with %v, not %s", got.Pretrained, from)
		}
		if i == 0 {
			want = got
		}
		if got.WeightsSHA256 != want.WeightsSHA256 || got.ConfigSHA256 != want.ConfigSHA256 {
			t.Errorf("from %s: other weights or another hash of the configuration", from)
		}
	}
	if got := summaryOf(t, "--resume", again, "--freeze", "layer0.input,readout"); got.WeightsSHA256 != want.WeightsSHA256 {
		t.Error("the import that was resumed has other weights")
	}
	out := filepath.Join(folder, "out")
	wantError(t, call("train", "--resume", again, "--from", run), exitUsage, "leave out one of them")
	wantError(t, call("train", config, "--from", run, "--freeze", "layer1.input", "--out", out), exitUsage, `names "layer1.input"`)
	wantError(t, call("train", config, "--from", filepath.Join(folder, "none.nir"), "--out", out), exitFailed, "none.nir")
	wantError(t, call("train", "--from", run, "--out", out, "--device", "cpu", "--quiet"), exitFailed, "--fresh layer0.input,layer0.recurrent,readout")
}

// TestImportChecksData: a network is imported only for data that it fits.
func TestImportChecksData(t *testing.T) {
	folder := t.TempDir()
	out, table := filepath.Join(folder, "out"), filepath.Join(folder, "other.csv")
	if err := os.WriteFile(table, []byte("1,2,3,0\n3,2,1,1\n1,2,2,0\n3,3,1,1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "n.nir")
	if got := call("export", smallRun(t), "--nir", file); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	wantError(t, call("import", file, "--data", "digits:"+table, "--out", out), exitFailed, "64 inputs, but the data have 3 channels")
	wantError(t, call("import", file, "--units", "70", "--out", out), exitUsage, "recorded spikes")
	if _, err := os.Stat(out); err == nil {
		t.Error("a refusal leaves a folder")
	}
	if got := call("import", file, "--steps", "20", "--out", out); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	config, err := train.ReadConfig(out)
	if err != nil {
		t.Fatal(err)
	}
	if config.Data.Steps != 20 {
		t.Errorf("%d steps, want 20", config.Data.Steps)
	}
}

// TestImportPlanes: a convolution over rows and columns written by another program takes the shape
// of its input from the file, and is not imported for data of another shape.
func TestImportPlanes(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, classes int, shape ...int) string {
		layer := network.DefaultLayer()
		layer.Kind, layer.Filters, layer.Kernel, layer.Recurrent, layer.Reset = "conv2d", 2, 2, false, "membrane_only"
		n := &network.Network{
			Inputs: shape[0] * shape[1] * shape[2], InputShape: shape, Classes: classes, Steps: 20, StepLength: 0.002,
			Layers: []network.Layer{layer}, Readout: network.DefaultReadout(),
		}
		if err := n.Validate(); err != nil {
			t.Fatal(err)
		}
		var weights [][]float32
		for _, w := range n.Weights() {
			weights = append(weights, make([]float32, w.Rows*w.Columns))
		}
		text, err := nir.Encode(n, weights, "")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	out := filepath.Join(folder, "out")
	if got := call("import", write("digits.nir", 10, 2, 4, 8), "--data", "digits", "--steps", "20", "--out", out); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	config, err := train.ReadConfig(out)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{2, 4, 8}; !slices.Equal(config.Network.InputShape, want) {
		t.Errorf("imported over an input of shape %v, want %v", config.Network.InputShape, want)
	}
	if got := call("eval", out, "--device", "cpu"); got.code != exitOK {
		t.Error(got.stderr)
	}
	spikes, err := filepath.Abs("../data/testdata/spikes.npz") // 2×4×5
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, call("import", write("other.nir", 3, 2, 5, 4), "--data", "npz:"+spikes, "--out", filepath.Join(folder, "other")), exitFailed, "takes input of shape [2 5 4], but the samples have shape [2 4 5]")
}
