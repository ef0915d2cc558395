package cli

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestPredict writes predictions for all parts and compares the table with the output of
// eval.
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

	labels, bare := withoutLabels(t, 40)
	result, lines = predict("--trials", "2", "--data", "csv:"+bare, "--unlabelled")
	if len(lines) != 1+len(labels) || len(result.Parts) != 1 || result.Parts[0].Accuracy != nil || result.Parts[0].CalibrationError != nil {
		t.Fatalf("%d lines for %d samples without labels, %+v", len(lines), len(labels), result)
	}
	correct = 0
	for sample, line := range lines[1:] {
		if line[0] != "unlabelled" || line[1] != strconv.Itoa(sample) || line[2] != "" {
			t.Fatalf("sample %d: %q", sample, line[:4])
		}
		if line[3] == labels[sample] {
			correct++
		}
	}
	if correct < len(labels)/2 {
		t.Errorf("%d of %d samples without labels are predicted right: they are not those of the file", correct, len(labels))
	}
	wantError(t, call("predict", run, "--out", file, "--unlabelled"), exitUsage, "--unlabelled", "--data")
	wantError(t, call("predict", run, "--out", file, "--unlabelled", "--data", "csv:"+bare, "--part", "all"), exitUsage, "--part")
	wantError(t, call("predict", run, "--out", file, "--unlabelled", "--data", "digits"), exitFailed, "only csv:FILE and npz:FILE")

	wantError(t, call("predict", run, "--out", file, "--trials", "0"), exitUsage, "--trials 0")
	wantError(t, call("predict", run), exitUsage, "--out")
	wantError(t, call("predict", t.TempDir(), "--out", file), exitFailed, "holds no run")
	wantError(t, call("predict", run, "--device", "cpu", "--quiet", "--out", filepath.Join(folder, "none", "x", "p.csv")), exitFailed, "none")
}

// withoutLabels writes the first built-in digits to a file without their labels, and returns
// the labels.
func withoutLabels(t *testing.T, count int) (labels []string, file string) {
	t.Helper()
	packed, err := os.Open("../data/handwritten_digits.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for lines := bufio.NewScanner(unpacked); len(labels) < count && lines.Scan(); {
		end := strings.LastIndexByte(lines.Text(), ',')
		labels = append(labels, lines.Text()[end+1:])
		text.WriteString(lines.Text()[:end] + "\n")
	}
	file = filepath.Join(t.TempDir(), "bare.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return labels, file
}
