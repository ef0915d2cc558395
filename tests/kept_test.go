package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The final weights of the interrupted run in testdata, and the test result of its network,
// as given by the version that started it.
const (
	interruptedWeights = "8083e8ce20808d160a8d44bbccb6d2b9dda8730763176a471336aef914e54943"
	interruptedTest    = 0.8467966573816156
	interruptedOther   = 0.8356545961002786
)

// kept checks the promise to returning users: a run folder from an older version resumes and
// evaluates to the same bits, and a configuration that names its kinds trains to the same
// weights as with the version it was written for.
func (p program) kept(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "run"), os.DirFS("testdata/runs/interrupted")); err != nil {
		t.Fatal(err)
	}
	resumed := read[summary](t, finish(t, p.command(folder, "train", "--resume", "run", "--device", "cpu", "--quiet", "--json")))
	if resumed.Weights != interruptedWeights || resumed.Test != interruptedTest {
		t.Errorf("an older run ends in weights %s, test accuracy %v; must be %s, %v", resumed.Weights, resumed.Test, interruptedWeights, interruptedTest)
	}
	type evaluation struct {
		Weights  string  `json:"weights_sha256"`
		Accuracy float64 `json:"accuracy"`
	}
	for mode, want := range map[string]float64{"--other-mode=false": interruptedTest, "--other-mode": interruptedOther} {
		got := read[evaluation](t, finish(t, p.command(folder, "eval", "run", "--device", "cpu", "--json", mode)))
		if got.Weights != interruptedWeights || got.Accuracy != want {
			t.Errorf("eval %s: %+v; must be %s, %v", mode, got, interruptedWeights, want)
		}
	}

	files, err := filepath.Glob("testdata/configurations/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("configurations: %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		want, ok := strings.CutPrefix(first, "# weights_sha256 = ")
		if !ok {
			t.Fatalf("%s begins with %q, must begin with the weights", file, first)
		}
		name := filepath.Base(file)
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
		got := read[summary](t, finish(t, p.command(folder, "train", name, "--device", "cpu", "--quiet", "--json", "--out", name+".run")))
		if got.Weights != want {
			t.Errorf("%s ends in weights %s, must be %s", name, got.Weights, want)
		}
	}
}
