package tests

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu/gputest"
)

// killConfig is a run of many short updates, each followed by a checkpoint.
const killConfig = `
seed = 11
[data]
name = "randman"
steps = 30
[data.randman]
channels = 12
classes = 4
samples_per_class = 60
[[network.layer]]
neurons = 24
[training]
epochs = 4
batch = 8
checkpoint = 1
[training.optimizer]
learning_rate = 0.01
`

// kill ends a run with SIGKILL at ten moments, drawn from a fixed seed: while it writes one
// of its checkpoints or just after. Each time the run resumes from what it left, and it
// must end with the weights of an undisturbed run.
func (p program) kill(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "run.toml"), []byte(killConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	train := func(out string, arguments ...string) []string {
		return append([]string{"train", "--device", "cpu", "--workers", "1", "--quiet", "--json", "--out", out}, arguments...)
	}
	want := read[summary](t, finish(t, p.command(folder, train("whole", "run.toml")...)))

	checkpoint := filepath.Join(folder, "killed", "checkpoint")
	arguments := train("killed", "run.toml")
	for moment := range uint32(10) {
		command := p.command(folder, arguments...)
		var stderr bytes.Buffer
		command.Stderr = &stderr
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		draw := cpuref.Philox([2]uint32{3}, [4]uint32{moment})[0]
		changes, last := 1+int(draw%9), os.FileInfo(nil)
		for ; changes > 0; runtime.Gosched() {
			select {
			case err := <-ended:
				t.Fatalf("moment %d: the run ended by itself: %v: %s", moment, err, stderr.String())
			default:
			}
			if now, err := os.Stat(checkpoint); err == nil && (last == nil || !os.SameFile(now, last)) {
				last, changes = now, changes-1
			}
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-ended
		arguments = []string{"train", "--device", "cpu", "--workers", fmt.Sprint(1 + moment%3), "--quiet", "--json", "--resume", "killed"}
	}
	got := read[summary](t, finish(t, p.command(folder, arguments...)))
	if got.Weights != want.Weights {
		t.Errorf("killed ten times the run ends in weights %s, undisturbed in %s", got.Weights, want.Weights)
	}
}

// summary is the part of a run's summary that tests read.
type summary struct {
	Weights string  `json:"weights_sha256"`
	Device  string  `json:"device"`
	Test    float64 `json:"test_accuracy"`
}

// devicesAgree trains the demo for an epoch on the CPU engine, on every Vulkan device and on all of
// them at once: the weights must be the same, bit for bit.
func (p program) devicesAgree(t *testing.T) {
	folder := t.TempDir()
	devices := []string{"cpu"}
	for _, info := range gputest.Devices(t) {
		devices = append(devices, fmt.Sprintf("vulkan:%d", info.Index))
	}
	devices = append(devices, strings.Join(devices, "+")) // all of them at once
	var want summary
	for i, device := range devices {
		got := read[summary](t, finish(t, p.command(folder,
			"train", "--data", "digits", "--epochs", "1", "--device", device, "--quiet", "--json", "--out", fmt.Sprint("run", i))))
		if i == 0 {
			want = got
		} else if got.Weights != want.Weights || got.Test != want.Test {
			t.Errorf("%s (%s) ends in weights %s, the CPU engine in %s", device, got.Device, got.Weights, want.Weights)
		}
	}
}
