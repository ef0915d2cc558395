package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"spikegrad/host/check"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// outcome is the result of running the program.
type outcome struct {
	code           int
	stdout, stderr string
}

// call runs the program inside the test, without a terminal.
func call(arguments ...string) outcome {
	var out, errors bytes.Buffer
	a := &app{ctx: context.Background(), out: &out, errors: &errors}
	code := a.report(a.run(arguments))
	return outcome{code, out.String(), errors.String()}
}

// wantError fails the test unless a call failed with one line that contains the texts.
func wantError(t *testing.T, got outcome, code int, texts ...string) {
	t.Helper()
	if got.code != code || got.stdout != "" || !strings.HasPrefix(got.stderr, "spikegrad: ") || strings.Count(got.stderr, "\n") != 1 ||
		slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(got.stderr, text) }) {
		t.Errorf("exit code %d, stdout %q, stderr %q; want code %d, no output and one line with %q", got.code, got.stdout, got.stderr, code, texts)
	}
}

func newParser(t *testing.T, target *commands) *kong.Kong {
	t.Helper()
	parser, err := kong.New(target, kong.Name("spikegrad"), kong.NoDefaultHelp(), vocabulary, kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// TestHelp checks that the program and each command have help that lists every flag and
// says what it does.
func TestHelp(t *testing.T) {
	var grammar commands
	parser := newParser(t, &grammar)
	for _, command := range append([]*kong.Node{parser.Model.Node}, parser.Model.Leaves(true)...) {
		arguments := append(strings.Fields(command.FullPath())[1:], "--help")
		got := call(arguments...)
		if got.code != exitOK || got.stderr != "" {
			t.Errorf("%v: exit code %d, stderr %q", arguments, got.code, got.stderr)
		}
		for _, flag := range command.Flags {
			name := "--" + flag.Name
			if flag.Tag.Negatable != "" {
				name = "--[no-]" + flag.Name
			}
			if !strings.Contains(got.stdout, name) {
				t.Errorf("%v does not mention %s", arguments, name)
			}
			if flag.Help == "" {
				t.Errorf("%v: --%s has no help", arguments, flag.Name)
			}
		}
	}
}

// TestHelpExamples parses every example, so that none names anything that does not exist.
func TestHelpExamples(t *testing.T) {
	var grammar commands
	for _, command := range append([]*kong.Node{newParser(t, &grammar).Model.Node}, newParser(t, &grammar).Model.Leaves(true)...) {
		_, examples, found := strings.Cut(command.Detail, "Examples:")
		if !found {
			t.Errorf("%s has no examples", command.Name)
		}
		for line := range strings.Lines(strings.TrimSpace(examples)) {
			text, _, _ := strings.Cut(line, ">") // of a shell
			words := strings.Fields(text)
			if words[0] != "spikegrad" {
				t.Errorf("%s: example %q does not begin with spikegrad", command.Name, line)
				continue
			}
			var fresh commands
			if _, err := newParser(t, &fresh).Parse(words[1:]); err != nil && !errors.Is(err, errHelped) {
				t.Errorf("%s: example %q: %v", command.Name, line, err)
			}
		}
	}
}

func TestWrongUsage(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	out := filepath.Join(folder, "run")
	for _, c := range []struct {
		arguments string
		want      string
	}{
		{"trian", "did you mean \"train\""},
		{"train --btch=3", "see spikegrad train --help"},
		{"train --batch=many --out " + out, "many"},
		{"train --batch=-3 --out " + out, "training.batch = -3"},
		{"train --epochs=0 --out " + out, "training.epochs = 0"},
		{"train --seed=-1 --out " + out, "--seed"},
		{"train --device gpu --out " + out, "device \"gpu\" is unknown"},
		{"train --data nothing --out " + out, "dataset \"nothing\""},
		{"train --workers=-1 --out " + out, "--workers -1"},
		{"train --pass-samples=-1 --out " + out, "--pass-samples -1"},
		{"train --segment-steps=-1 --out " + out, "--segment-steps -1"},
		{"train --resume a --out " + out, "leave out --out"},
		{"train " + file("key.toml", "[training]\nepochs = 2\nbatsch = 3\n") + " --out " + out, "key.toml line 3, column 1: unknown key training.batsch"},
		{"train " + file("type.toml", "[training]\nepochs = \"two\"\n") + " --out " + out, "type.toml line 2"},
		{"train " + file("tau.toml", "[[network.layer]]\ntau_membrane = -1.0\n") + " --out " + out, "tau_membrane = -1"},
		{"train " + file("delay.toml", "[[network.layer]]\ndelay = 50\n") + " --out " + out, "delay = 50 steps: must be from 0 to 49"},
		{"config --check " + filepath.Join(folder, "key.toml"), "key.toml line 3"},
		{"config --data nothing", "dataset \"nothing\""},
		{"check --device gpu", "device \"gpu\" is unknown"},
		{"eval", "run"},
		{"eval x --part some", "--part"},
		{"eval x --out y", "add --trials N"},
		{"eval x --sample 3", "add --trials N"},
		{"eval x --trials 0", "--trials 0"},
		{"eval x --trials 2 --other-mode", "leave out --other-mode"},
		{"eval x --trials 2 --data digits", "leave out one of them"},
	} {
		t.Run(c.arguments, func(t *testing.T) {
			wantError(t, call(strings.Fields(c.arguments)...), exitUsage, c.want)
		})
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("wrong usage left an output folder")
	}
}

// TestNoCommand: the program without arguments prints its help, as a usage error.
func TestNoCommand(t *testing.T) {
	got, help := call(), call("--help")
	if got.code != exitUsage || got.stdout != "" || got.stderr != help.stdout+"spikegrad: "+errNoCommand.Error()+"\n" {
		t.Errorf("exit code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
}

// TestOpenWindow: only commands that open a window stay on the main thread.
func TestOpenWindow(t *testing.T) {
	for arguments, want := range map[string]bool{
		"view run": true, "train --view": true, "train": false, "train --resume run": false, "eval run": false,
		"report run": false, "bench": false, "version": false,
	} {
		var grammar commands
		parsed, err := newParser(t, &grammar).Parse(strings.Fields(arguments))
		if err != nil {
			t.Fatal(err)
		}
		if got := grammar.openWindow(parsed); got != want {
			t.Errorf("%s: opens a window: %v, want %v", arguments, got, want)
		}
	}
}

func TestFailures(t *testing.T) {
	folder := t.TempDir()
	wantError(t, call("train", filepath.Join(folder, "missing.toml")), exitFailed, "missing.toml")
	wantError(t, call("train", "--resume", folder), exitFailed, "holds no run")
	wantError(t, call("eval", folder), exitFailed, "holds no run")
	wantError(t, call("config", "--check", folder), exitFailed, "cannot read the configuration")
	wantError(t, call("check", "--device", "vulkan:no such device"), exitFailed, "vulkan:no such device")
	wantError(t, call("train", "--device", "cpu", "--out", os.Args[0]), exitFailed, "choose another with --out")
}

// TestConfig checks that train uses what config prints.
func TestConfig(t *testing.T) {
	for _, dataset := range []string{"digits", "randman"} {
		got := call("config", "--data", dataset)
		if got.code != exitOK || got.stderr != "" {
			t.Fatalf("%s: exit code %d, stderr %q", dataset, got.code, got.stderr)
		}
		file := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(file, []byte(got.stdout), 0o644); err != nil {
			t.Fatal(err)
		}
		config, err := readConfig(file, "")
		if err != nil {
			t.Fatal(err)
		}
		wanted, err := train.Default(dataset)
		if err != nil {
			t.Fatal(err)
		}
		if config.Commented() != wanted.Commented() || config.Data.Name != dataset {
			t.Errorf("%s: the printed configuration is not the default one", dataset)
		}
		if got := call("config", "--check", file); got.code != exitOK || got.stdout != "" || !strings.Contains(got.stderr, "AVAILABLE") || !strings.Contains(got.stderr, "\ncpu ") {
			t.Errorf("%s: config --check: %+v", dataset, got)
		}
	}
}

// TestMemory: the memory that a network takes is reported before training, as the engines
// compute it.
func TestMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "network.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	batch := func() (cpu memoryNeed) {
		t.Helper()
		got := call("devices", file, "--json")
		var list deviceList
		if err := json.Unmarshal([]byte(got.stdout), &list); err != nil || len(list.Memory) != len(list.Devices)+1 {
			t.Fatalf("%d rows for %d devices: %v", len(list.Memory), len(list.Devices), err)
		}
		return list.Memory[len(list.Memory)-1]
	}
	write("[data]\nname = \"moving-digits\"\n[[network.layer]]\nkind = \"conv2d\"\nrecurrent = false\n[training]\nbatch = 8\n")
	config, err := readConfig(file, "")
	if err != nil {
		t.Fatal(err)
	}
	n, err := train.Sized(&config)
	if err != nil {
		t.Fatal(err)
	}
	want, err := (&engine.Choice{}).Need(n, engine.Options{Optimizer: network.Optimizers.Number(config.Training.Optimizer.Kind)}, 8)
	if got := batch(); err != nil || got.Device != "cpu" || got.Weights != want.Weights || got.Batch != want.Batch || got.Samples != want.Samples || got.Refused != "" {
		t.Errorf("%+v, want %+v (%v)", got, want, err)
	}
	if got := call("devices", file); !strings.Contains(got.stdout, "used by the network in "+file+":\n") {
		t.Errorf("devices: %+v", got)
	}
	// Data without stated sizes are opened; if they cannot be, the configuration is still valid.
	write("[data]\nname = \"events\"\npath = \"../data/testdata/camera_classes\"\nsteps = 10\nstep_length = 0.001\ntest = 0.2\n")
	if got := batch(); got.Steps != 10 {
		t.Errorf("%+v", got)
	}
	write("[data]\nname = \"events\"\npath = \"nowhere\"\n")
	if got := call("config", "--check", file); got.code != exitOK || !strings.Contains(got.stderr, "is a valid configuration\n") || !strings.Contains(got.stderr, "nowhere") {
		t.Errorf("config --check: %+v", got)
	}
	wantError(t, call("devices", file), exitFailed, "nowhere")
	wantError(t, call("devices", filepath.Join(t.TempDir(), "none.toml")), exitFailed, "cannot read")
}

// TestFlagsOverrideTheFile sets every value that a flag can change in a file, and other
// values as flags.
func TestFlagsOverrideTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.toml")
	text := "seed = 3\n[data]\nname = \"digits\"\nsteps = 40\n[training]\nepochs = 5\nbatch = 16\nkeep = \"best\"\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	epochs, batch, seed := 6, 17, uint32(4)
	for _, c := range []struct {
		command       trainCommand
		epochs, batch int
		seed          uint32
		data          string
		steps         int
	}{
		{trainCommand{Config: file}, 5, 16, 3, "digits", 40},
		{trainCommand{Config: file, Epochs: &epochs, Batch: &batch, Seed: &seed}, 6, 17, 4, "digits", 40},
		{trainCommand{Config: file, Data: "randman"}, 5, 16, 3, "randman", 100},
	} {
		config, err := c.command.config()
		if err != nil {
			t.Fatal(err)
		}
		if config.Training.Epochs != c.epochs || config.Training.Batch != c.batch || config.Seed != c.seed ||
			config.Data.Name != c.data || config.Data.Steps != c.steps || config.Training.Keep != "best" {
			t.Errorf("%+v gave seed %d, %s of %d steps, %+v", c.command, config.Seed, config.Data.Name, config.Data.Steps, config.Training)
		}
	}
}

func TestVersionJSON(t *testing.T) {
	got := call("version", "--json")
	var v buildVersion
	if err := json.Unmarshal([]byte(got.stdout), &v); err != nil || v.Go == "" || v.Platform == "" {
		t.Errorf("%q: %v", got.stdout, err)
	}
	if text := call("version"); !strings.HasPrefix(text.stdout, "spikegrad ") || strings.Count(text.stdout, "\n") != 1 {
		t.Errorf("version printed %q", text.stdout)
	}
}

func TestReport(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		line string
	}{
		{nil, 0, ""},
		{errors.New("broken"), 1, "spikegrad: broken\n"},
		{errors.Join(errors.New("a"), errors.New("b")), 1, "spikegrad: a; b\n"},
		{fmt.Errorf("file: %w", usageError{errors.New("wrong")}), 2, "spikegrad: file: wrong\n"},
		{context.Canceled, 130, "spikegrad: interrupted\n"},
		{errors.Join(context.Canceled), 130, "spikegrad: interrupted\n"}, // as a parser may hand it on
		{fmt.Errorf("seed 3: %w", context.Canceled), 130, "spikegrad: seed 3: interrupted\n"},
		{&train.InterruptedError{Folder: "f", Updates: 7, Epoch: 2, Cause: context.Canceled}, 130, "spikegrad: interrupted in epoch 2 after update 7: resume with --resume f\n"},
	} {
		var errors bytes.Buffer
		a := &app{errors: &errors}
		if code := a.report(c.err); code != c.code || errors.String() != c.line {
			t.Errorf("%v: exit code %d, %q; want %d, %q", c.err, code, errors.String(), c.code, c.line)
		}
	}
}

// TestCheckTable checks that a difference is reported in full and makes the command fail.
func TestCheckTable(t *testing.T) {
	result := checkResult{Devices: []checkedDevice{
		{Device: "cpu", Name: "cpu", Cases: 3, Values: 100},
		{Device: "vulkan:0", Name: "GPU", Driver: "driver 1", Cases: 3, Values: 100, Different: 2, First: &check.Difference{
			Network: "base", Pass: 0, Sample: 1, Step: 2, Layer: 3, Neuron: 4, From: -1, Variable: "membrane", Want: "0.5", Got: "0.25",
		}},
		{Device: "vulkan:1", Name: "other", Error: "lost"},
	}}
	var out bytes.Buffer
	if err := result.write(&app{out: &out}, false); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"vulkan:0  GPU    driver 1  3      100     2          0s",
		`first difference on vulkan:0: network "base", pass 0, sample 1, step 2, layer 3, neuron 4: membrane is 0.25, must be 0.5`,
		"not completed on vulkan:1: lost",
	} {
		if !slices.Contains(strings.Split(out.String(), "\n"), line) {
			t.Errorf("no line %q in\n%s", line, out.String())
		}
	}
}

// TestProgressLines follows a run without a terminal: one line per epoch, or none with
// --quiet.
func TestProgressLines(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		var written bytes.Buffer
		a := &app{errors: &written}
		a.configure(&commands{Quiet: quiet})
		p := &progress{app: a, folder: "runs/x"}
		p.OnStart(train.Start{Device: "cpu", Train: 100, Validation: 10, Test: 20, Weights: 5, Epochs: 2})
		accuracy := 0.5
		for epoch := 1; epoch <= 2; epoch++ {
			p.OnBatch(train.Progress{Phase: train.PhaseTraining, Epoch: epoch, Epochs: 2, Done: 100, Samples: 100})
			p.OnEpoch(train.Epoch{Epoch: epoch, TrainLoss: 1.25, TrainAccuracy: 0.75, ValidationAccuracy: &accuracy, SpikesPerNeuron: 2, SamplesPerSecond: 300})
		}
		p.close()
		lines := strings.Count(written.String(), "\n")
		if quiet && lines != 0 || !quiet && lines != 3 || strings.ContainsAny(written.String(), "\r\x1b") {
			t.Errorf("quiet %t: %d lines: %q", quiet, lines, written.String())
		}
		if !quiet && !strings.Contains(written.String(), "epoch 2/2  loss 1.2500  train 75.0 %  validation 50.0 %  2 spikes per neuron  300 samples/s") {
			t.Errorf("lines are %q", written.String())
		}
		p.OnWarning("damaged")
		if !strings.HasSuffix(written.String(), "spikegrad: warning: damaged\n") {
			t.Errorf("quiet %t: no warning in %q", quiet, written.String())
		}
	}
}

// TestProgressBar draws the progress bar on a terminal with and without colours.
func TestProgressBar(t *testing.T) {
	for _, colour := range []bool{false, true} {
		var written bytes.Buffer
		a := &app{errors: &written, notes: io.Discard, terminal: true, colour: colour, log: slog.New(slog.DiscardHandler)}
		p := &progress{app: a}
		p.OnStart(train.Start{Train: 100, Epochs: 4})
		p.OnBatch(train.Progress{Phase: train.PhaseTraining, Epoch: 2, Epochs: 4, Done: 100, Samples: 100, Loss: 1.5, Accuracy: 0.25, SpikesPerNeuron: 3, SamplesPerSecond: 200})
		p.close()
		for _, part := range []string{"epoch 2/4", "loss 1.500", "train 25.0 %", "3 spikes", "200/s", "left", "50%"} {
			if !strings.Contains(written.String(), part) {
				t.Errorf("no %q in the bar %q", part, written.String())
			}
		}
		if coloured := strings.Contains(written.String(), "\x1b[36m"); coloured != colour || strings.Contains(written.String(), "[cyan]") {
			t.Errorf("colour %t: bar is %q", colour, written.String())
		}
	}
}
