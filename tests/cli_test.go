package tests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	_ "spikegrad/host/cli" // so that go test does not cache the result for a different program
)

// program is the compiled program.
type program struct{ path string }

// result is the result of running the program.
type result struct {
	code           int
	stdout, stderr string
}

// TestProgram builds the program and uses it like a user.
func TestProgram(t *testing.T) {
	t.Parallel()
	p := program{filepath.Join(t.TempDir(), "spikegrad")}
	if out, err := exec.Command("go", "build", "-o", p.path, "..").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Run("ExitCodes", p.exitCodes)
	t.Run("Devices", p.devices)
	t.Run("DevicesWithoutDriver", p.devicesWithoutDriver)
	t.Run("Check", p.check)
	t.Run("Bench", p.bench)
	t.Run("TrainAndEval", p.trainAndEval)
	t.Run("FullDisk", p.fullDisk)
	t.Run("FewAddresses", p.fewAddresses)
	t.Run("Interrupt", p.interrupt)
	t.Run("Kill", p.kill)
	t.Run("DevicesAgree", p.devicesAgree)
	t.Run("Ranks", p.ranks)
	t.Run("Kept", p.kept)
	t.Run("Pages", p.pages)
}

// command prepares a call of the program in a folder.
func (p program) command(folder string, arguments ...string) *exec.Cmd {
	command := exec.Command(p.path, arguments...)
	command.Dir = folder
	return command
}

// finish runs a command to completion.
func finish(t *testing.T, command *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if command.Stdout == nil {
		command.Stdout = &stdout
	}
	command.Stderr = &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// read parses the JSON output of a command.
func read[T any](t *testing.T, r result) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(r.stdout), &value); err != nil {
		t.Fatalf("%v: stdout %q, stderr %q", err, r.stdout, r.stderr)
	}
	return value
}

func (p program) exitCodes(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		arguments string
		code      int
		stderr    string
	}{
		{"--help", 0, ""},
		{"train --help", 0, ""},
		{"version", 0, ""},
		{"config", 0, ""},
		{"train --nothing", 2, "unknown flag --nothing"},
		{"train --batch=-1", 2, "training.batch = -1"},
		{"train --device gpu", 2, "want auto, cpu, vulkan:N or vulkan:NAME"},
		{"train --device vulkan:1000", 1, "vulkan:1000"},
		{"train --device cpu+vulkan:1000", 1, "vulkan:1000"},
		{"train --device cpu+cpu", 2, "names cpu twice"},
		{"train --device cpu+auto", 2, "name each of a group"},
		{"tune --device cpu+vulkan:0", 2, "name one device"},
		{"train missing.toml", 1, "missing.toml"},
		{"train --data digits:missing.csv", 1, "missing.csv"},
		{"train --resume missing", 1, "missing holds no run"},
		{"train --device cpu --out /dev/null/run", 1, "/dev/null/run"},
		{"eval missing", 1, "missing holds no run"},
		{"bench --shape I", 2, "A to H, or all"},
		{"bench --shape A --variant T=5", 2, "T=32"},
		{"bench --repeat 0", 2, "--repeat 0: must be at least 1"},
		{"bench --skip-below=-1", 2, "at least 0 (nothing is skipped)"},
		{"bench --shape A --device cpu --skip-below 0.1", 1, "shapes B to H"},
		{"bench --shape E --device vulkan:1000", 1, "vulkan:1000"},
	} {
		got := finish(t, p.command(folder, strings.Fields(c.arguments)...))
		lines := strings.Count(got.stderr, "\n")
		if got.code != c.code || !strings.Contains(got.stderr, c.stderr) || c.code != 0 && lines != 1 || c.code == 0 && lines != 0 {
			t.Errorf("%s: exit code %d, stderr %q; want %d and one line with %q", c.arguments, got.code, got.stderr, c.code, c.stderr)
		}
	}
	bare := finish(t, p.command(folder)) // its error comes after the help
	if bare.code != 2 || !strings.HasPrefix(bare.stderr, "Usage: ") || !strings.HasSuffix(bare.stderr, "\nspikegrad: no command given; the help above lists them\n") {
		t.Errorf("no command: exit code %d, stderr %q", bare.code, bare.stderr)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("failed commands left %v (%v)", entries, err)
	}
}

type listedDevices struct {
	Devices []struct {
		Device, Name, Driver, Type string
		MaxSharedMemory            int `json:"max_shared_memory_bytes"`
	}
	VulkanError string `json:"vulkan_error"`
	CPU         struct{ Instructions string }
	Auto        struct{ Device, Reason string }
}

func (p program) devices(t *testing.T) {
	list := read[listedDevices](t, finish(t, p.command("", "devices", "--json")))
	if len(list.Devices) == 0 {
		t.Fatalf("no Vulkan device (%s); make deps installs a software driver", list.VulkanError)
	}
	text := finish(t, p.command("", "devices"))
	for i, d := range list.Devices {
		if d.Device != fmt.Sprintf("vulkan:%d", i) || d.Name == "" || d.Driver == "" || d.Type == "" || d.MaxSharedMemory == 0 {
			t.Errorf("device %d is %+v", i, d)
		}
		if !strings.Contains(text.stdout, d.Name) {
			t.Errorf("%s is not in the table\n%s", d.Name, text.stdout)
		}
		if d.Device == list.Auto.Device && d.Type == "software" {
			t.Error("auto picks a software driver")
		}
	}
	if list.CPU.Instructions == "" || list.Auto.Device == "" || list.Auto.Reason == "" {
		t.Errorf("cpu and auto are %+v", list)
	}
	if !strings.Contains(text.stdout, "auto picks "+list.Auto.Device) {
		t.Errorf("the table does not say what auto picks:\n%s", text.stdout)
	}
}

func (p program) devicesWithoutDriver(t *testing.T) {
	withoutDriver := func(arguments ...string) result {
		command := p.command(t.TempDir(), arguments...)
		command.Env = append(os.Environ(), "VK_DRIVER_FILES=/nowhere.json", "VK_ICD_FILENAMES=/nowhere.json")
		return finish(t, command)
	}
	list := read[listedDevices](t, withoutDriver("devices", "--json"))
	if len(list.Devices) != 0 || list.VulkanError == "" || list.Auto.Device != "cpu" {
		t.Errorf("without a driver: %+v", list)
	}
	if got := withoutDriver("devices"); got.code != 0 || !strings.Contains(got.stdout, "no Vulkan device") {
		t.Errorf("without a driver: %+v", got)
	}
	got := withoutDriver("train", "--device", "vulkan:0")
	if got.code != 1 || !strings.Contains(got.stderr, "apt install mesa-vulkan-drivers") {
		t.Errorf("without a driver: %+v", got)
	}
}

func (p program) check(t *testing.T) {
	type checked struct {
		Devices []struct {
			Name, Driver             string
			Cases, Values, Different int
		}
		OK bool
	}
	got := finish(t, p.command("", "check", "--quick", "--device", "cpu", "--json"))
	c := read[checked](t, got)
	if got.code != 0 || got.stderr != "" || !c.OK || len(c.Devices) != 1 {
		t.Fatalf("%+v", got)
	}
	if d := c.Devices[0]; d.Name == "" || d.Driver == "" || d.Cases == 0 || d.Values == 0 || d.Different != 0 {
		t.Errorf("%+v", d)
	}
}

// smallConfig is a run of a second or less.
const smallConfig = `
[training]
epochs = 2
batch = 128
[[network.layer]]
neurons = 33
`

// smallRun writes the configuration of a small run to a new folder.
func smallRun(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "small.toml"), []byte(smallConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

func (p program) trainAndEval(t *testing.T) {
	folder := smallRun(t)
	trained := finish(t, p.command(folder, "train", "small.toml", "--device", "cpu", "--out", "run", "--json"))
	summary := read[map[string]any](t, trained)
	if trained.code != 0 || strings.ContainsAny(trained.stderr, "\r\x1b") || strings.Count(trained.stderr, "epoch ") != 2 {
		t.Errorf("exit code %d, stderr %q; want a line an epoch", trained.code, trained.stderr)
	}
	for _, key := range []string{"test_accuracy", "test_accuracy_other_mode", "train_samples_per_second", "device", "driver", "seed", "steps", "spikes_per_neuron", "weights_sha256"} {
		if summary[key] == nil {
			t.Errorf("the summary has no %s", key)
		}
	}
	for _, c := range []struct{ flags, key string }{{"", "test_accuracy"}, {"--other-mode", "test_accuracy_other_mode"}, {"--workers 3 --pass-samples 8 --segment-steps 32", "test_accuracy"}} {
		arguments := append([]string{"eval", "run", "--device", "cpu", "--json"}, strings.Fields(c.flags)...)
		evaluated := read[map[string]any](t, finish(t, p.command(folder, arguments...)))
		if evaluated["accuracy"] != summary[c.key] || evaluated["weights_sha256"] != summary["weights_sha256"] {
			t.Errorf("eval %s gave %v and %v: training %v and %v", c.flags, evaluated["accuracy"], evaluated["weights_sha256"], summary[c.key], summary["weights_sha256"])
		}
	}
	again := finish(t, p.command(folder, "train", "small.toml", "--device", "cpu", "--out", "run"))
	if again.code != 1 || !strings.Contains(again.stderr, "--resume run") {
		t.Errorf("training into the same folder: %+v", again)
	}
	other := finish(t, p.command(folder, "train", "--resume", "run", "--device", "cpu", "--batch=9"))
	if other.code != 1 || !strings.Contains(other.stderr, "training.batch was 128 and is 9") {
		t.Errorf("resuming with another configuration: %+v", other)
	}
	quiet := finish(t, p.command(folder, "train", "--resume", "run", "--device", "cpu", "--epochs=3", "--quiet", "--workers=3", "--segment-steps=32"))
	if quiet.code != 0 || quiet.stderr != "" || !strings.Contains(quiet.stdout, "picture: run/learning-curves.png") {
		t.Errorf("quiet run: %+v", quiet)
	}
	named := finish(t, p.command(folder, "train", "small.toml", "--device", "cpu", "--seed=7", "--epochs=1", "--quiet"))
	runs, err := filepath.Glob(filepath.Join(folder, "runs", "*-digits-7", "summary.json"))
	if named.code != 0 || err != nil || len(runs) != 1 {
		t.Errorf("a run without --out: %+v, %v, %v", named, runs, err)
	}
}

// fullDisk writes to a device that is always full, and under a limit on the size of files,
// which fails in the same place.
func (p program) fullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, name := range []string{"config", "version"} { // much output and little
		command := p.command("", name)
		command.Stdout = full
		if got := finish(t, command); got.code != 1 || got.stderr != "spikegrad: cannot write the output: no space left on device\n" {
			t.Errorf("%s to a full device: %+v", name, got)
		}
	}

	folder := smallRun(t)
	const blocks = "24" // of 512 or 1024 bytes: enough for the configuration, not for a checkpoint
	command := exec.Command("sh", "-c", `trap "" XFSZ; ulimit -f `+blocks+` && exec "$0" "$@"`, p.path, "train", "small.toml", "--device", "cpu", "--out", "run", "--quiet")
	command.Dir = folder
	got := finish(t, command)
	if got.code != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, filepath.Join("run", "checkpoint")) {
		t.Errorf("a disk too small for the checkpoint: %+v", got)
	}
	entries, err := os.ReadDir(filepath.Join(folder, "run"))
	if err != nil || len(entries) != 1 || entries[0].Name() != "config.toml" {
		t.Errorf("a disk too small for the checkpoint left %v (%v), want config.toml alone", entries, err)
	}
}

// fewAddresses runs within address space limits: one with no room for the program itself,
// and one with no room for the network.
func (p program) fewAddresses(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has such limits")
	}
	folder := smallRun(t)
	wide := "[[network.layer]]\nneurons = 20000\n"
	if err := os.WriteFile(filepath.Join(folder, "wide.toml"), []byte(wide), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ limit, config, want string }{
		{"2000000", "small.toml", "spikegrad: ulimit -v 2000000 is too small for the program itself: it needs at least 2097152"},
		{"4000000", "wide.toml", "spikegrad: the network needs"},
	} {
		command := exec.Command("sh", "-c", "ulimit -v "+c.limit+` && exec "$0" "$@"`, p.path, "train", c.config, "--device", "cpu", "--out", "run", "--quiet")
		command.Dir = folder
		got := finish(t, command)
		if got.code != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.HasPrefix(got.stderr, c.want) {
			t.Errorf("within %s KiB: %+v", c.limit, got)
		}
		if _, err := os.Stat(filepath.Join(folder, "run")); err == nil {
			t.Errorf("within %s KiB: a folder was made", c.limit)
		}
	}
}

// interrupt ends runs with signals as soon as their first epoch is reported, and checks
// that resuming them leads to the weights of an undisturbed run.
func (p program) interrupt(t *testing.T) {
	for name, signals := range map[string][]os.Signal{
		"SIGINT":       {syscall.SIGINT},
		"SIGTERM":      {syscall.SIGTERM},
		"SIGHUP":       {syscall.SIGHUP},
		"SIGINT twice": {syscall.SIGINT, syscall.SIGINT},
	} {
		t.Run(name, func(t *testing.T) {
			folder := smallRun(t)
			command := p.command(folder, "train", "small.toml", "--device", "cpu", "--epochs=100000", "--out", "run")
			stderr, err := command.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			// Where SIGHUP is ignored, as under nohup, the program would inherit that.
			hangups := make(chan os.Signal, 1)
			signal.Notify(hangups, syscall.SIGHUP)
			defer signal.Stop(hangups)
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(stderr)
			var line string
			for !strings.HasPrefix(line, "epoch 1/") {
				if line, err = lines.ReadString('\n'); err != nil {
					t.Fatalf("no epoch was reported: %v", err)
				}
			}
			for _, s := range signals {
				if err := command.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
			}
			rest, err := io.ReadAll(lines)
			if err != nil {
				t.Fatal(err)
			}
			command.Wait() // the error is the exit code, checked below
			if code := command.ProcessState.ExitCode(); code != 130 {
				t.Fatalf("exit code %d, want 130; stderr %s", code, rest)
			}
			epochs := "3"
			if len(signals) == 1 {
				where := regexp.MustCompile(`interrupted in epoch (\d+) after update \d+: resume with --resume run\n`).FindSubmatch(rest)
				if where == nil {
					t.Fatalf("stderr %q does not say where to go on", rest)
				}
				epochs = string(where[1])
			} else if finished := regexp.MustCompile(`epoch (\d+)/`).FindAllSubmatch(rest, -1); finished != nil {
				var last int
				fmt.Sscan(string(finished[len(finished)-1][1]), &last)
				epochs = fmt.Sprint(last + 2)
			}
			train := func(arguments ...string) map[string]any {
				arguments = append([]string{"train", "--device", "cpu", "--quiet", "--json", "--epochs=" + epochs}, arguments...)
				return read[map[string]any](t, finish(t, p.command(folder, arguments...)))
			}
			resumed, whole := train("--resume", "run"), train("small.toml", "--out", "whole")
			if resumed["weights_sha256"] != whole["weights_sha256"] || resumed["weights_sha256"] == nil {
				t.Errorf("after %s epochs the resumed run has weights %v, the whole one %v", epochs, resumed["weights_sha256"], whole["weights_sha256"])
			}
		})
	}
}

// bench checks the names that other programs read.
func (p program) bench(t *testing.T) {
	got := finish(t, p.command(t.TempDir(), strings.Fields("bench --shape E --device cpu --batch 2 --repeat 2 --json")...))
	if got.code != 0 {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	results := read[struct{ Results []map[string]any }](t, got).Results
	if len(results) != 1 {
		t.Fatalf("%d results, want 1: %s", len(results), got.stdout)
	}
	r := results[0]
	for _, key := range []string{
		"samples_per_second", "synaptic_events_per_second", "step_ms", "forward_ms", "backward_ms", "update_ms",
		"bandwidth_share", "arithmetic_share", "peak_bytes", "compared_values", "flip_replicas_per_second",
	} {
		if _, ok := r[key].(float64); !ok {
			t.Errorf("%s is %v, want a number", key, r[key])
		}
	}
	if r["shape"] != "E" || r["device"] != "cpu" || r["driver"] == "" || r["compared_values"] == 0.0 || r["samples_per_second"] == 0.0 {
		t.Errorf("the result is %v", r)
	}

	got = finish(t, p.command(t.TempDir(), strings.Fields("bench --shape E --device cpu --batch 2 --repeat 1 --skip-below 0.01 --json")...))
	skips := read[struct{ Skips []map[string]any }](t, got).Skips
	if got.code != 0 || len(skips) != 2 {
		t.Fatalf("exit code %d, %d thresholds, want 0 and 0.01: %s", got.code, len(skips), got.stderr)
	}
	for _, key := range []string{"skip_below", "step_ms", "backward_ms", "speedup", "cosine", "least_cosine", "compared_values"} {
		if _, ok := skips[1][key].(float64); !ok {
			t.Errorf("%s is %v, want a number", key, skips[1][key])
		}
	}
	if skips[0]["skip_below"] != 0.0 || skips[1]["skip_below"] != 0.01 {
		t.Errorf("the thresholds are %v and %v, want 0 and 0.01", skips[0]["skip_below"], skips[1]["skip_below"])
	}
}
