package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOtherData evaluates a run on another file: all of it or a part, which a note says, scaled by the
// maximum of the training data.
func TestOtherData(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, scale float64, samples int) string {
		t.Helper()
		var text strings.Builder
		for i := range samples {
			for k := range 4 {
				fmt.Fprintf(&text, "%g,", scale*float64(1+(i*7+k*5)%11+8*((k+i)%2)))
			}
			fmt.Fprintln(&text, i%2)
		}
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	training, dimmed, brighter := write("training.csv", 1, 60), write("dimmed.csv", 0.5, 50), write("brighter.csv", 2, 10)
	run, config := filepath.Join(folder, "run"), filepath.Join(folder, "small.toml")
	text := fmt.Sprintf("[data]\nname = \"csv\"\npath = %q\nsteps = 20\nmaximum = 0.0\ntest = 0.2\n[[network.layer]]\nneurons = 20\n[training]\nepochs = 2\n", training)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := call("train", config, "--device", "cpu", "--quiet", "--out", run); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	evaluated := func(flags ...string) (found evaluation) {
		t.Helper()
		got := call(append([]string{"eval", run, "--device", "cpu", "--json"}, flags...)...)
		if got.code != exitOK {
			t.Fatal(got.stderr)
		}
		if err := json.Unmarshal([]byte(got.stdout), &found); err != nil {
			t.Fatal(err)
		}
		return found
	}
	if own := evaluated(); own.Samples != 12 || len(own.Notes) > 0 {
		t.Errorf("of its own data: %+v", own)
	}
	all, same := evaluated("--part", "all"), evaluated("--data", "csv:"+training, "--part", "all")
	if all.Samples != 60 || all.Loss != same.Loss || len(same.Notes) > 0 {
		t.Errorf("all of its own data: %+v, given as other data: %+v", all, same)
	}
	note := fmt.Sprintf("10 of the 50 samples of csv:%s are its test part (data.test = 0.2); --part all uses all of them", dimmed)
	if part := evaluated("--data", "csv:"+dimmed); part.Samples != 10 || len(part.Notes) != 1 || part.Notes[0] != note {
		t.Errorf("a part of other data: %+v", part)
	}
	// Halving every value would change nothing if the file were scaled by its own maximum.
	if other := evaluated("--data", "csv:"+dimmed, "--part", "all"); other.Samples != 50 || !(other.SpikesPerNeuron < 0.9*all.SpikesPerNeuron) {
		t.Errorf("%g spikes per neuron from values half as large, %g before: %+v", other.SpikesPerNeuron, all.SpikesPerNeuron, other)
	}
	wantError(t, call("eval", run, "--device", "cpu", "--data", "csv:"+brighter), exitFailed, "the largest value allowed is 19")
}

// TestLostInNIR notes what an exported network loses elsewhere.
func TestLostInNIR(t *testing.T) {
	folder := t.TempDir()
	export := func(layer string) string {
		t.Helper()
		name := filepath.Join(folder, fmt.Sprint(len(layer)))
		if err := os.WriteFile(name+".toml", []byte("[data]\nsteps = 10\n[[network.layer]]\nneurons = 8\n"+layer+"[training]\nepochs = 1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := call("train", name+".toml", "--device", "cpu", "--quiet", "--out", name); got.code != exitOK {
			t.Fatal(got.stderr)
		}
		got := call("export", name, "--nir", name+".nir")
		if got.code != exitOK {
			t.Fatal(got.stderr)
		}
		return got.stderr
	}
	noisy := export("recurrent = true\nrecurrent_delay = 2\nreset = \"subtractive\"\n")
	if want := "without escape noise, delays, reset = \"subtractive\", which NIR does not have"; !strings.Contains(noisy, want) {
		t.Errorf("stderr %q, want %q", noisy, want)
	}
	if quiet := export("recurrent = false\ndelay = 0\nreset = \"membrane_only\"\n[network.layer.noise]\nkind = \"threshold\"\n"); quiet != "" {
		t.Errorf("stderr %q of a network that loses nothing", quiet)
	}
}
