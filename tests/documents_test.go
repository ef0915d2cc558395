package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// code are the pieces of code in running text.
var code = regexp.MustCompile("`([^`\n]+)`")

// sourcePath is a folder or file of the sources, fuzzTarget and testName are functions of tests.
var (
	sourcePath = regexp.MustCompile(`^(cpuref|shaders|gpu|kernels|host|bench|tests)(/[A-Za-z0-9_.-]+)*$`)
	testName   = regexp.MustCompile(`^(Test|Fuzz)[A-Z]\w*$`)
)

// goneFrom lists the files and the tests that a page names and that do not exist.
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

// functionsOfTests is the text of all files of tests.
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

// TestNamedSources keeps the pages that lead through the sources true.
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

// TestOtherModule uses the packages from another module, as docs/explanation/architecture.md tells.
func TestOtherModule(t *testing.T) {
	sources, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod":  "module example\n\ngo 1.26.0\n\nrequire spikegrad v0.0.0\n\nreplace spikegrad => " + sources + "\n",
		"go.sum":  string(sums),
		"main.go": "package main\n\nimport (\n\t\"fmt\"\n\n\t\"spikegrad/host/network\"\n)\n\nfunc main() { fmt.Println(len(network.Surrogates.List()) > 3) }\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("go", "run", "-mod=mod", ".")
	command.Dir, command.Env = folder, append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off")
	if got := finish(t, command); got.code != 0 || got.stdout != "true\n" {
		t.Errorf("%+v", got)
	}
}
