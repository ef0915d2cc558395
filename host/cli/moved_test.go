package cli

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMovedData: if a run's data have moved, the error says how to give the new path, and
// the run resumes from there, but not with different contents.
func TestMovedData(t *testing.T) {
	folder := t.TempDir()
	here, there := filepath.Join(folder, "here.csv"), filepath.Join(folder, "there.csv")
	var table bytes.Buffer
	for sample := range 60 {
		fmt.Fprintf(&table, "%d,%d,%d,%d\n", sample%7, sample%5, sample%3, sample%2)
	}
	if err := os.WriteFile(here, table.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(folder, "small.toml")
	if err := os.WriteFile(config, []byte("[training]\nepochs = 1\n[[network.layer]]\nneurons = 4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(folder, "run")
	summaryOf(t, config, "--data", "digits:"+here, "--out", run)
	if err := os.Rename(here, there); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{
		{"eval", run, "--device", "cpu"},
		{"export", run, "--nir", filepath.Join(folder, "n.nir")},
		{"train", "--resume", run, "--epochs", "2", "--device", "cpu"},
	} {
		wantError(t, call(arguments...), exitFailed, "if the data have moved, give their new location with --data digits:PATH")
		if got := call(append(arguments, "--data", "digits:"+there)...); got.code != exitOK {
			t.Errorf("%v: %s", arguments, got.stderr)
		}
	}
	changed := bytes.Replace(table.Bytes(), []byte("6,1,0,"), []byte("6,1,1,"), 1)
	if err := os.WriteFile(there, changed, 0o644); err != nil {
		t.Fatal(err)
	}
	wantError(t, call("train", "--resume", run, "--epochs", "3", "--device", "cpu", "--data", "digits:"+there), exitFailed, "labels or spikes differ")
}

// TestAddresses: an address space limit below what the program itself needs is rejected.
func TestAddresses(t *testing.T) {
	for limit, refused := range map[uint64]bool{1 << 30: true, leastAddresses - 1: true, leastAddresses: false, math.MaxUint64: false} {
		err := checkAddresses(limit)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "it needs at least 2097152") {
			t.Errorf("%d bytes of addresses: %v", limit, err)
		}
	}
}
