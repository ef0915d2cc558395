package tests

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// rankConfig is killConfig with batches of five chunks.
var rankConfig = strings.Replace(killConfig, "batch = 8", "batch = 40", 1)

// launcher is an mpirun, and what belongs to it.
type launcher struct {
	name    string
	library string // for SPIKEGRAD_MPI
	rank    string // the variable that gives its processes their rank
}

// launchers returns Debian's launchers.
func launchers(t *testing.T) []launcher {
	t.Helper()
	all := []launcher{
		{"mpirun.openmpi", "libmpi.so.40", "OMPI_COMM_WORLD_RANK"},
		{"mpirun.mpich", "libmpich.so.12", "PMI_RANK"},
	}
	for _, l := range all {
		if _, err := exec.LookPath(l.name); err != nil {
			t.Fatalf("%v: make deps installs it", err)
		}
	}
	return all
}

// command starts the given number of processes of the program in a folder.
func (l launcher) command(p program, folder string, ranks int, arguments ...string) *exec.Cmd {
	command := exec.Command(l.name, append([]string{"-n", strconv.Itoa(ranks), p.path}, arguments...)...)
	command.Dir = folder
	// Open MPI refuses to start more processes than cores, or to run as root, unless told
	// otherwise.
	command.Env = append(os.Environ(), "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMPI_MCA_rmaps_base_oversubscribe=1")
	return command
}

// rankFolder returns a folder with the configuration of a short run.
func rankFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "run.toml"), []byte(rankConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

// ranks runs the program under both launchers.
func (p program) ranks(t *testing.T) {
	for _, l := range launchers(t) {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			t.Run("Equal", func(t *testing.T) { p.ranksEqual(t, l) })
			t.Run("Measure", func(t *testing.T) { p.ranksMeasure(t, l) })
			t.Run("Killed", func(t *testing.T) { p.rankKilled(t, l) })
			if os.Getenv("SPIKEGRAD_FULL") != "" {
				t.Run("KilledOften", func(t *testing.T) { p.ranksKilledOften(t, l) })
				t.Run("Comparison", func(t *testing.T) { p.ranksCompare(t, l) })
			}
			t.Run("Interrupted", func(t *testing.T) { p.rankInterrupted(t, l) })
			t.Run("Hangs", func(t *testing.T) { p.rankHangs(t, l) })
			t.Run("Refused", func(t *testing.T) { p.ranksRefused(t, l) })
		})
	}
}

// ranksEqual: any number of ranks leaves the same results as one process, and prints them
// once.
func (p program) ranksEqual(t *testing.T, l launcher) {
	folder := rankFolder(t)
	train := []string{"train", "run.toml", "--device", "cpu", "--json"}
	want := read[summary](t, finish(t, p.command(folder, append(train, "--quiet", "--out", "one")...)))
	for _, ranks := range []int{2, 3, 4} {
		out := fmt.Sprint("ranks", ranks)
		got := finish(t, l.command(p, folder, ranks, append(train, "--out", out)...))
		if got.code != 0 || strings.Count(got.stderr, "epoch 4/4") != 1 {
			t.Fatalf("%d ranks: %+v", ranks, got)
		}
		if s := read[summary](t, got); s.Weights != want.Weights || s.Test != want.Test {
			t.Errorf("%d ranks end in weights %s, one process in %s", ranks, s.Weights, want.Weights)
		}
		for _, name := range []string{"model.safetensors", "raster.svg", "learning-curves.png"} {
			if !bytes.Equal(contentOf(t, folder, out, name), contentOf(t, folder, "one", name)) {
				t.Errorf("%d ranks: another %s", ranks, name)
			}
		}
		if !slices.Equal(untimed(t, folder, out), untimed(t, folder, "one")) {
			t.Errorf("%d ranks: other metrics", ranks)
		}
	}
	// Layers of more than 256 KiB each, which are exchanged one after the other.
	wide := strings.Replace(rankConfig, "neurons = 24\n", "neurons = 260\n[[network.layer]]\nneurons = 190\n", 1)
	if err := os.WriteFile(filepath.Join(folder, "wide.toml"), []byte(wide), 0o644); err != nil {
		t.Fatal(err)
	}
	deep := []string{"train", "wide.toml", "--device", "cpu", "--quiet", "--json", "--epochs", "1", "--out"}
	want = read[summary](t, finish(t, p.command(folder, append(deep, "wide")...)))
	if got := read[summary](t, finish(t, l.command(p, folder, 3, append(deep, "wide3")...))); got.Weights != want.Weights || got.Weights == "" {
		t.Errorf("two wide layers: three ranks end in weights %s, one process in %s", got.Weights, want.Weights)
	}
	type evaluation struct {
		Accuracy, Loss float64
		Spikes         float64 `json:"spikes_per_neuron"`
	}
	eval := []string{"eval", "one", "--part", "train", "--device", "cpu", "--json"}
	alone := read[evaluation](t, finish(t, p.command(folder, eval...)))
	if got := read[evaluation](t, finish(t, l.command(p, folder, 3, eval...))); got != alone || alone.Spikes == 0 {
		t.Errorf("three ranks evaluate to %+v, one process to %+v", got, alone)
	}
	idle := finish(t, l.command(p, folder, 3, append(train, "--batch", "16", "--quiet", "--epochs", "1", "--out", "idle")...))
	if idle.code != 0 || strings.Count(idle.stderr, "of 3 ranks only 2 have samples to train on") != 1 {
		t.Errorf("more ranks than chunks: %+v", idle)
	}
}

// ranksMeasure: measurements over ranks write the same folder as one process, and are reported
// once.
func (p program) ranksMeasure(t *testing.T, l launcher) {
	folder := rankFolder(t)
	if got := finish(t, p.command(folder, "train", "run.toml", "--device", "cpu", "--quiet", "--out", "run")); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	for _, c := range []struct {
		name, arguments, told string
		ranks                 []int
	}{
		{"trials", "eval run --device cpu --trials 2", "measuring accuracy\n", []int{1, 2, 4}},
		{"estimates", "estimate --net mlp:2 --trials 5000 --estimators surrogate,score", "", []int{2, 4}},
		{"engines", "estimate --net lif:3,2 --steps 6 --trials 600 --estimators superspike --device cpu", "", []int{3}},
		{"slopes", "audit run --samples 24 --directions 64 --steps 0.01 --surrogates superspike --device cpu", "measuring the gradient: slopes\n", []int{3}},
		{"flips", "audit run --unbiased --samples 24 --pairs 500 --surrogates superspike --device cpu", "measuring the gradient: unbiased\n", []int{2}},
	} {
		arguments := append(strings.Fields(c.arguments), "--out")
		if got := finish(t, p.command(folder, append(arguments, c.name)...)); got.code != 0 {
			t.Fatalf("%s: %+v", c.name, got)
		}
		for _, ranks := range c.ranks {
			out := fmt.Sprint(c.name, ranks)
			got := finish(t, l.command(p, folder, ranks, append(arguments, out)...))
			if got.code != 0 || c.told != "" && strings.Count(got.stderr, c.told) != 1 || strings.Count(got.stdout, "results: ") != 1 {
				t.Fatalf("%s on %d ranks: %+v", c.name, ranks, got)
			}
			sameFolders(t, filepath.Join(folder, c.name), filepath.Join(folder, out))
		}
	}
}

// incidental matches lines of results that say where and how fast they were obtained.
var incidental = regexp.MustCompile(`(?m)^(\s*"(device|\w*seconds?\w*|\w*epochs|finished)": |.* s on .*cpu).*\n`)

// sameFolders compares the files of two folders of results.
func sameFolders(t *testing.T, want, got string) {
	t.Helper()
	names := func(folder string) (names []string) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if !entry.IsDir() {
				names = append(names, entry.Name())
			}
		}
		return names
	}
	if w, g := names(want), names(got); !slices.Equal(w, g) || len(w) == 0 {
		t.Fatalf("%s holds %q, want %q", got, g, w)
	}
	for _, name := range names(want) {
		w, g := contentOf(t, want, name), contentOf(t, got, name)
		switch {
		case name == "cost.png": // draws times
			continue
		case filepath.Ext(name) != ".png":
			w, g = incidental.ReplaceAll(w, nil), incidental.ReplaceAll(g, nil)
		}
		if !bytes.Equal(w, g) {
			t.Errorf("another %s in %s", name, got)
		}
	}
}

func contentOf(t *testing.T, path ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// untimed returns the columns of metrics.csv except the last three, which hold times.
func untimed(t *testing.T, path ...string) (rows []string) {
	t.Helper()
	for line := range strings.Lines(string(contentOf(t, append(path, "metrics.csv")...))) {
		cells := strings.Split(line, ",")
		rows = append(rows, strings.Join(cells[:len(cells)-3], ","))
	}
	return rows
}

// started is a running job.
type started struct {
	command *exec.Cmd
	stderr  bytes.Buffer
	ended   chan error
}

// start starts a run that does not end by itself, and returns once it has written some checkpoints.
func (l launcher) start(t *testing.T, p program, folder string, ranks int, arguments ...string) *started {
	t.Helper()
	s := &started{command: l.command(p, folder, ranks, append(arguments, "--device", "cpu", "--epochs=100000")...), ended: make(chan error, 1)}
	s.command.Stderr = &s.stderr
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.command.Wait() }()
	var last os.FileInfo
	for changes := 0; changes < 4; runtime.Gosched() {
		select {
		case err := <-s.ended:
			t.Fatalf("the run ended by itself: %v: %s", err, s.stderr.String())
		default:
		}
		if now, err := os.Stat(filepath.Join(folder, "run", "checkpoint")); err == nil && (last == nil || !os.SameFile(now, last)) {
			last, changes = now, changes+1
		}
	}
	return s
}

// signal sends a signal to a rank, which it finds by the environment variable that the
// launcher set.
func (l launcher) signal(t *testing.T, p program, rank int, signal syscall.Signal) {
	t.Helper()
	programs, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range programs {
		if target, err := os.Readlink(link); err != nil || target != p.path {
			continue
		}
		environment, err := os.ReadFile(filepath.Join(filepath.Dir(link), "environ"))
		if err != nil || !slices.Contains(strings.Split(string(environment), "\x00"), fmt.Sprintf("%s=%d", l.rank, rank)) {
			continue
		}
		process, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(process, signal); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("rank %d was not found", rank)
}

// goesOn resumes the run in a folder for two epochs, with another number of ranks and then in one
// process, and compares it with an undisturbed run.
func (p program) goesOn(t *testing.T, l launcher, folder string, ranks int) {
	t.Helper()
	epochs := 1 + strings.Count(string(contentOf(t, folder, "run", "metrics.csv")), "\n")
	resume := []string{"train", "--resume", "run", "--device", "cpu", "--quiet", "--json", "--epochs"}
	if got := finish(t, l.command(p, folder, ranks, append(resume, strconv.Itoa(epochs))...)); got.code != 0 {
		t.Fatalf("resumed on %d ranks: %+v", ranks, got)
	}
	got := read[summary](t, finish(t, p.command(folder, append(resume, strconv.Itoa(epochs+1))...)))
	want := read[summary](t, finish(t, p.command(folder,
		"train", "run.toml", "--device", "cpu", "--quiet", "--json", "--out", "whole", "--epochs", strconv.Itoa(epochs+1))))
	if got.Weights != want.Weights || got.Weights == "" {
		t.Errorf("the run ends in weights %s, undisturbed in %s", got.Weights, want.Weights)
	}
}

// rankKilled: if one of its ranks is killed, a job ends, and its run resumes with other numbers of
// ranks.
func (p program) rankKilled(t *testing.T, l launcher) {
	folder := rankFolder(t)
	s := l.start(t, p, folder, 3, "train", "run.toml", "--out", "run")
	l.signal(t, p, 1, syscall.SIGKILL)
	if err := <-s.ended; err == nil {
		t.Fatalf("without a rank the job ends well: %s", s.stderr.String())
	}
	p.goesOn(t, l, folder, 2)
}

// ranksKilledOften is part of the long form: ten times one of up to seven ranks is killed, each time a
// different one, later in the run, and the run resumes with a different number of ranks; in the end
// one process finishes the run with the same bits as an undisturbed one.
func (p program) ranksKilledOften(t *testing.T, l launcher) {
	folder := rankFolder(t)
	arguments := []string{"train", "run.toml", "--out", "run"}
	for moment := range 10 {
		ranks := []int{7, 2, 5, 3, 4, 6}[moment%6]
		s := l.start(t, p, folder, ranks, arguments...)
		l.signal(t, p, moment%ranks, syscall.SIGKILL)
		if err := <-s.ended; err == nil {
			t.Fatalf("moment %d: without a rank the job ends well: %s", moment, s.stderr.String())
		}
		arguments = []string{"train", "--resume", "run"}
	}
	p.goesOn(t, l, folder, 7)
}

// ranksCompare is part of the long form too: a reproduced experiment over ranks gives the same results
// as one process.
func (p program) ranksCompare(t *testing.T, l launcher) {
	folder := t.TempDir()
	compare := strings.Fields("reproduce classification --data randman --quick --epochs 1 --seeds 1 --methods deterministic-superspike,stochastic-superspike --device cpu --quiet --out")
	if got := finish(t, p.command(folder, append(compare, "one")...)); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := finish(t, l.command(p, folder, 3, append(compare, "three")...)); got.code != 0 || strings.Count(got.stdout, "results: ") != 1 {
		t.Fatalf("%+v", got)
	}
	one, three := filepath.Join(folder, "one"), filepath.Join(folder, "three")
	sameFolders(t, one, three)
	for _, run := range []string{"deterministic-superspike-seed1", "stochastic-superspike-seed1"} {
		sameFolders(t, filepath.Join(one, "runs", run, "evaluation"), filepath.Join(three, "runs", run, "evaluation"))
	}
}

// rankInterrupted: when one rank is asked to stop, all stop between the same two updates.
func (p program) rankInterrupted(t *testing.T, l launcher) {
	folder := rankFolder(t)
	s := l.start(t, p, folder, 2, "train", "run.toml", "--out", "run")
	l.signal(t, p, 1, syscall.SIGUSR1)
	<-s.ended
	if code := s.command.ProcessState.ExitCode(); code != 130 || strings.Count(s.stderr.String(), "resume with --resume run") != 1 {
		t.Fatalf("exit code %d, stderr %s", code, s.stderr.String())
	}
	p.goesOn(t, l, folder, 3)
}

// rankHangs: a rank that hangs ends the job, whose error names it, and a complete checkpoint
// remains.
func (p program) rankHangs(t *testing.T, l launcher) {
	folder := rankFolder(t)
	s := l.start(t, p, folder, 3, "train", "run.toml", "--out", "run", "--rank-timeout", "2s")
	l.signal(t, p, 2, syscall.SIGSTOP)
	<-s.ended
	if code := s.command.ProcessState.ExitCode(); code != 1 || strings.Count(s.stderr.String(), "spikegrad: rank 2 did not answer for 2s, so all ranks stop") != 1 {
		t.Errorf("exit code %d, stderr %s", code, s.stderr.String())
	}
	epochs := 1 + strings.Count(string(contentOf(t, folder, "run", "metrics.csv")), "\n")
	resumed := finish(t, p.command(folder, "train", "--resume", "run", "--device", "cpu", "--quiet", "--epochs", strconv.Itoa(epochs)))
	if resumed.code != 0 || resumed.stderr != "" { // a damaged checkpoint would be reported
		t.Errorf("resumed in one process: %+v", resumed)
	}
}

// ranksRefused: incompatible arguments are refused in one line, before anything is written.
func (p program) ranksRefused(t *testing.T, l launcher) {
	folder := rankFolder(t)
	var digits strings.Builder
	for i := range 40 {
		fmt.Fprintf(&digits, "%s%d\n", strings.Repeat(fmt.Sprintf("%d,", i%9), 64), i%10)
	}
	for name, text := range map[string]string{"a.csv": digits.String(), "b.csv": digits.String() + strings.Repeat("1,", 64) + "1\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	other := launchers(t)[0].library
	if other == l.library {
		other = launchers(t)[1].library
	}
	for _, c := range []struct {
		name, library, arguments string
		code                     int
		stderr                   string
	}{
		{"a command for one process", "", "reproduce bias --out run", 2, `spikegrad: reproduce bias runs only in a single process, but \w+ is 2: `},
		{"wrong usage", "", "train --batch=-1", 2, `spikegrad: training.batch = -1: `},
		{"the library of the other launcher", other, "train --out run", 1, `spikegrad: the processes cannot find each other: \w+ is 2, but .* counts 1`},
		{"no library", "libnothing.so", "train --out run", 1, `spikegrad: \w+ is 2, and no MPI library can be opened \(libnothing.so: .*\): `},
		{"other data", "", "train --out run --data digits:a.csv", 1, `spikegrad: rank 1: its data differ from those of rank 0: `},
		{"a folder in the way", "", "train --out run.toml", 1, `spikegrad: .*run.toml`},
	} {
		command := l.command(p, folder, 2, strings.Fields(c.arguments)...)
		if c.name == "other data" { // different for each rank
			command.Args = append(command.Args[:2], "1", p.path)
			command.Args = append(command.Args, strings.Fields(c.arguments)...)
			command.Args = append(command.Args, ":", "-n", "1", p.path)
			command.Args = append(command.Args, strings.Fields(strings.Replace(c.arguments, "a.csv", "b.csv", 1))...)
		}
		if c.library != "" {
			command.Env = append(command.Env, "SPIKEGRAD_MPI="+c.library)
		}
		got := finish(t, command)
		lines := regexp.MustCompile(`(?m)^spikegrad: .*$`).FindAllString(got.stderr, -1)
		if got.code != c.code || got.stdout != "" && l.name == "mpirun.openmpi" || len(lines) == 0 || !regexp.MustCompile("^"+c.stderr).MatchString(lines[0]) {
			t.Errorf("%s: %+v, want exit code %d and %s", c.name, got, c.code, c.stderr)
		}
		if len(lines) > 1 && c.name != "no library" { // each process finds out on its own
			t.Errorf("%s: more than one line: %q", c.name, lines)
		}
		if _, err := os.Stat(filepath.Join(folder, "run")); err == nil {
			t.Errorf("%s: a folder was made", c.name)
		}
	}
	alone := l.command(p, folder, 2, "predict", "missing", "--out", "classes.csv")
	alone.Env = append(alone.Env, "SPIKEGRAD_MPI=off")
	if got := finish(t, alone); got.code == 0 || !strings.Contains(got.stderr, "missing holds no run") {
		t.Errorf("each process on its own: %+v", got)
	}
}
