package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCommand is spikegrad completion.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Shell: bash, zsh or fish."`
}

// Help returns the detailed help.
func (completionCommand) Help() string {
	return `Prints a script that makes the shell complete commands, flags, values and files.

Examples:

    spikegrad completion bash > ~/.local/share/bash-completion/completions/spikegrad
    spikegrad completion zsh > ~/.zfunc/_spikegrad
    spikegrad completion fish > ~/.config/fish/completions/spikegrad.fish`
}

// Run prints the script.
func (c *completionCommand) Run(a *app, parser *kong.Kong) error {
	nodes := completions(parser.Model.Node)
	write := map[string]func(io.Writer, []completed) error{"bash": writeBash, "zsh": writeZsh, "fish": writeFish}[c.Shell]
	return write(a.out, nodes)
}

// completed describes what may follow a command.
type completed struct {
	path     string // words after the program's name
	commands []word
	flags    []word
	values   map[string][]string // of flags with few values: --part → test, …
	takes    map[string]bool     // flags that take a value
	words    []string            // values of the argument, if they are few
}

// word is a word and its meaning.
type word struct{ text, help string }

// completions lists the program and its commands.
func completions(node *kong.Node) []completed {
	var all []completed
	var visit func(n *kong.Node, path []string)
	visit = func(n *kong.Node, path []string) {
		c := completed{path: strings.Join(path, " "), values: map[string][]string{}, takes: map[string]bool{}}
		for _, group := range n.AllFlags(true) {
			for _, flag := range group {
				name := "--" + flag.Name
				c.flags = append(c.flags, word{name, firstSentence(flag.Help)})
				c.takes[name] = !flag.IsBool()
				if flag.Tag.Negatable != "" {
					c.flags = append(c.flags, word{"--no-" + flag.Name, "Not --" + flag.Name + "."})
				}
				if flag.Enum != "" {
					c.values[name] = strings.Split(flag.Enum, ",")
				}
				if flag.Name == "device" {
					c.values[name] = []string{"auto", "cpu", "vulkan:0"}
				}
			}
		}
		for _, argument := range n.Positional {
			if argument.Enum != "" {
				c.words = strings.Split(argument.Enum, ",")
			}
		}
		for _, child := range n.Children {
			if child.Hidden {
				continue
			}
			c.commands = append(c.commands, word{child.Name, firstSentence(child.Help)})
		}
		all = append(all, c)
		for _, child := range n.Children {
			if child.Hidden {
				continue
			}
			visit(child, append(path[:len(path):len(path)], child.Name))
		}
	}
	visit(node, nil)
	return all
}

// firstSentence returns the first line of a help text, without its full stop.
func firstSentence(help string) string {
	help, _, _ = strings.Cut(help, "\n")
	return strings.TrimSuffix(help, ".")
}

// texts returns the words without their help.
func texts(words []word) []string {
	var list []string
	for _, w := range words {
		list = append(list, w.text)
	}
	return list
}

// candidates lists what may follow a command, besides files.
func (c *completed) candidates() []string {
	return append(append(texts(c.commands), c.words...), texts(c.flags)...)
}

// writeBash writes a function that finds the command among the words so far.
func writeBash(w io.Writer, nodes []completed) error {
	var b strings.Builder
	b.WriteString(`# bash completion of spikegrad
_spikegrad() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path="" i word
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case "$path $word" in
`)
	for _, n := range nodes[1:] {
		fmt.Fprintf(&b, "        %q) path=%q ;;\n", parentKey(n.path), " "+n.path)
	}
	b.WriteString("        esac\n    done\n    case \"$path $previous\" in\n")
	for _, n := range nodes {
		for _, flag := range n.flags {
			if values := n.values[flag.text]; values != nil {
				fmt.Fprintf(&b, "    %q) COMPREPLY=($(compgen -W %q -- \"$current\")); return ;;\n", pathKey(n.path, flag.text), strings.Join(values, " "))
			} else if n.takes[flag.text] {
				fmt.Fprintf(&b, "    %q) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n", pathKey(n.path, flag.text))
			}
		}
	}
	b.WriteString("    esac\n    case \"$path\" in\n")
	for _, n := range nodes {
		key := ""
		if n.path != "" {
			key = " " + n.path
		}
		fmt.Fprintf(&b, "    %q) COMPREPLY=($(compgen -W %q -- \"$current\")) ;;\n", key, strings.Join(n.candidates(), " "))
	}
	b.WriteString(`    esac
    if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _spikegrad spikegrad
`)
	_, err := io.WriteString(w, b.String())
	return err
}

// pathKey is a command's path and a word, as the script joins them.
func pathKey(path, word string) string {
	if path == "" {
		return " " + word
	}
	return " " + path + " " + word
}

// parentKey is the key of a command in its parent: the parent's path and the last word.
func parentKey(path string) string {
	i := strings.LastIndex(path, " ")
	if i < 0 {
		return pathKey("", path)
	}
	return pathKey(path[:i], path[i+1:])
}

// writeZsh writes a function for zsh's completion system.
func writeZsh(w io.Writer, nodes []completed) error {
	var b strings.Builder
	b.WriteString(`#compdef spikegrad
# zsh completion of spikegrad
_spikegrad() {
    local command="" i
    local -a candidates
    for ((i = 2; i < CURRENT; i++)); do
        case "$command ${words[i]}" in
`)
	for _, n := range nodes[1:] {
		fmt.Fprintf(&b, "        %s) command=%s ;;\n", single(parentKey(n.path)), single(" "+n.path))
	}
	b.WriteString("        esac\n    done\n    case \"$command ${words[CURRENT-1]}\" in\n")
	for _, n := range nodes {
		for _, flag := range n.flags {
			if values := n.values[flag.text]; values != nil {
				fmt.Fprintf(&b, "    %s) compadd -- %s; return ;;\n", single(pathKey(n.path, flag.text)), strings.Join(values, " "))
			} else if n.takes[flag.text] {
				fmt.Fprintf(&b, "    %s) _files; return ;;\n", single(pathKey(n.path, flag.text)))
			}
		}
	}
	b.WriteString("    esac\n    case \"$command\" in\n")
	for _, n := range nodes {
		key := ""
		if n.path != "" {
			key = " " + n.path
		}
		fmt.Fprintf(&b, "    %s)\n        candidates=(\n", single(key))
		for _, c := range append(append([]word(nil), n.commands...), n.flags...) {
			fmt.Fprintf(&b, "            %s\n", single(strings.ReplaceAll(c.text, ":", `\:`)+":"+c.help))
		}
		for _, value := range n.words {
			fmt.Fprintf(&b, "            %s\n", single(value))
		}
		b.WriteString("        ) ;;\n")
	}
	b.WriteString(`    esac
    _describe 'spikegrad' candidates
    _files
}
if [ "$funcstack[1]" = _spikegrad ]; then _spikegrad "$@"; else compdef _spikegrad spikegrad; fi
`)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeFish writes a line for each candidate.
func writeFish(w io.Writer, nodes []completed) error {
	var b strings.Builder
	b.WriteString("# fish completion of spikegrad\n")
	for _, n := range nodes {
		condition := "__fish_use_subcommand"
		if n.path != "" {
			condition = ""
			for _, part := range strings.Fields(n.path) {
				condition += "__fish_seen_subcommand_from " + part + "; and "
			}
			condition = strings.TrimSuffix(condition, "; and ")
			if len(n.commands) > 0 {
				condition += "; and not __fish_seen_subcommand_from " + strings.Join(texts(n.commands), " ")
			}
		}
		for _, c := range n.commands {
			fmt.Fprintf(&b, "complete -c spikegrad -f -n %s -a %s -d %s\n", single(condition), c.text, single(c.help))
		}
		for _, value := range n.words {
			fmt.Fprintf(&b, "complete -c spikegrad -f -n %s -a %s\n", single(condition), value)
		}
		for _, flag := range n.flags {
			fmt.Fprintf(&b, "complete -c spikegrad -n %s -l %s -d %s", single(condition), strings.TrimPrefix(flag.text, "--"), single(flag.help))
			if values := n.values[flag.text]; values != nil {
				fmt.Fprintf(&b, " -x -a %s", single(strings.Join(values, " ")))
			} else if n.takes[flag.text] {
				b.WriteString(" -r")
			}
			b.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// single quotes a word for a shell with single quotes.
func single(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
