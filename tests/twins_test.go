package tests

import (
	"errors"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"spikegrad/cpuref"
	"spikegrad/kernels"
	"spikegrad/tests/internal/spirv"
)

// A kernel consists of three files of the same name: the shader, its wrapper in package
// kernels and its definition in package cpuref. These tests read all three and check that
// names, numbers and layouts agree.

const (
	wrapperFolder    = "../kernels"
	definitionFolder = "../cpuref"
)

// definedElsewhere are the kernels whose definition is not the function of the same name in
// the file of the same name.
var definedElsewhere = map[string]struct{ file, function, reason string }{
	"exact_functions": {"exact", "Exp", "a kernel for tests alone, around four functions that shaders include"},
	"optimizer":       {"optimizer", "OptimizerUpdate", "Optimizer is the type of the kinds"},
}

// drawsOnly is the prefix of the names of kernels that draw the live window: they compute
// nothing that is defined in cpuref.
const drawsOnly = "view_"

// goName is the Go form of a name with underscores: lif_forward, LIFForward;
// NOISE_THRESHOLD, NoiseThreshold.
func goName(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(strings.ToLower(name), "_") {
		switch word {
		case "lif", "sgd", "smorms3":
			b.WriteString(strings.ToUpper(word))
		default:
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// shaderName is the shader form of the name of a Go field: DecayMembrane, decay_membrane.
func shaderName(field string) string {
	var b strings.Builder
	for i, letter := range field {
		if unicode.IsUpper(letter) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(letter))
	}
	return b.String()
}

// parsedPackage is the syntax of a package, with the values of its constants.
type parsedPackage struct {
	files     map[string]*ast.File // by base name
	types     *types.Package
	functions map[string]string // base name of the file of a function
}

// parsed reads the Go files of a folder, except tests.
func parsed(t *testing.T, folder string) *parsedPackage {
	t.Helper()
	p := &parsedPackage{files: map[string]*ast.File{}, functions: map[string]string{}}
	fileSet := token.NewFileSet()
	var files []*ast.File
	for _, name := range baseNames(t, folder, ".go") {
		if strings.HasSuffix(name, "_test") {
			continue
		}
		file, err := parser.ParseFile(fileSet, filepath.Join(folder, name+".go"), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p.files[name] = file
		files = append(files, file)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				p.functions[f.Name.Name] = name
			}
		}
	}
	// Imports are not resolved: the constants needed here do not depend on any.
	config := types.Config{Error: func(error) {}, Importer: noImports{}}
	p.types, _ = config.Check(folder, fileSet, files, nil)
	return p
}

type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not resolved") }

// constant returns the value of a constant of the package, exported or not.
func (p *parsedPackage) constant(name string) (constant.Value, bool) {
	for _, spelled := range []string{name, strings.ToLower(name[:1]) + name[1:]} {
		if c, ok := p.types.Scope().Lookup(spelled).(*types.Const); ok && c.Val().Kind() != constant.Unknown {
			return c.Val(), true
		}
	}
	return nil, false
}

// field is a field of a struct: its name and its type as written.
type field struct{ name, kind string }

// fields returns the fields of a struct in a file, in order.
func (p *parsedPackage) fields(t *testing.T, file, name string) []field {
	t.Helper()
	var found []field
	exists := false
	ast.Inspect(p.files[file], func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != name {
			return true
		}
		exists = true
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			for _, named := range f.Names {
				found = append(found, field{named.Name, types.ExprString(f.Type)})
			}
		}
		return false
	})
	if !exists {
		t.Fatalf("%s.go has no struct %s", file, name)
	}
	return found
}

// TestTwinFiles: every shader has a wrapper and a definition of the same name, and they
// refer to each other.
func TestTwinFiles(t *testing.T) {
	wrappers, definitions := parsed(t, wrapperFolder), parsed(t, definitionFolder)
	kernels := baseNames(t, shaderFolder, ".comp")
	for _, name := range kernels {
		if strings.HasPrefix(name, drawsOnly) {
			if wrappers.functions["New"+goName(name)] != name || !strings.Contains(content(t, wrapperFolder, name+".go"), "shaders/"+name+".comp") {
				t.Errorf("%s.comp has no kernels/%s.go with New%s that names it", name, name, goName(name))
			}
			continue
		}
		file, function := name, goName(name)
		if elsewhere, ok := definedElsewhere[name]; ok {
			file, function = elsewhere.file, elsewhere.function
			if definitions.functions[goName(name)] == name {
				t.Errorf("%s is where its name says: take it out of definedElsewhere", name)
			}
		}
		if wrappers.files[name] == nil || wrappers.functions["New"+goName(name)] != name {
			t.Errorf("%s.comp has no kernels/%s.go with New%s", name, name, goName(name))
			continue
		}
		if definitions.files[file] == nil || definitions.functions[function] != file {
			t.Errorf("%s.comp has no cpuref/%s.go with the function %s", name, file, function)
			continue
		}
		shader, definition := content(t, shaderFolder, name+".comp"), content(t, definitionFolder, file+".go")
		wrapper := content(t, wrapperFolder, name+".go")
		for where, names := range map[string]struct{ text, path string }{
			"the shader":     {shader, "cpuref/" + file + ".go"},
			"the definition": {definition, "shaders/" + name + ".comp"},
			"the wrapper":    {wrapper, "shaders/" + name + ".comp"},
		} {
			if _, ok := definedElsewhere[name]; (!ok || where != "the definition" || file == name) && !strings.Contains(unwrapped(names.text), names.path) {
				t.Errorf("%s: %s does not name %s", name, where, names.path)
			}
		}
	}
	for function, name := range wrappers.functions {
		if kernel, ok := strings.CutPrefix(function, "New"); ok && goName(name) == kernel && !fileExists(shaderFolder, name+".comp") {
			t.Errorf("kernels/%s.go has no shader", name)
		}
	}
	for name := range definedElsewhere {
		if !fileExists(shaderFolder, name+".comp") {
			t.Errorf("%s of definedElsewhere is no kernel", name)
		}
	}
}

// TestNamedFiles: every file in another folder that a kernel's comment names exists.
func TestNamedFiles(t *testing.T) {
	named := regexp.MustCompile(`(?:cpuref|shaders|kernels)/\w+\.\w+`)
	for _, pattern := range []string{shaderFolder + "/*.comp", shaderFolder + "/*.glsl", wrapperFolder + "/*.go", definitionFolder + "/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			for _, name := range named.FindAllString(content(t, filepath.Dir(path), filepath.Base(path)), -1) {
				if !fileExists("..", name) {
					t.Errorf("%s names %s, which is not there", path, name)
				}
			}
		}
	}
}

func content(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unwrapped joins the lines of comments, since a sentence may continue across them.
func unwrapped(text string) string { return strings.ReplaceAll(text, "\n//", "") }

func fileExists(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

// goTypes maps the types of push constants to those of parameters.
var goTypes = map[string]string{"uint32": "uint", "int32": "int", "int": "uint", "float32": "float"}

// TestTwinParameters: the push constants of a shader are the fields of the wrapper's
// parameters, in order, with their types, without gaps; a Segment counts as its individual
// fields. A Window lies in a buffer.
func TestTwinParameters(t *testing.T) {
	wrappers := parsed(t, wrapperFolder)
	definitions := parsed(t, definitionFolder)
	nested := map[string][]field{
		"cpuref.Window":  nil,
		"cpuref.Segment": definitions.fields(t, "segment", "Segment"),
	}
	eachTwin(t, wrappers, func(t *testing.T, name string, m *spirv.Module) {
		var want []spirv.Member
		add := func(name, kind string) {
			if goTypes[kind] == "" {
				t.Fatalf("parameter %s is of type %s, which no push constant has", name, kind)
			}
			want = append(want, spirv.Member{Name: name, Type: goTypes[kind], Offset: uint32(4 * len(want))})
		}
		for _, f := range wrappers.fields(t, name, goName(name)+"Parameters") {
			parts, ok := nested[f.kind]
			if !ok {
				add(shaderName(f.name), f.kind)
				continue
			}
			if geometry := strings.TrimPrefix(f.name+"Geometry", "Window"); f.kind == "cpuref.Window" &&
				!slices.ContainsFunc(m.Buffers, func(b spirv.Buffer) bool { return b.Block == geometry }) {
				t.Errorf("the shader has no buffer %s for the window %s", geometry, f.name)
			}
			for _, part := range parts {
				add(shaderName(f.name)+"_"+shaderName(part.name), part.kind)
			}
		}
		if difference := cmp.Diff(want, m.PushConstants); difference != "" {
			t.Errorf("parameters (-) and push constants (+) differ:\n%s", difference)
		}
		chosen := uint32(0)
		for _, c := range m.SpecConstants {
			chosen = max(chosen, c.ID)
		}
		if choices := wrappers.choices(t, name); choices != int(chosen) {
			t.Errorf("the pipeline is built with %d choices: specialization constants of the shader go up to %d", choices, chosen)
		}
	})
}

// TestTwinBuffers: the bindings of a shader are the fields of the wrapper's buffers, in
// order, and Record passes them in that order with the access that the shader declares:
// read, write or both.
func TestTwinBuffers(t *testing.T) {
	wrappers := parsed(t, wrapperFolder)
	eachTwin(t, wrappers, func(t *testing.T, name string, m *spirv.Module) {
		var fields []string
		for _, f := range wrappers.fields(t, name, goName(name)+"Buffers") {
			fields = append(fields, f.name)
			if f.kind != "gpu.Binding" {
				t.Errorf("buffer %s is a %s", f.name, f.kind)
			}
		}
		var blocks []string
		access := map[string]string{}
		for _, b := range m.Buffers {
			blocks = append(blocks, b.Block)
			switch {
			case b.ReadOnly:
				access[b.Block] = "Read"
			case b.WriteOnly:
				access[b.Block] = "Write"
			default:
				access[b.Block] = "ReadWrite"
			}
		}
		if difference := cmp.Diff(fields, blocks); difference != "" {
			t.Errorf("buffers (-) and bindings (+) differ:\n%s", difference)
		}
		if difference := cmp.Diff(access, wrappers.accesses(name)); difference != "" {
			t.Errorf("access in the shader (-) and in Record (+) differs:\n%s", difference)
		}
	})
}

// eachTwin runs a check on every kernel that has a shader and a wrapper.
func eachTwin(t *testing.T, wrappers *parsedPackage, check func(t *testing.T, name string, m *spirv.Module)) {
	eachModule(t, func(t *testing.T, path string, m *spirv.Module) {
		name := strings.TrimSuffix(filepath.Base(path), ".spv")
		if wrappers.files[name] == nil {
			t.Fatalf("kernels/%s.go is missing", name)
		}
		check(t, name, m)
	})
}

// choices is the number of choices that newKernel is called with.
func (p *parsedPackage) choices(t *testing.T, name string) int {
	t.Helper()
	var arguments []ast.Expr
	ast.Inspect(p.files[name], func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok && types.ExprString(c.Fun) == "newKernel" {
			arguments = c.Args
		}
		return true
	})
	if len(arguments) < 3 {
		t.Fatalf("kernels/%s.go builds no pipeline", name)
	}
	return len(arguments) - 3
}

// accesses returns the accesses of the arguments in a file, argument{name, b.Buffer,
// gpu.Access, …}, by buffer.
func (p *parsedPackage) accesses(name string) map[string]string {
	found := map[string]string{}
	ast.Inspect(p.files[name], func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok || len(literal.Elts) != 4 {
			return true
		}
		buffer, ok := strings.CutPrefix(types.ExprString(literal.Elts[1]), "b.")
		access, isAccess := strings.CutPrefix(types.ExprString(literal.Elts[2]), "gpu.")
		if ok && isAccess {
			found[buffer] = access
		}
		return true
	})
	return found
}

// TestTwinConstants: a constant of a shader has the value of the constant of the same name
// in cpuref or, if only tests use it, in kernels. Constants of kinds are left to TestKinds.
func TestTwinConstants(t *testing.T) {
	definitions, wrappers := parsed(t, definitionFolder), parsed(t, wrapperFolder)
	ofKinds := regexp.MustCompile(`^(NEURON|POOL|CONSTANT|NOISE|RESET|SURROGATE|LOSS|OPTIMIZER)_`)
	shaderConstant := regexp.MustCompile(`(?m)^const (uint|float) (\w+) = ([^;]+);`)
	var paths []string
	for _, extension := range []string{".comp", ".glsl"} {
		for _, name := range baseNames(t, shaderFolder, extension) {
			paths = append(paths, name+extension)
		}
	}
	for _, path := range paths {
		for _, match := range shaderConstant.FindAllStringSubmatch(content(t, shaderFolder, path), -1) {
			kind, name, literal := match[1], match[2], match[3]
			if ofKinds.MatchString(name) {
				continue
			}
			want, ok := definitions.constant(goName(name))
			if !ok {
				want, ok = wrappers.constant(goName(name))
			}
			if !ok {
				t.Errorf("%s has %s, and neither cpuref nor kernels has %s", path, name, goName(name))
				continue
			}
			got := constant.MakeFromLiteral(strings.TrimSuffix(literal, "u"), map[string]token.Token{"uint": token.INT, "float": token.FLOAT}[kind], 0)
			rounded, _ := constant.Float32Val(got)
			expected, exact := constant.Float32Val(want)
			if !exact || rounded != expected {
				t.Errorf("%s: %s is %s, in Go it is %s", path, name, literal, want.ExactString())
			}
		}
	}
}

// TestTwinUpdate: the numbers of an update lie in the buffer that engines fill in the same
// order as in the shaders.
func TestTwinUpdate(t *testing.T) {
	var names []string
	for _, f := range parsed(t, definitionFolder).fields(t, "optimizer", "UpdateParameters") {
		names = append(names, shaderName(f.name))
	}
	eachModule(t, func(t *testing.T, path string, m *spirv.Module) {
		for _, b := range m.Buffers {
			if b.Block != "Update" {
				continue
			}
			if filepath.Base(path) == "optimizer.spv" && len(b.Members) != len(names) {
				t.Errorf("an update has %d numbers, cpuref.UpdateParameters %d", len(b.Members), len(names))
			}
			for i, member := range b.Members { // other kernels need only the first ones
				if i >= len(names) || member.Name != names[i] || member.Type != "float" || member.Offset != uint32(4*i) {
					t.Errorf("number %d of an update is %+v, of %v", i, member, names)
				}
			}
		}
	})
}

// TestTwinNeuron: the constants of a neuron lie in their buffer in the same order as in the
// shaders.
func TestTwinNeuron(t *testing.T) {
	var names []string
	plain := strings.NewReplacer("p.", "", ".", "", "[", "", "]", "", "Parameters", "Parameter")
	ast.Inspect(parsed(t, wrapperFolder).files["neuron"], func(n ast.Node) bool {
		list, ok := n.(*ast.CompositeLit)
		for i := 0; ok && i < len(list.Elts); i++ {
			names = append(names, shaderName(plain.Replace(types.ExprString(list.Elts[i]))))
		}
		return !ok
	})
	_, body, _ := strings.Cut(content(t, shaderFolder, "neuron.glsl"), "struct Constants {")
	body, _, _ = strings.Cut(body, "};")
	var members []string
	for _, match := range regexp.MustCompile(`float (\w+);`).FindAllStringSubmatch(body, -1) {
		members = append(members, match[1])
	}
	if difference := cmp.Diff(names, members); difference != "" || len(names) == 0 {
		t.Errorf("NeuronConstants (-) and the shader's Constants (+) differ:\n%s", difference)
	}
}

// TestTwinWindow: the numbers of a window lie in their buffer in the same order as in the
// shaders.
func TestTwinWindow(t *testing.T) {
	definitions := parsed(t, definitionFolder)
	var want []string
	for _, f := range definitions.fields(t, "window", "Window") {
		if f.kind != "Extent" {
			want = append(want, shaderName(f.name))
			continue
		}
		for _, part := range definitions.fields(t, "window", "Extent") {
			want = append(want, shaderName(f.name)+"_"+shaderName(part.name))
		}
	}
	_, body, _ := strings.Cut(content(t, shaderFolder, "window.glsl"), "struct Window {")
	body, _, _ = strings.Cut(body, "};")
	var members []string
	for _, match := range regexp.MustCompile(`uint (\w+);`).FindAllStringSubmatch(body, -1) {
		members = append(members, match[1])
	}
	if difference := cmp.Diff(want, members); difference != "" || len(want) == 0 {
		t.Errorf("Window of cpuref (-) and of the shaders (+) differ:\n%s", difference)
	}
	window := cpuref.Window{
		Positions: cpuref.Extent{Height: 0, Width: 1}, Below: cpuref.Extent{Height: 2, Width: 3}, Planes: 4, Unit: 5,
		Kernel: cpuref.Extent{Height: 6, Width: 7}, Stride: cpuref.Extent{Height: 8, Width: 9}, Padding: cpuref.Extent{Height: 10, Width: 11},
	}
	for i, number := range kernels.WindowNumbers(window) {
		if number != uint32(i) {
			t.Errorf("number %d of a window is field %d of it", i, number)
		}
	}
}
