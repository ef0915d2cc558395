package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"spikegrad/host/data"
	"spikegrad/host/train"
)

// root is the folder of the module.
const root = "../.."

// TestReference compares the pages of the reference with what the program prints now.
func TestReference(t *testing.T) {
	for _, page := range []string{"commands", "configuration", "kinds"} {
		got := call("reference", page)
		stored, err := os.ReadFile(filepath.Join(root, "docs/reference", page+".md"))
		if err != nil {
			t.Fatal(err)
		}
		if got.code != exitOK || got.stdout != string(stored) {
			t.Errorf("docs/reference/%s.md is not what the program says: run go generate ./host/cli", page)
		}
	}
}

// TestDatasets checks that the list of formats contains every dataset.
func TestDatasets(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/reference/formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range data.Specs() {
		if !strings.Contains(string(text), "`"+spec.Form+"`") {
			t.Errorf("docs/reference/formats.md does not say what %s reads", spec.Form)
		}
	}
}

// pages returns README.md and every page of docs.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	add := func(path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[path] = string(text)
	}
	add(filepath.Join(root, "README.md"))
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			add(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// blocks returns the code blocks of a page, fenced or indented, without their fences and
// indentation.
func blocks(page string) []string {
	var found []string
	var block strings.Builder
	fenced, before := false, ""
	end := func() {
		if block.Len() > 0 {
			found = append(found, hereDocuments(block.String())...)
		}
		block.Reset()
	}
	for line := range strings.Lines(page) {
		indented := strings.HasPrefix(line, "    ") && (strings.TrimSpace(before) == "" || block.Len() > 0)
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced = !fenced
			end()
		case fenced:
			block.WriteString(line)
		case indented:
			block.WriteString(line[4:])
		case strings.TrimSpace(line) == "" && block.Len() > 0:
			block.WriteString("\n")
		default:
			end()
		}
		before = line
	}
	end()
	return found
}

// hereDocuments separates the files that a block's shell commands write from the commands.
// It returns the block without them, then each complete file. Files that the shell expands
// variables in or appends to are dropped.
func hereDocuments(block string) []string {
	found := []string{""}
	for rest := block; rest != ""; {
		place := regexp.MustCompile(`(?m)^.*<<('?)([A-Z]+)'?\n`).FindStringSubmatchIndex(rest)
		if place == nil {
			found[0] += rest
			break
		}
		command, word := rest[place[0]:place[1]], rest[place[4]:place[5]]
		text, after, _ := strings.Cut(rest[place[1]:], "\n"+word+"\n")
		if place[2] < place[3] && !strings.Contains(command, ">>") {
			found = append(found, text+"\n")
		}
		found[0] += rest[:place[1]]
		rest = after
	}
	return found
}

// variable matches a shell variable.
var variable = regexp.MustCompile(`\$[a-z]+`)

// calls finds shell lines that call the program, and returns their arguments, with shell
// variables replaced by 1.
func calls(block string) [][]string {
	var found [][]string
	block = strings.ReplaceAll(block, "\\\n", " ")
	for line := range strings.Lines(block) {
		line, _, _ = strings.Cut(line, " #")
		for _, part := range regexp.MustCompile(`&&|\|\||[|;]`).Split(line, -1) {
			words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(part), "$ "))
			for len(words) > 0 && regexp.MustCompile(`^[A-Z_]+=`).MatchString(words[0]) {
				words = words[1:] // environment variables
			}
			if len(words) == 0 || words[0] != "spikegrad" && words[0] != "./spikegrad" {
				continue
			}
			if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, ">") || strings.HasPrefix(w, "2>") }); i >= 0 {
				words = words[:i]
			}
			for i := range words {
				words[i] = variable.ReplaceAllString(words[i], "1")
			}
			found = append(found, words[1:])
		}
	}
	return found
}

// wrongCall says what is wrong with a call; nil if the program would accept it. Words in
// capitals stand for any value.
func wrongCall(t *testing.T, arguments []string) error {
	t.Helper()
	words := slices.Clone(arguments)
	for i, word := range words {
		if regexp.MustCompile(`^[A-Z]$`).MatchString(word) {
			words[i] = "1" // a number
		}
	}
	var grammar commands
	_, err := newParser(t, &grammar).Parse(words)
	if errors.Is(err, errHelped) {
		return nil
	}
	return err
}

// inline matches code in running text.
var inline = regexp.MustCompile("`([^`\n]+)`")

// wrongInline says what is wrong with code in running text: a flag, a command or a key that
// does not exist; empty if nothing is.
func wrongInline(code string, nodes []completed) string {
	program := nodes[0]
	has := func(list []word, text string) bool {
		return slices.ContainsFunc(list, func(w word) bool { return w.text == text })
	}
	if words := strings.Fields(code); words[0] == "spikegrad" || words[0] == "./spikegrad" {
		if len(words) > 1 && !strings.HasPrefix(words[1], "-") && !has(program.commands, words[1]) && words[1] != "reference" {
			return "no command " + words[1]
		}
	}
	for _, flag := range regexp.MustCompile(`(?:^|\s|\[)(--[a-z][a-z-]*)`).FindAllStringSubmatch(code, -1) {
		first, _, _ := strings.Cut(code, " ")
		foreign := first != "spikegrad" && first != "./spikegrad" && !strings.HasPrefix(code, "-") && !has(program.commands, first)
		if !foreign && !slices.ContainsFunc(nodes, func(n completed) bool { return has(n.flags, flag[1]) }) {
			return "no flag " + flag[1]
		}
	}
	key := strings.Trim(code, "[]")
	if regexp.MustCompile(`^(data|network|training)(\.[a-z_0-9]+)+$`).MatchString(key) && filepath.Ext(key) != ".toml" && filepath.Ext(key) != ".md" && !train.Key(key) {
		return "no configuration key " + key
	}
	return ""
}

// TestDocumented checks that README and docs name no command, flag, configuration key or
// make target that does not exist.
func TestDocumented(t *testing.T) {
	var grammar commands
	nodes := completions(newParser(t, &grammar).Model.Node)
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for path, text := range pages(t) {
		for _, block := range blocks(text) {
			for _, arguments := range calls(block) {
				if strings.HasSuffix(path, "commands.md") && (slices.Contains(arguments, "[flags]") || strings.Contains(strings.Join(arguments, " "), "<")) {
					continue // a summary
				}
				checked++
				if err := wrongCall(t, arguments); err != nil {
					t.Errorf("%s: spikegrad %s: %v", path, strings.Join(arguments, " "), err)
				}
			}
			if isConfiguration(block) {
				checked++
				if _, err := train.Decode([]byte(block), path, ""); err != nil {
					t.Errorf("%s: %v in\n%s", path, err, block)
				}
			}
		}
		for _, code := range inline.FindAllStringSubmatch(text, -1) {
			checked++
			if wrong := wrongInline(code[1], nodes); wrong != "" {
				t.Errorf("%s: `%s`: %s", path, code[1], wrong)
			}
		}
		for _, target := range regexp.MustCompile("(?m)(?:`|^    )make ([a-z0-9-]+)").FindAllStringSubmatch(text, -1) {
			if !strings.Contains(string(makefile), "\n"+target[1]+":") {
				t.Errorf("%s: the Makefile has no target %s", path, target[1])
			}
		}
	}
	if checked < 100 {
		t.Errorf("%d places were checked, which is too few to be true", checked)
	}
}

// isConfiguration reports whether a code block is TOML of a configuration.
func isConfiguration(block string) bool {
	return regexp.MustCompile(`(?m)^\[{1,2}(data|network|training)[a-z_.]*\]`).MatchString(block)
}

// TestWrongDocumentation checks that mistakes are found.
func TestWrongDocumentation(t *testing.T) {
	var grammar commands
	nodes := completions(newParser(t, &grammar).Model.Node)
	page := "Text.\n\n    ./spikegrad trian x   # a comment\n    cd x && spikegrad eval runs/x --trails 3 > out\n\nMore:\n```\n[[network.layer]]\nneurns = 3\n```\n"
	found := blocks(page)
	if len(found) != 2 {
		t.Fatalf("blocks %q", found)
	}
	lines := calls(found[0])
	if want := [][]string{{"trian", "x"}, {"eval", "runs/x", "--trails", "3"}}; !reflect.DeepEqual(lines, want) {
		t.Fatalf("calls %q, want %q", lines, want)
	}
	for _, arguments := range lines {
		var mistake *kong.ParseError
		if err := wrongCall(t, arguments); !errors.As(err, &mistake) {
			t.Errorf("%q: error %v", arguments, err)
		}
	}
	if !isConfiguration(found[1]) {
		t.Error("a configuration is not recognised")
	}
	if _, err := train.Decode([]byte(found[1]), "page", ""); err == nil {
		t.Error("an unknown key was read")
	}
	shell := "cat > a.toml <<'EOF'\n[data]\nsteps = 3\nEOF\n./spikegrad devices\ncat >> a.toml <<'EOF'\n[data.encoder]\nEOF\ncat > b <<EOF\n$x\nEOF\nls\n"
	if got, want := hereDocuments(shell), []string{"cat > a.toml <<'EOF'\n./spikegrad devices\ncat >> a.toml <<'EOF'\ncat > b <<EOF\nls\n", "[data]\nsteps = 3\n"}; !reflect.DeepEqual(got, want) {
		t.Errorf("files that commands write: %q, want %q", got, want)
	}
	for code, want := range map[string]string{
		"spikegrad trian": "no command trian", "--trails N": "no flag --trails", "network.layer.neurns": "no configuration key network.layer.neurns",
		"spikegrad train --resume": "", "--trials": "", "network.layer.noise.beta": "", "[training.optimizer]": "", "network.toml": "", "git log --oneline": "",
	} {
		if got := wrongInline(code, nodes); got != want {
			t.Errorf("`%s`: %q, want %q", code, got, want)
		}
	}
}

// TestFormats checks that formats.md names every key that a run writes.
func TestFormats(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/reference/formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, written := range []any{train.Summary{}, train.Epoch{}} {
		shape := reflect.TypeOf(written)
		for i := range shape.NumField() {
			key, _, _ := strings.Cut(shape.Field(i).Tag.Get("json"), ",")
			if !strings.Contains(string(text), "`"+key+"`") {
				t.Errorf("formats.md does not name %s of %s", key, shape)
			}
		}
	}
}
