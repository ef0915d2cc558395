package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spikegrad/host/audit"
)

// TestAudit trains a little network and audits it.
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
		return append([]string{"audit", run, "--device", "cpu", "--samples", "16", "--pairs", "1100", "--quiet"}, flags...)
	}
	printed := call(small("--json", "--out", filepath.Join(folder, "audit"))...)
	if printed.code != exitOK || printed.stderr != "" {
		t.Fatalf("exit code %d: %s", printed.code, printed.stderr)
	}
	var found audit.Result
	if err := json.Unmarshal([]byte(printed.stdout), &found); err != nil {
		t.Fatal(err)
	}
	if found.Samples != 16 || found.Cost.Pairs != 1088 || strings.Join(found.Surrogates, " ") != "matched superspike" {
		t.Errorf("%d samples, %d pairs, surrogates %v", found.Samples, found.Cost.Pairs, found.Surrogates)
	}
	file, err := os.ReadFile(filepath.Join(folder, "audit", "audit.json"))
	if err != nil || string(file) != printed.stdout {
		t.Errorf("audit.json (%v) is not what --json prints", err)
	}
	page := call(small("--surrogates", "superspike:5", "--seed", "7")...)
	if page.code != exitOK || !strings.Contains(page.stdout, "superspike:5") || !strings.Contains(page.stdout, "results: "+filepath.Join(run, "audit")) {
		t.Errorf("exit code %d, %s%s", page.code, page.stdout, page.stderr)
	}
	wantError(t, call(small("--other-mode")...), exitFailed, "leave it out")
	wantError(t, call(small("--surrogates", "magic")...), exitUsage, "surrogate \"magic\" is unknown")
	wantError(t, call("audit", t.TempDir()), exitFailed, "holds no run")
	for _, wrong := range []string{"--samples=0", "--pairs=0", "--precision=0", "--workers=-1", "--part=some"} {
		name, _, _ := strings.Cut(wrong, "=")
		wantError(t, call("audit", run, wrong), exitUsage, name)
	}
}
