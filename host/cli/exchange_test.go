package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallRun trains a small network and returns its folder.
func smallRun(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "small.toml")
	if err := os.WriteFile(file, []byte("[training]\nepochs = 1\nbatch = 128\n[[network.layer]]\nneurons = 9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(folder, "run")
	if got := call("train", file, "--device", "cpu", "--out", run); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	return run
}

// TestExchange exports a run and imports it again, then evaluates, draws and reports it.
func TestExchange(t *testing.T) {
	run := smallRun(t)
	folder := t.TempDir()
	file, again, tables, page := filepath.Join(folder, "n.nir"), filepath.Join(folder, "again"), filepath.Join(folder, "tables"), filepath.Join(folder, "page.html")
	for _, arguments := range [][]string{
		{"export", run, "--nir", file, "--csv", tables, "--samples", "2", "--device", "cpu"},
		{"import", file, "--out", again},
		{"eval", run, "--trials", "2", "--device", "cpu"},
		{"report", run, again, "--out", page, "--no-evaluation"},
	} {
		if got := call(arguments...); got.code != exitOK {
			t.Fatalf("%v: %s", arguments, got.stderr)
		}
	}
	for _, name := range []string{"config.toml", "model.safetensors"} {
		was, err := os.ReadFile(filepath.Join(run, name))
		if err != nil {
			t.Fatal(err)
		}
		is, err := os.ReadFile(filepath.Join(again, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(was, is) {
			t.Errorf("%s is another one after export and import", name)
		}
	}
	before, after := call("eval", run, "--device", "cpu", "--json"), call("eval", again, "--device", "cpu", "--json")
	if before.code != exitOK || before.stdout != after.stdout {
		t.Errorf("evaluated: %s and after export and import %s", before.stdout, after.stdout)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"Confusion matrix", "it was imported"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %q on the page", part)
		}
	}
	for _, name := range []string{"samples.csv", "spikes.csv", "membranes.csv", "readout.csv"} {
		if _, err := os.Stat(filepath.Join(tables, name)); err != nil {
			t.Error(err)
		}
	}
	wantError(t, call("export", run), exitUsage, "give --nir FILE, --csv FOLDER or both")
	wantError(t, call("export", run, "--csv", tables, "--samples", "0"), exitUsage, "--samples 0")
	wantError(t, call("import", "../nir/testdata/foreign.nir", "--out", filepath.Join(folder, "f")), exitUsage, "name it with --data")
	wantError(t, call("import", "../nir/testdata/README.txt", "--out", filepath.Join(folder, "f")), exitFailed, "not an HDF5 file")
	wantError(t, call("import", file, "--out", again), exitFailed, "already holds a run")
}
