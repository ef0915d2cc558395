package cli

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"

	"spikegrad/host/mpi"
)

// exitStatuses lists the program's exit codes.
var exitStatuses = []struct {
	code    int
	meaning string
}{{exitOK, "success"}, {exitFailed, "failure"}, {exitUsage, "usage error"}, {exitInterrupted, "interrupted"}}

// environment lists the environment variables that the program itself reads.
var environment = []word{
	{"NO_COLOR", "disables colours."},
	{mpi.LibraryVariable, "path of the MPI library, if the launcher's is not found; off runs every process on its own."},
}

// manualWidth is the maximum line width of the manual's source; characters beyond ASCII count as
// wide as their escapes.
const manualWidth = 79

// manual returns a page for man(1), in the macros of man(7), that describes the program and
// all its commands as the parser knows them.
func manual(program *kong.Node, version buildVersion) string {
	var m manualPage
	day := ""
	if date, err := time.Parse(time.RFC3339, version.Date); err == nil {
		day = date.UTC().Format(time.DateOnly)
	}
	m.line(`.\" spikegrad reference manual prints this page.`)
	m.line(".TH SPIKEGRAD 1 %q %q %q", day, "spikegrad "+version.Version, "User Commands")
	brief, _, _ := strings.Cut(purpose, ",")
	m.line(".SH NAME\nspikegrad \\- %s", roff(strings.ToLower(brief)))
	m.line(".SH SYNOPSIS\n.B spikegrad\n.I command\n[argument ...] [flags]")
	m.line(".SH DESCRIPTION")
	m.sentences(purpose)
	m.paragraphs(strings.ReplaceAll(habits, "`", ""))
	m.paragraphs(program.Detail)
	m.line(".SH OPTIONS\nAccepted by all commands.")
	m.flags(program.Flags)
	m.line(".SH COMMANDS")
	eachCommand(program, func(command *kong.Node) {
		m.line(".SS %q", command.FullPath())
		m.sentences(command.Help)
		if command.Leaf() {
			m.line(".PP\n.B %s", roff("spikegrad "+command.Summary()))
			for _, argument := range command.Positional {
				m.line(".TP\n.I %s", roff(argument.Summary()))
				m.sentences(argument.Help)
			}
			m.flags(command.Flags)
		}
		m.paragraphs(command.Detail)
	})
	m.line(".SH EXIT STATUS")
	for _, status := range exitStatuses {
		m.line(".TP\n.B %d\n%s", status.code, status.meaning)
	}
	m.line(".SH ENVIRONMENT")
	for _, variable := range environment {
		m.line(".TP\n.B %s", variable.text)
		m.sentences(variable.help)
	}
	m.line(".SH SEE ALSO\n.BR mpirun (1),\n.BR vulkaninfo (1)")
	return m.String()
}

// manualPage is the source of a page being written.
type manualPage struct{ strings.Builder }

// line adds a line of ready-made source.
func (m *manualPage) line(format string, values ...any) { fmt.Fprintf(m, format+"\n", values...) }

// words adds a line of text.
func (m *manualPage) words(escaped string) {
	if strings.HasPrefix(escaped, ".") {
		escaped = `\&` + escaped // not a macro
	}
	m.line("%s", escaped)
}

// flags adds a paragraph for each flag.
func (m *manualPage) flags(flags []*kong.Flag) {
	for _, flag := range flags {
		m.line(".TP\n.B %s", roff(flagForm(flag)))
		m.sentences(flag.Help)
		switch {
		case flag.Required:
			m.line("Required.")
		case flag.HasDefault:
			m.sentences("Default: " + flag.Default)
		}
	}
}

// paragraphs adds the paragraphs of a help text, which are separated by empty lines;
// examples are indented.
func (m *manualPage) paragraphs(help string) {
	for _, paragraph := range strings.Split(strings.Trim(help, "\n"), "\n\n") {
		if paragraph == "" {
			continue
		}
		if !strings.HasPrefix(paragraph, "    ") {
			m.line(".PP")
			m.sentences(paragraph)
			continue
		}
		m.line(".RS 4\n.EX")
		for example := range strings.Lines(paragraph) {
			m.words(roff(strings.TrimSuffix(strings.TrimPrefix(example, "    "), "\n")))
		}
		m.line(".EE\n.RE")
	}
}

// sentenceEnd matches the end of one sentence and the start of the next.
var sentenceEnd = regexp.MustCompile(`([.!?]) ([A-Z'])`)

// sentences adds running text. Each sentence starts on a new line, so that formatters choose
// the space after it, and no line is wider than manualWidth.
func (m *manualPage) sentences(text string) {
	text = sentenceEnd.ReplaceAllString(strings.Join(strings.Fields(text), " "), "$1\n$2")
	for sentence := range strings.SplitSeq(text, "\n") {
		line, width := "", 0
		for part := range strings.FieldsSeq(sentence) {
			part = roff(part)
			if width > 0 && width+1+sourceWidth(part) > manualWidth {
				m.words(line)
				line, width = "", 0
			}
			if width > 0 {
				line, width = line+" ", width+1
			}
			line, width = line+part, width+sourceWidth(part)
		}
		m.words(line)
	}
}

// sourceWidth is the width that a text takes in the source.
func sourceWidth(text string) int {
	width := 0
	for _, r := range text {
		if r > unicode.MaxASCII {
			width += len(`\[u0000]`)
		} else {
			width++
		}
	}
	return width
}

// roff escapes characters that formatters would interpret, or would set as typographic
// characters that cannot be copied to a shell.
func roff(text string) string {
	return strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`).Replace(text)
}
