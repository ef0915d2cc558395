package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spikegrad/host/audit"
)

// TestAudit trains a small network and audits it.
func TestAudit(t *testing.T) {
	folder := t.TempDir()
	config, run := filepath.Join(folder, "config.toml"), filepath.Join(folder, "run")
	text := "[data]\nsteps = 15\n[[network.layer]]\nneurons = 6\n[training]\nepochs = 1\nbatch = 64\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := call("train", config, "--device", "cpu", "--out", run, "--quiet"); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	small := func(flags ...string) []string {
		return append([]string{"audit", run, "--device", "cpu", "--samples", "16", "--quiet"}, flags...)
	}
	unbiased := func(flags ...string) []string {
		return append(small("--unbiased", "--pairs", "1100", "--surrogates", "matched"), flags...)
	}
	printed := call(unbiased("--json", "--out", filepath.Join(folder, "audit"))...)
	if printed.code != exitOK || printed.stderr != "" {
		t.Fatalf("exit code %d: %s", printed.code, printed.stderr)
	}
	var found audit.Result
	if err := json.Unmarshal([]byte(printed.stdout), &found); err != nil {
		t.Fatal(err)
	}
	if found.Samples != 16 || found.Cost.Pairs != 1088 || strings.Join(found.Surrogates, " ") != "superspike matched" {
		t.Errorf("%d samples, %d pairs, surrogates %v", found.Samples, found.Cost.Pairs, found.Surrogates)
	}
	wantFile(t, filepath.Join(folder, "audit", "audit.json"), printed.stdout)

	printed = call(small("--surrogates", "superspike:5", "--steps", "0.01", "--directions", "32", "--json", "--out", filepath.Join(folder, "audit"))...)
	if printed.code != exitOK || printed.stderr != "" {
		t.Fatalf("exit code %d: %s", printed.code, printed.stderr)
	}
	var slopes audit.SlopeResult
	if err := json.Unmarshal([]byte(printed.stdout), &slopes); err != nil {
		t.Fatal(err)
	}
	if slopes.Samples != 16 || slopes.Directions != 32 || strings.Join(slopes.Surrogates, " ") != "superspike superspike:5" || len(slopes.Parts) != 3 || !slopes.Readout.Passed {
		t.Errorf("slopes %s", printed.stdout)
	}
	wantFile(t, filepath.Join(folder, "audit", "slopes.json"), printed.stdout)

	page := call(small("--surrogates", "superspike:5", "--directions", "32", "--seed", "7")...)
	if page.code != exitOK || !strings.Contains(page.stdout, "superspike:5") || !strings.Contains(page.stdout, "results: "+filepath.Join(run, "audit")) {
		t.Errorf("exit code %d, %s%s", page.code, page.stdout, page.stderr)
	}
	plan := call(small("--plan", "--out", filepath.Join(folder, "none"))...)
	if _, err := os.Stat(filepath.Join(folder, "none")); plan.code != exitOK || !strings.Contains(plan.stdout, "epochs of training") || err == nil {
		t.Errorf("exit code %d, %s%s", plan.code, plan.stdout, plan.stderr)
	}
	wantError(t, call(small("--other-mode")...), exitFailed, "leave it out")
	wantError(t, call(unbiased("--other-mode")...), exitFailed, "leave it out")
	wantError(t, call(small("--surrogates", "magic")...), exitUsage, "surrogate \"magic\" is unknown")
	wantError(t, call(small("--plan", "--unbiased")...), exitUsage, "leave out one of the two")
	wantError(t, call(small("--steps", "0.02,0.01")...), exitUsage, "ascending")
	wantError(t, call("audit", t.TempDir()), exitFailed, "holds no run")
	for _, wrong := range []string{"--samples=-1", "--pairs=0", "--precision=0", "--workers=-1", "--part=some", "--draws=1", "--directions=0", "--steps=0"} {
		name, _, _ := strings.Cut(wrong, "=")
		wantError(t, call("audit", run, wrong), exitUsage, name)
	}
}

// wantFile checks that a file holds what was printed.
func wantFile(t *testing.T, path, printed string) {
	t.Helper()
	if file, err := os.ReadFile(path); err != nil || string(file) != printed {
		t.Errorf("%s (%v) is not what --json prints", path, err)
	}
}
