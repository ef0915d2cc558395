package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"spikegrad/host/network"
	"spikegrad/host/train"
)

//go:generate sh -c "go run ../.. reference commands > ../../docs/reference/commands.md"
//go:generate sh -c "go run ../.. reference configuration > ../../docs/reference/configuration.md"
//go:generate sh -c "go run ../.. reference kinds > ../../docs/reference/kinds.md"

// referenceCommand is spikegrad reference, which prints pages of the documentation.
type referenceCommand struct {
	Page string `arg:"" enum:"commands,configuration,kinds,kinds.glsl,manual" help:"commands, configuration, kinds, kinds.glsl or manual."`
}

// Help returns the detailed help.
func (referenceCommand) Help() string {
	return `Prints a page of the documentation in Markdown, the shader constants for the kinds, or the
manual page.

Examples:

    spikegrad reference commands
    spikegrad reference configuration
    spikegrad reference manual | man -l -`
}

// Run prints a page.
func (c *referenceCommand) Run(a *app, parser *kong.Kong) error {
	page := ""
	switch c.Page {
	case "commands":
		page = commandReference(parser.Model.Node)
	case "configuration":
		var err error
		if page, err = train.Reference(); err != nil {
			return err
		}
	case "kinds":
		page = network.KindsPage()
	case "kinds.glsl":
		page = network.KindsGLSL()
	case "manual":
		page = manual(parser.Model.Node, currentVersion())
	}
	_, err := io.WriteString(a.out, page)
	return err
}

// habits are conventions that all commands share.
const habits = "Each command has `--help`. Results go to standard output; progress, log lines and errors go to standard error."

// commandReference describes all commands.
func commandReference(program *kong.Node) string {
	var b strings.Builder
	b.WriteString("# Commands\n\n" + habits + "\n")
	var statuses []string
	for _, status := range exitStatuses {
		statuses = append(statuses, fmt.Sprintf("%d %s", status.code, status.meaning))
	}
	fmt.Fprintf(&b, "Exit status: %s.\n", strings.Join(statuses, ", "))
	b.WriteString("\n| command | |\n|---|---|\n")
	for _, child := range program.Children {
		if !child.Hidden {
			fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", child.Name, strings.ReplaceAll(child.FullPath(), " ", "-"), cell(child.Help))
		}
	}
	b.WriteString("\n## Environment\n\n| variable | |\n|---|---|\n")
	for _, variable := range environment {
		fmt.Fprintf(&b, "| `%s` | %s |\n", variable.text, cell(variable.help))
	}
	b.WriteString("\n## Flags of every command\n\n")
	writeFlags(&b, program.Flags)
	eachCommand(program, func(command *kong.Node) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", command.FullPath(), command.Help)
		if command.Leaf() {
			fmt.Fprintf(&b, "\n    spikegrad %s\n", command.Summary())
			if len(command.Positional) > 0 {
				b.WriteString("\n| argument | |\n|---|---|\n")
				for _, argument := range command.Positional {
					fmt.Fprintf(&b, "| `%s` | %s |\n", argument.Summary(), cell(argument.Help))
				}
			}
			if len(command.Flags) > 0 {
				b.WriteString("\n")
				writeFlags(&b, command.Flags)
			}
		}
		if command.Detail != "" {
			fmt.Fprintf(&b, "\n%s\n", command.Detail)
		}
	})
	return b.String()
}

// eachCommand calls do for every command that is not hidden, parents before their children.
func eachCommand(program *kong.Node, do func(*kong.Node)) {
	for _, child := range program.Children {
		if !child.Hidden {
			do(child)
			eachCommand(child, do)
		}
	}
}

// writeFlags writes a table of flags.
func writeFlags(b *strings.Builder, flags []*kong.Flag) {
	b.WriteString("| flag | default | |\n|---|---|---|\n")
	for _, flag := range flags {
		value := ""
		switch {
		case flag.Required:
			value = "required"
		case flag.HasDefault:
			value = "`" + flag.Default + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", cell(flagForm(flag)), value, cell(flag.Help))
	}
}

// flagForm is a flag as it is written on the command line: -h, --help or --out FOLDER.
func flagForm(flag *kong.Flag) string {
	form := "--" + flag.Name
	if flag.Short != 0 {
		form = "-" + string(flag.Short) + ", " + form
	}
	if flag.IsBool() {
		return form
	}
	if flag.PlaceHolder != "" {
		return form + " " + flag.PlaceHolder
	}
	return form + " " + strings.ToUpper(flag.Name)
}

// cell escapes text for a table cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
