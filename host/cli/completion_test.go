package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// asked lists lines that a user has typed so far, with words that must and must not be
// offered as completions of the last word.
var asked = []struct {
	line           string
	offered, never []string
}{
	{"spikegrad tr", []string{"train"}, []string{"eval"}},
	{"spikegrad ", []string{"train", "eval", "report", "export", "data"}, []string{"fetch"}},
	{"spikegrad data ", []string{"fetch", "inspect"}, []string{"train"}},
	{"spikegrad data fetch ", []string{"shd", "ssc", "nmnist"}, []string{"inspect"}},
	{"spikegrad eval runs/x --tr", []string{"--trials"}, []string{"--epochs"}},
	{"spikegrad eval --part ", []string{"test", "validation", "train"}, []string{"report"}},
	{"spikegrad reproduce classification --se", []string{"--seeds"}, []string{"--seed"}},
	{"spikegrad completion ", []string{"bash", "zsh", "fish"}, []string{"train"}},
	{"spikegrad train --out k", []string{"kept-folder"}, nil},
}

// script writes a shell's script to a folder that also holds a file to complete.
func script(t *testing.T, shell string) (folder, file string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "kept-folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	got := call("completion", shell)
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("%+v", got)
	}
	file = filepath.Join(folder, "_spikegrad")
	if err := os.WriteFile(file, []byte(got.stdout), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder, file
}

// shell runs a command line in a shell and returns the first word of each line.
func shell(t *testing.T, folder, name string, arguments ...string) []string {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), "HOME="+folder, "XDG_CONFIG_HOME="+folder, "XDG_DATA_HOME="+folder, "TERM=dumb")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s (make deps installs it): %v\n%s", name, err, out)
	}
	var words []string
	for line := range strings.Lines(string(out)) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		words = append(words, strings.TrimSuffix(word, "/"))
	}
	return words
}

func checkOffered(t *testing.T, line string, got, offered, never []string) {
	t.Helper()
	for _, word := range offered {
		if !slices.Contains(got, word) {
			t.Errorf("%q: %s is not among %q", line, word, got)
		}
	}
	for _, word := range never {
		if slices.Contains(got, word) {
			t.Errorf("%q: %s is among %q", line, word, got)
		}
	}
}

func TestBashCompletion(t *testing.T) {
	folder, file := script(t, "bash")
	for _, c := range asked {
		words := strings.Split(c.line, " ")
		quoted := "'" + strings.Join(words, "' '") + "'"
		got := shell(t, folder, "bash", "--norc", "-c", "source "+file+"; COMP_WORDS=("+quoted+"); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _spikegrad; printf '%s\\n' \"${COMPREPLY[@]}\"")
		checkOffered(t, c.line, got, c.offered, c.never)
	}
}

func TestFishCompletion(t *testing.T) {
	folder, file := script(t, "fish")
	for _, c := range asked {
		got := shell(t, folder, "fish", "--no-config", "-c", "source "+file+"; complete -C "+single(c.line))
		checkOffered(t, c.line, got, c.offered, c.never)
	}
}

// TestZshCompletion replaces the functions that an interactive zsh uses for its menu with
// functions that print.
func TestZshCompletion(t *testing.T) {
	folder, file := script(t, "zsh")
	for _, c := range asked {
		words := strings.Split(c.line, " ")
		quoted := "'" + strings.Join(words, "' '") + "'"
		got := shell(t, folder, "zsh", "-f", "-c", `compdef() { :; }
_describe() { for c in "${(@P)2}"; do print -r -- "${c%%:*}"; done }
compadd() { shift; print -rl -- "$@"; }
_files() { print -rl -- *; }
source `+file+"; words=("+quoted+"); CURRENT=${#words}; _spikegrad")
		offered := slices.DeleteFunc(got, func(word string) bool { return !strings.HasPrefix(word, words[len(words)-1]) })
		checkOffered(t, c.line, offered, c.offered, c.never)
	}
}

// TestAmountOfOutput: --quiet prints nothing and --verbose logs, both only affecting
// standard error.
func TestAmountOfOutput(t *testing.T) {
	run := smallRun(t)
	plain := call("eval", run, "--trials", "1", "--device", "cpu")
	quiet := call("--quiet", "eval", run, "--trials", "1", "--device", "cpu")
	verbose := call("eval", "--verbose", run, "--trials", "1", "--device", "cpu")
	if plain.stdout == "" || quiet.stdout != plain.stdout || verbose.stdout != plain.stdout {
		t.Errorf("the result depends on the amount of output: %q, %q, %q", plain.stdout, quiet.stdout, verbose.stdout)
	}
	if quiet.stderr != "" {
		t.Errorf("quiet: %q", quiet.stderr)
	}
	if !strings.Contains(plain.stderr, "measuring accuracy\n") || strings.Contains(plain.stderr, "level=") {
		t.Errorf("plain: %q", plain.stderr)
	}
	if !strings.Contains(verbose.stderr, "level=DEBUG msg=measuring what=accuracy") {
		t.Errorf("verbose: %q", verbose.stderr)
	}
	wantError(t, call("--quiet", "--verbose", "version"), exitUsage, "can't be used together")
}
