package tests

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// computing are the packages whose floats reach spikes, gradients or weights, or the numbers
// of an audit.
var computing = []string{"cpuref", "host/network", "host/data", "host/unbiased", "host/audit"}

// instantiation is the package in which the generic kernels are compiled. It
// stands in an overlay only: the compiler sees it, the checkout has no such file.
const instantiation = "tests/internal/instantiate"

// TestNoFusedMultiplyAdd reads what the compiler makes of the Go side for
// processors on which it may fuse x*y + z, which would change the last bit.
func TestNoFusedMultiplyAdd(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles the standard library for other processors; make test runs it")
	}
	for _, target := range []struct {
		name        string
		environment []string
		fused       *regexp.Regexp
	}{
		{"arm64", []string{"GOOS=linux", "GOARCH=arm64", "GOEXPERIMENT="}, regexp.MustCompile(`\sFN?M(ADD|SUB)[SD]\s`)},
		{"amd64v3", []string{"GOOS=linux", "GOARCH=amd64", "GOAMD64=v3", "GOEXPERIMENT=simd"}, regexp.MustCompile(`\sVFN?M(ADD|SUB)\w*\s`)},
	} {
		t.Run(target.name, func(t *testing.T) {
			environment := append(os.Environ(), "CGO_ENABLED=0")
			environment = append(environment, target.environment...)
			generic := genericNames(t, environment)
			assembly := compileToAssembly(t, environment, instantiationSource(generic))

			compiled := map[string]bool{}
			function := ""
			for lines := bufio.NewScanner(strings.NewReader(assembly)); lines.Scan(); {
				line := lines.Text()
				if name, _, ok := strings.Cut(line, " STEXT"); ok {
					function = name
					compiled[name] = true
				}
				if strings.HasPrefix(function, module) && target.fused.MatchString(line) {
					t.Errorf("%s: fused multiply-add; convert the product where it is made, T(x*y): fusion crosses statements and inlined calls:\n%s", function, line)
				}
			}
			for _, g := range generic {
				if name := module + "cpuref." + g.name + "[go.shape.float32]"; !g.isType && !compiled[name] {
					t.Errorf("the assembly has no %s, so it was not checked", name)
				}
			}
		})
	}
}

// genericName is an exported generic function or type of cpuref.
type genericName struct {
	name   string
	isType bool
}

// genericNames finds them in the files that a target compiles.
func genericNames(t *testing.T, environment []string) []genericName {
	t.Helper()
	list := exec.Command("go", "list", "-f", `{{range .GoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}`, module+"cpuref")
	list.Env = environment
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var found []genericName
	add := func(name *ast.Ident, parameters *ast.FieldList, isType bool) {
		switch {
		case parameters.NumFields() == 0 || !name.IsExported() || name.Name == "Float":
		case parameters.NumFields() > 1:
			t.Fatalf("cpuref.%s has %d type parameters, and this test instantiates one; extend it", name.Name, parameters.NumFields())
		default:
			found = append(found, genericName{name.Name, isType})
		}
	}
	for path := range strings.FieldsSeq(string(out)) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(d.Name, d.Type.TypeParams, false)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						add(s.Name, s.TypeParams, true)
					}
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("found no generic kernel in cpuref, and its kernels are generic; mend this test")
	}
	return found
}

// instantiationSource writes a package that makes the compiler compile each of
// them, and with it what it calls, for float32.
func instantiationSource(generic []genericName) string {
	var source strings.Builder
	source.WriteString("package instantiate\n\nimport \"spikegrad/cpuref\"\n\nvar All = []any{\n")
	for _, g := range generic {
		if g.isType {
			fmt.Fprintf(&source, "new(cpuref.%s[float32]),\n", g.name)
		} else {
			fmt.Fprintf(&source, "cpuref.%s[float32],\n", g.name)
		}
	}
	source.WriteString("}\n")
	return source.String()
}

// compileToAssembly returns the compiler's listing of the computing packages
// and of the instantiation.
func compileToAssembly(t *testing.T, environment []string, source string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	sourcePath, overlayPath := filepath.Join(folder, "instantiate.go"), filepath.Join(folder, "overlay.json")
	overlay, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(root, instantiation, "instantiate.go"): sourcePath},
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{sourcePath: source, overlayPath: string(overlay)} {
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	arguments := []string{"build", "-overlay", overlayPath, "-gcflags=-S", "./" + instantiation}
	for _, name := range computing {
		arguments = append(arguments, "./"+name)
	}
	build := exec.Command("go", arguments...)
	build.Dir, build.Env = root, environment
	out, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, lastLines(string(out), 20))
	}
	return string(out)
}

// lastLines keeps a compiler's complaints, which follow its listing.
func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
