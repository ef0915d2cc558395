package cli

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestPredict writes predictions of all parts and compares the table with what eval says.
func TestPredict(t *testing.T) {
	folder := t.TempDir()
	run, file := filepath.Join(folder, "run"), filepath.Join(folder, "predictions.csv")
	config := filepath.Join(folder, "small.toml")
	if err := os.WriteFile(config, []byte("[data]\nsteps = 10\n[[network.layer]]\nneurons = 20\n[training]\nepochs = 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := call("train", config, "--device", "cpu", "--quiet", "--out", run); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	predict := func(flags ...string) (result predictions, lines [][]string) {
		t.Helper()
		got := call(append([]string{"predict", run, "--device", "cpu", "--quiet", "--json", "--out", file}, flags...)...)
		if got.code != exitOK || got.stderr != "" {
			t.Fatalf("exit code %d: %s", got.code, got.stderr)
		}
		if err := json.Unmarshal([]byte(got.stdout), &result); err != nil {
			t.Fatal(err)
		}
		text, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer text.Close()
		if lines, err = csv.NewReader(text).ReadAll(); err != nil {
			t.Fatal(err)
		}
		return result, lines
	}

	result, lines := predict("--trials", "1")
	correct := 0
	for _, line := range lines[1:] {
		if line[2] == line[3] {
			correct++
		}
	}
	var found evaluation
	if err := json.Unmarshal([]byte(call("eval", run, "--device", "cpu", "--quiet", "--json").stdout), &found); err != nil {
		t.Fatal(err)
	}
	if accuracy := float64(correct) / float64(len(lines)-1); accuracy != found.Accuracy || len(result.Parts) != 1 || result.Parts[0].Samples != found.Samples {
		t.Errorf("accuracy %g of %d lines, eval has %g of %d: %+v", accuracy, len(lines)-1, found.Accuracy, found.Samples, result)
	}

	result, lines = predict("--trials", "4", "--part", "all")
	seen := map[string]int{}
	for _, line := range lines[1:] {
		if line[1] != strconv.Itoa(seen[line[0]]) {
			t.Fatalf("%s sample %s is line %d of its part", line[0], line[1], seen[line[0]])
		}
		seen[line[0]]++
	}
	if len(lines[0]) != 7+2*10 || len(result.Parts) != 3 || seen["train"] != 1258 || seen["validation"] != 180 || seen["test"] != 359 {
		t.Errorf("%d columns, parts %v, %+v", len(lines[0]), seen, result)
	}

	wantError(t, call("predict", run, "--out", file, "--trials", "0"), exitUsage, "--trials 0")
	wantError(t, call("predict", run), exitUsage, "--out")
	wantError(t, call("predict", t.TempDir(), "--out", file), exitFailed, "holds no run")
	wantError(t, call("predict", run, "--device", "cpu", "--quiet", "--out", filepath.Join(folder, "none", "x", "p.csv")), exitFailed, "none")
}
