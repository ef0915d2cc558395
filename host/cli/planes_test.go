package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlanes trains a network that pools rows and columns, evaluates, reports and audits it, and
// exports it to NIR and imports it again.
func TestPlanes(t *testing.T) {
	folder := t.TempDir()
	spikes, err := filepath.Abs("../data/testdata/spikes.npz") // 2×4×5
	if err != nil {
		t.Fatal(err)
	}
	run, page := filepath.Join(folder, "run"), filepath.Join(folder, "page.html")
	configuration := filepath.Join(folder, "planes.toml")
	text := `[data]
name = "npz"
path = "` + spikes + `"
[training]
epochs = 2
[[network.layer]]
kind = "conv2d"
filters = 3
kernel = 2
padding = 1
pool = 2
pool_kind = "sum"
recurrent = false
reset = "membrane_only"
[[network.layer]]
kind = "conv2d"
filters = 2
kernel = 2
pool = 2
pool_height = 1
pool_kind = "sum"
`
	if err := os.WriteFile(configuration, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{
		{"train", configuration, "--out", run, "--device", "cpu"},
		{"eval", run, "--trials", "2", "--device", "cpu"},
		{"report", run, "--out", page},
		{"audit", run, "--samples", "2", "--device", "cpu"},
		{"audit", run, "--unbiased", "--pairs", "192", "--device", "cpu"},
		{"export", run, "--nir", filepath.Join(folder, "n.nir")},
		{"import", filepath.Join(folder, "n.nir"), "--out", filepath.Join(folder, "again")},
		{"eval", filepath.Join(folder, "again"), "--device", "cpu"},
	} {
		if got := call(arguments...); got.code != exitOK {
			t.Errorf("%v: %s", arguments, got.stderr)
		}
	}
	for _, name := range []string{"frames.png", "frames.svg", "evaluation/frames.svg", "audit/slopes.md", "audit/audit.md"} {
		if _, err := os.Stat(filepath.Join(run, name)); err != nil {
			t.Error(err)
		}
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if count := strings.Count(string(html), "<figcaption>The same in frames"); count != 2 {
		t.Errorf("the page shows frames %d times, want 2: with noise and without", count)
	}
}
