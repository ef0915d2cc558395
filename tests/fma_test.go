package tests

import (
	"bufio"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// computing are the packages whose floats affect spikes, gradients or weights, or the
// numbers of an audit.
var computing = []string{"cpuref", "host/network", "host/data", "host/unbiased", "host/audit"}

// instantiation is the package in which the generic kernels are compiled. It exists only in
// an overlay: the compiler sees it, but the checkout has no such file.
const instantiation = "tests/internal/instantiate"

// TestNoFusedMultiplyAdd checks the machine code that the compiler generates from the Go
// side for processors on which it may fuse x*y + z, which would change the last bit.
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

// fusedARM64 are the encodings of fused multiply-adds: the value of an instruction word
// under a mask.
var fusedARM64 = []struct {
	name       string
	mask, word uint32
}{
	{"FMADD, FMSUB, FNMADD, FNMSUB", 0xff000000, 0x1f000000},
	{"FMLA, FMLS (vector)", 0xbf20fc00, 0x0e20cc00},
	{"FMLA, FMLS (vector, half precision)", 0xbf60fc00, 0x0e400c00},
	{"FMLA, FMLS (by element)", 0x9f80b400, 0x0f801000},
	{"FMLA, FMLS (by element, half precision)", 0x9fc0b400, 0x0f001000},
}

// TestNoFusedMultiplyAddInAssembly decodes the assembly for arm64, whose vector instructions are
// written as numbers, which a listing does not name.
func TestNoFusedMultiplyAddInAssembly(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles the standard library for other processors; make test runs it")
	}
	path := filepath.Join(t.TempDir(), "cpuref.test")
	build := exec.Command("go", "test", "-c", "-o", path, module+"cpuref")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64", "GOEXPERIMENT=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	program, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	symbols, err := program.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	text := program.Section(".text")
	code, err := text.Data()
	if err != nil {
		t.Fatal(err)
	}
	products := map[string]int{}
	for _, symbol := range symbols {
		name, ok := strings.CutPrefix(symbol.Name, module+"cpuref.")
		if !ok || elf.ST_TYPE(symbol.Info) != elf.STT_FUNC || !strings.HasSuffix(strings.TrimSuffix(name, ".abi0"), "NEON") {
			continue
		}
		body := code[symbol.Value-text.Addr:][:symbol.Size]
		for at := 0; at+4 <= len(body); at += 4 {
			word := binary.LittleEndian.Uint32(body[at:])
			for _, fused := range fusedARM64 {
				if word&fused.mask == fused.word {
					t.Errorf("%s: %08x at %d is a fused multiply-add: %s", name, word, at, fused.name)
				}
			}
			if word&0xffe0fc00 == 0x6e20dc00 || word&0xffc0f400 == 0x4f809000 { // FMUL
				products[strings.TrimSuffix(name, ".abi0")]++
			}
		}
	}
	// Each of 8 rows of sums has two vectors, the single row of the other tile has four;
	// four vectors of random words become numbers.
	want := map[string]int{"tallTile8x2NEON": 16, "tile1x4NEON": 4, "drawNEON": 4}
	if !maps.Equal(products, want) {
		t.Errorf("the assembly has so many vector multiplications: %v; want %v", products, want)
	}
}

// genericName is an exported generic function or type of cpuref.
type genericName struct {
	name   string
	isType bool
}

// genericNames finds them in the files that are compiled for a target.
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

// instantiationSource returns a package that makes the compiler compile each of them for
// float32, along with everything that they call.
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

// compileToAssembly returns the compiler's listing of the computing packages and of the
// instantiation.
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

// lastLines keeps a compiler's error messages, which follow its listing.
func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
