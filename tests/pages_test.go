package tests

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	updatePictures = flag.Bool("pictures", false, "write the pictures of docs anew instead of comparing them")
	pagesPython    = flag.String("python", "", "a python3 with h5py, nir, pandas and safetensors, for the blocks of docs that need it")
)

// longPages train for minutes each: make full and make docs-pictures run them.
var longPages = []string{"many-seeds", "long-sequences", "speed", "own-gpu"}

// largestPicture is the maximum size of a picture in docs, in bytes.
const largestPicture = 200 << 10

// step is one block of commands on a page and its output.
type step struct {
	line     int    // of the page, where the block starts
	commands string // for sh
	fails    bool   // the commands have to fail; their output then includes standard error
	skipped  string // why the block is not run
	output   string // as quoted on the page; empty if it quotes none
}

// notRun matches the sentence before a block that is not run.
var notRun = regexp.MustCompile(`^\*Not run by the tests: (.+)\.\*$`)

// stepsOf reads the fenced blocks of a page. A block ```sh is run, ```sh fails has to fail,
// and a block ```text after it is its output. A paragraph "*Not run by the tests: REASON.*"
// before a block means that it is not run.
func stepsOf(page string) []step {
	var steps []step
	var kind, paragraph string
	var block strings.Builder
	for i, line := range strings.Split(page, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && kind == "":
			kind = "other"
			if fence != "" {
				kind = fence
			}
			block.Reset()
			if kind == "sh" || kind == "sh fails" {
				s := step{line: i + 1, fails: kind == "sh fails"}
				if reason := notRun.FindStringSubmatch(paragraph); reason != nil {
					s.skipped = reason[1]
				}
				steps = append(steps, s)
			}
		case isFence:
			switch {
			case kind == "sh" || kind == "sh fails":
				steps[len(steps)-1].commands = block.String()
			case kind == "text" && len(steps) > 0:
				steps[len(steps)-1].output = block.String()
			}
			kind, paragraph = "", ""
		case kind != "":
			block.WriteString(line + "\n")
		case strings.TrimSpace(line) != "":
			paragraph = line
		}
	}
	return steps
}

// quoted turns quoted output into the expression that it has to match: … stands for any
// text in a line, and alone in a line for any lines.
func quoted(output string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for line := range strings.Lines(trimLines(output)) {
		if line == "…\n" {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", `.*`))
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

// trimLines removes trailing white space from lines.
func trimLines(text string) string {
	return regexp.MustCompile(`(?m)[ \t]+$`).ReplaceAllString(text, "")
}

// pages does what a reader of docs does: it runs each page's commands, in order, in a
// folder with the program, and compares their output and the pictures that they create with
// the page.
func (p program) pages(t *testing.T) {
	ran := 0
	clone, err := filepath.Abs("..") // which readers have beside the folder
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("../docs", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".md") || filepath.Base(filepath.Dir(path)) == "reference" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		page := strings.ReplaceAll(string(text), "../spikegrad", clone)
		name := strings.TrimSuffix(filepath.Base(path), ".md")
		if os.Getenv("SPIKEGRAD_FULL") == "" && !*updatePictures && slices.Contains(longPages, name) {
			return nil
		}
		t.Run(name, func(t *testing.T) {
			folder := p.reader(t)
			for _, s := range stepsOf(page) {
				if s.run(t, path, folder) {
					ran++
				}
				if t.Failed() {
					return // the following steps need the failed one
				}
			}
			comparePictures(t, path, page, folder)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ran < 20 && !t.Failed() {
		t.Errorf("%d blocks were run, which is too few to be true", ran)
	}
}

// reader prepares a folder like that of somebody who built the program, with the program
// and the sources.
func (p program) reader(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	sources, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"spikegrad": p.path, "host": filepath.Join(sources, "host")} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// run runs a block of a page and reports whether it was run.
func (s *step) run(t *testing.T, path, folder string) bool {
	t.Helper()
	environment := os.Environ()
	if s.skipped != "" {
		if !strings.Contains(s.skipped, "Python") || *pagesPython == "" {
			return false
		}
		environment = append(environment, "PATH="+filepath.Dir(*pagesPython)+":"+os.Getenv("PATH"))
	}
	command := exec.Command("sh", "-e", "-c", s.commands)
	command.Dir, command.Env = folder, environment
	got := finish(t, command)
	if (got.code != 0) != s.fails {
		t.Errorf("%s:%d: exit code %d: %s", path, s.line, got.code, got.stderr)
		return true
	}
	output := got.stdout
	if s.fails {
		output += got.stderr
	}
	t.Logf("%s:%d prints\n%s", path, s.line, output)
	if s.output != "" && !quoted(s.output).MatchString(trimLines(output)) {
		t.Errorf("%s:%d: the page quotes\n%s\nand the program prints\n%s", path, s.line, s.output, output)
	}
	return true
}

// picture matches a picture on a page, and where the page's commands create it.
var picture = regexp.MustCompile(`!\[[^\]]*\]\(([^) ]+)(?: "([^"]+)")?\)`)

// comparePictures compares the pictures of a page with those that its commands created. A
// picture without a title is not created by any test.
func comparePictures(t *testing.T, path, text, folder string) {
	t.Helper()
	for _, found := range picture.FindAllStringSubmatch(text, -1) {
		stored := filepath.Join(filepath.Dir(path), found[1])
		if found[2] == "" {
			continue
		}
		made, err := os.ReadFile(filepath.Join(folder, found[2]))
		if err != nil {
			t.Errorf("%s: the commands do not make the picture: %v", path, err)
			continue
		}
		if *updatePictures {
			if err := os.WriteFile(stored, made, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(stored)
		if err != nil || !bytes.Equal(have, made) {
			t.Errorf("%s is not what the commands of %s make (%v): run make docs-pictures", stored, path, err)
		}
	}
}

// TestPictures checks that every picture in docs is on a page and not too large.
func TestPictures(t *testing.T) {
	shown := map[string]bool{}
	err := filepath.WalkDir("../docs", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".md") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range picture.FindAllStringSubmatch(string(text), -1) {
			shown[filepath.Join(filepath.Dir(path), found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := filepath.Glob("../docs/pictures/*")
	if err != nil || len(stored) == 0 || len(stored) != len(shown) {
		t.Errorf("docs/pictures holds %d pictures (%v) and the pages show %d", len(stored), err, len(shown))
	}
	for _, path := range stored {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if !shown[path] || info.Size() > largestPicture {
			t.Errorf("%s: shown by a page: %v; %d bytes, at most %d", path, shown[path], info.Size(), largestPicture)
		}
	}
}

// TestSteps checks that blocks are found and that output is compared.
func TestSteps(t *testing.T) {
	page := "Text.\n\n```sh\necho one\n```\n\nprints\n\n```text\none\n```\n\n```sh fails\nfalse\n```\n\n*Not run by the tests: it needs a screen.*\n\n```sh\necho two\n```\n\n```toml\na = 1\n```\n"
	want := []step{
		{line: 3, commands: "echo one\n", output: "one\n"},
		{line: 13, commands: "false\n", fails: true},
		{line: 19, commands: "echo two\n", skipped: "it needs a screen"},
	}
	got := stepsOf(page)
	if len(got) != len(want) {
		t.Fatalf("steps %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %+v, want %+v", got[i], want[i])
		}
	}
	for output, matches := range map[string]bool{"a 12 b\nc\nd\ne\n": true, "a 12 c\nc\nd\ne\n": false, "a 12 b\nc\ne\nf\n": false, "a 12 b\ne\n": true} {
		if quoted("a … b  \n…\ne\n").MatchString(trimLines(output)) != matches {
			t.Errorf("%q matches: want %v", output, matches)
		}
	}
}
