package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// code matches code in running text.
var code = regexp.MustCompile("`([^`\n]+)`")

// sourcePath matches a folder or file of the sources, testName a test or fuzz function.
var (
	sourcePath = regexp.MustCompile(`^(cpuref|shaders|gpu|kernels|host|bench|tests)(/[A-Za-z0-9_.-]+)*$`)
	testName   = regexp.MustCompile(`^(Test|Fuzz)[A-Z]\w*$`)
)

// goneFrom lists the files and the tests that a page names but that do not exist.
func goneFrom(t *testing.T, page string) (gone []string, checked int) {
	t.Helper()
	tests := functionsOfTests(t)
	for _, found := range code.FindAllStringSubmatch(page, -1) {
		switch name := found[1]; {
		case sourcePath.MatchString(name):
			checked++
			if _, err := os.Stat(filepath.Join("..", name)); err != nil {
				gone = append(gone, name)
			}
		case testName.MatchString(name):
			checked++
			if !strings.Contains(tests, "func "+name+"(") {
				gone = append(gone, name)
			}
		}
	}
	return gone, checked
}

// tableRow matches a row that starts with a file: the file, and the rest.
var tableRow = regexp.MustCompile("(?m)^\\| `([A-Za-z][A-Za-z0-9_/.-]*\\.[a-z]+)` \\| (.*)$")

// identifier matches a name in Go or GLSL.
var identifier = regexp.MustCompile(`^[A-Za-z][A-Za-z_]*$`)

// goneFromFiles lists the names in table rows that do not occur in the row's file, and the files
// that do not exist.
func goneFromFiles(page string) (gone []string, checked int) {
	for _, row := range tableRow.FindAllStringSubmatch(page, -1) {
		text, err := os.ReadFile(filepath.Join("..", row[1]))
		if err != nil {
			gone = append(gone, row[1])
			continue
		}
		for _, found := range code.FindAllStringSubmatch(row[2], -1) {
			if !identifier.MatchString(found[1]) {
				continue
			}
			checked++
			if !regexp.MustCompile(`\b` + found[1] + `\b`).Match(text) {
				gone = append(gone, row[1]+": "+found[1])
			}
		}
	}
	return gone, checked
}

// TestNamedIdentifiers keeps the lists of what to change when adding something true.
func TestNamedIdentifiers(t *testing.T) {
	for page, least := range map[string]int{"../docs/explanation/architecture.md": 25, "../docs/how-to/own-surrogate.md": 4} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		gone, checked := goneFromFiles(string(text))
		if len(gone) > 0 {
			t.Errorf("%s names what does not exist: %s", page, strings.Join(gone, ", "))
		}
		if checked < least {
			t.Errorf("%s: %d names were found, which is too few to be true", page, checked)
		}
	}
	gone, _ := goneFromFiles("| `cpuref/neuron.go` | `States`, `Status` and `KIND:VALUE` |\n| `cpuref/none.go` | nothing |\n")
	if got := strings.Join(gone, ", "); got != "cpuref/neuron.go: Status, cpuref/none.go" {
		t.Errorf("of names that do not exist were found: %s", got)
	}
}

// functionsOfTests returns the text of all test files.
func functionsOfTests(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, pattern := range []string{"../*/*_test.go", "../*/*/*_test.go", "../*/*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(text)
		}
	}
	return b.String()
}

// TestNamedSources keeps the pages that guide through the sources true.
func TestNamedSources(t *testing.T) {
	for page, least := range map[string]int{"../docs/explanation/architecture.md": 30, "../SECURITY.md": 12, "../CONTRIBUTING.md": 1} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		gone, checked := goneFrom(t, string(text))
		if len(gone) > 0 {
			t.Errorf("%s names what does not exist: %s", page, strings.Join(gone, ", "))
		}
		if checked < least {
			t.Errorf("%s: %d names were found, which is too few to be true", page, checked)
		}
	}
	gone, _ := goneFrom(t, "`host/nowhere`, `FuzzNothing`, `cpuref/neuron.go`, `TestNamedSources`")
	if got := strings.Join(gone, " "); got != "host/nowhere FuzzNothing" {
		t.Errorf("of names that do not exist were found: %s", got)
	}
}

// exported matches an exported function of a package in running text.
var exported = regexp.MustCompile("`([a-z]+)\\.([A-Z]\\w*)`")

// TestOtherModule checks that the functions exist that users are told to start their own programs
// with. The program on the page is run by TestProgram/Pages.
func TestOtherModule(t *testing.T) {
	missing := func(page string) (names []string, checked int) {
		for _, found := range exported.FindAllStringSubmatch(page, -1) {
			checked++
			files, err := filepath.Glob(filepath.Join("../host", found[1], "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			defined := regexp.MustCompile(`(?m)^func ` + found[2] + `[(\[]`)
			if !slices.ContainsFunc(files, func(file string) bool { return defined.Match(contentOf(t, file)) }) {
				names = append(names, found[1]+"."+found[2])
			}
		}
		return names, checked
	}
	names, checked := missing(string(contentOf(t, "../docs/how-to/use-as-a-library.md")))
	if len(names) > 0 || checked < 5 {
		t.Errorf("of %d functions these do not exist: %q", checked, names)
	}
	if names, _ := missing("`train.Run`, `train.Walk`, `nowhere.Run`, `engine.NewCPU`"); !slices.Equal(names, []string{"train.Walk", "nowhere.Run"}) {
		t.Errorf("of names that do not exist were found: %q", names)
	}
}
