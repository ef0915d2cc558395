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

// referenceCommand is spikegrad reference, which makes pages of the documentation.
type referenceCommand struct {
	Page string `arg:"" enum:"commands,configuration,kinds,kinds.glsl" help:"commands, configuration, kinds or kinds.glsl."`
}

// Help is the rest of the help.
func (referenceCommand) Help() string {
	return `Prints a page of the documentation in Markdown, or the numbers of kinds for shaders.

Examples:

    spikegrad reference commands
    spikegrad reference configuration`
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
	}
	_, err := io.WriteString(a.out, page)
	return err
}

// commandReference describes all commands.
func commandReference(program *kong.Node) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nEach command has `--help`. Results go to standard output, progress, log lines and errors to standard error.\n" +
		"Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. `NO_COLOR` in the environment switches colours off.\n")
	b.WriteString("\n## Flags of all commands\n\n")
	writeFlags(&b, program.Flags)
	var visit func(n *kong.Node)
	visit = func(n *kong.Node) {
		for _, child := range n.Children {
			if child.Hidden {
				continue
			}
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", child.FullPath(), child.Help)
			if child.Leaf() {
				fmt.Fprintf(&b, "\n    spikegrad %s\n", child.Summary())
				if len(child.Positional) > 0 {
					b.WriteString("\n| argument | |\n|---|---|\n")
					for _, argument := range child.Positional {
						fmt.Fprintf(&b, "| `%s` | %s |\n", argument.Summary(), cell(argument.Help))
					}
				}
				if len(child.Flags) > 0 {
					b.WriteString("\n")
					writeFlags(&b, child.Flags)
				}
			}
			if child.Detail != "" {
				fmt.Fprintf(&b, "\n%s\n", child.Detail)
			}
			visit(child)
		}
	}
	visit(program)
	return b.String()
}

// writeFlags writes a table of flags.
func writeFlags(b *strings.Builder, flags []*kong.Flag) {
	b.WriteString("| flag | default | |\n|---|---|---|\n")
	for _, flag := range flags {
		name := "--" + flag.Name
		if flag.Short != 0 {
			name = "-" + string(flag.Short) + ", " + name
		}
		if !flag.IsBool() {
			value := flag.PlaceHolder
			if value == "" {
				value = strings.ToUpper(flag.Name)
			}
			name += " " + value
		}
		value := ""
		switch {
		case flag.Required:
			value = "required"
		case flag.HasDefault:
			value = "`" + flag.Default + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, value, cell(flag.Help))
	}
}

// cell makes text fit for a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
