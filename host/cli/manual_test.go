package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestManual checks that mandoc finds no fault with the manual and that it shows every command,
// flag and example.
func TestManual(t *testing.T) {
	var grammar commands
	program := newParser(t, &grammar).Model.Node
	source := manual(program, buildVersion{Version: "v1.2.3", Date: "2026-11-30T23:30:00+02:00"})
	for page, wrong := range map[string]string{source: "", strings.Replace(source, ".EE", ".FF", 1): "FF"} {
		file := filepath.Join(t.TempDir(), "spikegrad.1")
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("mandoc", "-T", "lint", file).CombinedOutput()
		if found := len(out) > 0 || err != nil; found != (wrong != "") || !strings.Contains(string(out), wrong) {
			t.Errorf("mandoc -T lint (make deps installs it): %v\n%s", err, out)
		}
	}

	format := exec.Command("mandoc", "-T", "utf8")
	format.Stdin = strings.NewReader(source)
	out, err := format.Output()
	if err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile(".\b").ReplaceAllString(string(out), "") // without bold and underlined letters
	has := func(text string) {
		t.Helper()
		if !strings.Contains(page, text) {
			t.Errorf("the manual does not show %q", text)
		}
	}
	has("spikegrad v1.2.3")
	has("2026-11-30")
	has("simulate and train stochastic spiking neural networks\n")
	shown := 0
	eachCommand(program, func(command *kong.Node) {
		has("\n   " + command.FullPath() + "\n")
		for _, flag := range command.Flags {
			has("\n       " + flagForm(flag))
			shown++
		}
		for line := range strings.Lines(command.Detail) {
			if example, ok := strings.CutPrefix(line, "    "); ok {
				has("           " + example)
				shown++
			}
		}
	})
	if shown < 200 {
		t.Errorf("%d flags and examples are too few to be true", shown)
	}
	if strings.Contains(page, "spikegrad reference") {
		t.Error("the manual shows the hidden command")
	}
}

// TestManualText checks that characters that formatters would interpret are escaped.
func TestManualText(t *testing.T) {
	var m manualPage
	m.sentences("A 'word' of C:\\x. .toml files begin " + strings.Repeat("many ", 14) + ".toml ends. Done.")
	m.paragraphs("One.\n\n    .a --b ~/c\n\nTwo")
	want := `A \(aqword\(aq of C:\ex. .toml files begin many many many many many many many
many many many many many many many .toml ends.
Done.
.PP
One.
.RS 4
.EX
\&.a \-\-b \(ti/c
.EE
.RE
.PP
Two
`
	if got := m.String(); got != want {
		t.Errorf("source\n%swant\n%s", got, want)
	}
}
