package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRuns lists, filters, sorts and reports runs, one of them imported and one damaged.
func TestRuns(t *testing.T) {
	run := smallRun(t)
	folder := filepath.Dir(run)
	nir, imported := filepath.Join(folder, "n.nir"), filepath.Join(folder, "below", "imported")
	for _, arguments := range [][]string{{"export", run, "--nir", nir}, {"import", nir, "--out", imported}} {
		if got := call(arguments...); got.code != exitOK {
			t.Fatalf("%v: %s", arguments, got.stderr)
		}
	}
	list := func(arguments ...string) (folders []string, runs []listedRun) {
		t.Helper()
		got := call(append([]string{"runs", folder, "--json"}, arguments...)...)
		if err := json.Unmarshal([]byte(got.stdout), &runs); got.code != exitOK || got.stderr != "" || err != nil {
			t.Fatalf("%v: %+v, %v", arguments, got, err)
		}
		for _, r := range runs {
			name, err := filepath.Rel(folder, r.Folder)
			if err != nil {
				t.Fatal(err)
			}
			folders = append(folders, name)
		}
		return folders, runs
	}
	for arguments, want := range map[string]string{
		"--sort folder":   "below/imported run",
		"--sort accuracy": "run below/imported", "--state finished": "run", "--state imported": "below/imported", "--state unfinished": "",
		"--min-accuracy 0.01": "run", "--min-accuracy 1": "", "--data digits": "below/imported run", "--data randman": "", "--device CPU": "run",
	} {
		if strings.HasPrefix(arguments, "--data") {
			arguments += " --sort folder"
		}
		if got, _ := list(strings.Fields(arguments)...); strings.Join(got, " ") != want {
			t.Errorf("runs %s: %v, want %s", arguments, got, want)
		}
	}
	_, runs := list("--state", "finished")
	if r := runs[0]; r.Data != "digits" || r.Network != "9r sigmoid" || r.Epochs != 1 || r.AccuracyOf != "test" || r.Accuracy == nil || r.Date.IsZero() || r.Seed == 0 {
		t.Errorf("the run is %+v", r)
	}
	if got := call("runs", folder, "--sort", "folder"); strings.Count(got.stdout, "\n") != 3 || !strings.HasPrefix(got.stdout, "DATE ") || !strings.Contains(got.stdout, "9r sigmoid  ") {
		t.Errorf("the table: %+v", got)
	}
	page := filepath.Join(folder, "page.html")
	if got := call("report", folder, run, "--no-evaluation", "--out", page); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "imported") || strings.Contains(string(text), "run (2)") {
		t.Error("the report of a folder shows not both runs, each once")
	}
	if err := os.WriteFile(filepath.Join(imported, "config.toml"), []byte("of = 'another program'"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := call("runs", folder); got.code != exitOK || strings.Count(got.stdout, "\n") != 2 || !strings.HasPrefix(got.stderr, "spikegrad: warning: ") {
		t.Errorf("with a damaged run: %+v", got)
	}
	wantError(t, call("runs", filepath.Join(folder, "missing")), exitFailed, "missing")
	wantError(t, call("runs", nir), exitFailed, "it is a file")
	wantError(t, call("runs", "--min-accuracy", "95"), exitUsage, "0.95")
}
