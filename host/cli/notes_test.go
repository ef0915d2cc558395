package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallRecordings configures a small network on recordings from the test data.
const smallRecordings = `[data]
name = "shd"
path = "../data/testdata"
[data.events]
train_file = "%train"
test_file = "small_latest.h5"
[[network.layer]]
neurons = 4
recurrent = false
[training]
epochs = 1
`

// configured writes a configuration to a file and returns its path.
func configured(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "some.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every command that reads data reports what was dropped, once per file.
func TestDataNotes(t *testing.T) {
	config := configured(t, strings.ReplaceAll(smallRecordings, "%train", "small_f4.h5"))
	run, other := filepath.Join(t.TempDir(), "run"), t.TempDir()
	for _, arguments := range [][]string{
		{"train", config, "--device", "cpu", "--out", run},
		{"train", "--resume", run, "--device", "cpu", "--epochs", "2"},
		{"eval", run, "--device", "cpu"},
		{"eval", run, "--device", "cpu", "--trials", "2", "--out", filepath.Join(other, "evaluation")},
		{"audit", run, "--device", "cpu", "--pairs", "32", "--samples", "2", "--out", filepath.Join(other, "audit")},
		{"export", run, "--device", "cpu", "--nir", filepath.Join(other, "some.nir")},
		{"report", run, "--device", "cpu", "--out", filepath.Join(other, "page.html")},
	} {
		got := call(arguments...)
		if got.code != exitOK {
			t.Fatalf("%s: exit code %d: %s", arguments[0], got.code, got.stderr)
		}
		for _, file := range []string{"small_f4.h5", "small_latest.h5"} {
			for _, note := range []string{": 1 sample without spikes, kept", ": 2 spikes dropped: their times are not finite", ": 1 spike merged with another spike of the same channel in the same step", ": 2 spikes dropped: before time 0 or after step 349"} {
				if line := "note: ../data/testdata/" + file + note + "\n"; strings.Count(got.stderr, line) != 1 {
					t.Errorf("%v: %d times %q on standard error:\n%s", arguments, strings.Count(got.stderr, line), line, got.stderr)
				}
			}
		}
		if strings.Contains(got.stdout, "note: ") {
			t.Errorf("%v: notes on standard output:\n%s", arguments, got.stdout)
		}
	}
	for _, arguments := range [][]string{
		{"eval", run, "--device", "cpu", "--json", "--quiet"},
		{"audit", run, "--device", "cpu", "--pairs", "32", "--samples", "2", "--out", filepath.Join(other, "again"), "--json", "--quiet"},
		{"eval", run, "--device", "cpu", "--trials", "2", "--out", filepath.Join(other, "trials"), "--json", "--quiet"},
		{"train", "--resume", run, "--device", "cpu", "--epochs", "3", "--json", "--quiet"},
	} {
		got := call(arguments...)
		var found struct {
			Notes []string `json:"notes"`
		}
		if err := json.Unmarshal([]byte(got.stdout), &found); err != nil || len(found.Notes) != 8 || got.stderr != "" {
			t.Errorf("%v: %v, notes %q, stderr %q", arguments, err, found.Notes, got.stderr)
		}
	}
}

// Data with nothing left to use are rejected before anything is written.
func TestVanishedData(t *testing.T) {
	text := strings.ReplaceAll(smallRecordings, "%train", "microseconds.h5")
	run := filepath.Join(t.TempDir(), "run")
	wantError(t, call("train", configured(t, text), "--device", "cpu", "--out", run), exitFailed,
		"microseconds.h5: 0 of 48 spikes fall in the 350 steps of 0.002 s (0.7 s): times are between ", "look like microseconds; divide them by 1e+06", "data.min_kept = 0")
	if _, err := os.Stat(run); err == nil {
		t.Error("a run was begun")
	}
	got := call("data", "inspect", "../data/testdata/microseconds.h5")
	if got.code != exitOK || !strings.Contains(got.stdout, "note: ../data/testdata/microseconds.h5: 0 of 48 spikes fall in") {
		t.Errorf("exit code %d:\n%s", got.code, got.stdout)
	}
	if got := call("train", configured(t, strings.Replace(text, "[data]\n", "[data]\nmin_kept = 0.0\n", 1)), "--device", "cpu", "--out", run); got.code != exitOK {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
}

// A run keeps its original steps, even if it is resumed with a configuration that does not
// specify them.
func TestOldBinning(t *testing.T) {
	text := strings.ReplaceAll(smallRecordings, "%train", "small_f4.h5")
	run := filepath.Join(t.TempDir(), "run")
	old := strings.Replace(text, "[data.events]\n", "[data.events]\nbinning = \"truncate\"\n", 1)
	if got := call("train", configured(t, old), "--device", "cpu", "--out", run); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	more := strings.Replace(text, "epochs = 1", "epochs = 2", 1)
	if got := call("train", configured(t, more), "--device", "cpu", "--resume", run); got.code != exitOK {
		t.Errorf("resumed without the key: %s", got.stderr)
	}
	snap := strings.Replace(old, "truncate", "snap", 1)
	wantError(t, call("train", configured(t, snap), "--device", "cpu", "--resume", run, "--epochs", "3"), exitFailed, "data.events.binning was truncate and is snap")
	if stored, err := os.ReadFile(filepath.Join(run, "config.toml")); err != nil || !strings.Contains(string(stored), "binning = \"truncate\"") {
		t.Errorf("config.toml: %v\n%s", err, stored)
	}
}

// A heading is refused until it is asked for.
func TestHeader(t *testing.T) {
	rows := strings.Repeat("0.6,0.1,0\n0.16,0.88,1\n0.22,0.35,1\n0.78,0.32,0\n", 10)
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	headed, plain := write("headed.csv", "0,1,2\n"+rows), write("plain.csv", rows)
	run := filepath.Join(t.TempDir(), "run")
	arguments := []string{"train", "--data", "digits:" + headed, "--epochs", "1", "--device", "cpu", "--out", run}
	wantError(t, call(arguments...), exitFailed, "line 1: 0,1,2 looks like a header", "--header")
	if got := call(append(arguments, "--header")...); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	stored, err := os.ReadFile(filepath.Join(run, "config.toml"))
	if err != nil || !strings.Contains(string(stored), "\nheader = true\n") {
		t.Errorf("%v in config.toml:\n%s", err, stored)
	}
	accuracy := func(arguments ...string) string {
		got := call(append([]string{"eval", run, "--part", "train", "--device", "cpu"}, arguments...)...)
		if got.code != exitOK {
			t.Fatal(got.stderr)
		}
		return got.stdout
	}
	if a, b := accuracy(), accuracy("--data", "digits:"+plain, "--no-header"); a != b {
		t.Errorf("%s with, %s without a heading", a, b)
	}
	got := call("eval", run, "--device", "cpu", "--data", "csv:"+plain)
	if got.code != exitOK || !strings.Contains(got.stderr, "note: "+plain+": line 1 is skipped as a header, but looks like a sample: 0.6,0.1,0\n") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	got = call("data", "inspect", headed, "--header")
	if got.code != exitOK || !strings.Contains(got.stdout, "2 channels, 2 classes") {
		t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	wantError(t, call("train", "--header", "--out", run), exitUsage, "data.header = true", "only a CSV file")
}
